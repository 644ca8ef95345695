"""The leaderboard's table as a reader uses it: search, filters, columns, pins, keys; with script and without."""

import asyncio
import random
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from arena.config import Settings
from arena.db import Pool
from arena.integration import archives
from arena.integration.archives import Archive
from arena.local import demo
from arena.pages.languages import CHINESE, ENGLISH
from arena.publishing import releases
from tests.conftest import Open
from tests.journeys import reader as readers

pytestmark = pytest.mark.browser
WHO = ((CHINESE, 360), (ENGLISH, 1280))


async def _released(db: Pool, settings: Settings, file: Path, lines: list[str], slug: str) -> str:
    await asyncio.to_thread(file.write_text, "\n".join(["model_a,model_b,winner,voter", *lines]) + "\n")
    archive = Archive(file=file, slug=slug, name=slug[0].upper(), attribution="Made for this test")
    brought = await archives.bring(db, archive)
    await releases.refresh(db, brought.board, settings)
    return f"/leaderboard/{slug}"


async def _names(page: Page) -> list[str]:
    return await page.locator("[data-standings] tbody [data-name]").all_text_contents()


async def test_a_reader_finds_keeps_sorts_and_takes_away(
    browser: Browser, open_arena: Open, db: Pool, settings: Settings
) -> None:
    brought = await archives.bring(db, demo.ARCHIVE)
    await releases.refresh(db, brought.board, settings)
    address = await open_arena()
    page_address = f"{address}/leaderboard/{brought.board.slug}"
    async with readers.sitting_down(browser, address, ENGLISH, 1280) as reader:
        page = reader.page
        await page.goto(page_address)
        await page.keyboard.press("/")
        await page.keyboard.type("llama; ^gpt")
        await expect(page.locator("[data-echo]")).to_contain_text("“llama” or “^gpt” (an expression)")
        found = await _names(page)
        assert found
        assert all("llama" in name.lower() or name.startswith("GPT") for name in found)
        assert "llama" in [mark.lower() for mark in await page.locator("tbody mark").all_text_contents()]
        await reader.looks("table-found")
        await page.get_by_label("Keep GPT 4 on top").check()
        await page.locator("#q").fill("alpaca")
        await expect(page.locator("[data-echo]")).to_contain_text("1 more is kept on top.")
        assert await _names(page) == ["GPT 4", "Alpaca (7B)"]
        await page.locator('a[data-sort="votes"]').click()
        await expect(page.locator('th[data-column="votes"]')).to_have_attribute("aria-sort", "descending")
        shown = page.url
        assert "q=alpaca" in shown
        await page.locator("#q").fill("(alpaca")
        await expect(page.locator("[data-echo]")).to_contain_text("opens a bracket at character 1")
        assert await _names(page) == ["GPT 4", "Alpaca (7B)"]
        exported = await page.locator('[data-export="csv"]').get_attribute("href")
        answer = await page.request.get(f"{address}{exported}")
        assert [line.split(",")[3] for line in (await answer.text()).splitlines()[1:]] == ['"GPT 4"', '"Alpaca (7B)"']
        await page.goto(shown)
        assert await _names(page) == ["GPT 4", "Alpaca (7B)"]
        await page.locator("#q").fill("")
        await expect(page.locator("[data-standings] tbody tr")).to_have_count(59)
        await page.keyboard.press("Escape")
        await page.keyboard.press("?")
        await expect(page.locator("[data-keys]")).to_be_visible()
        plain = await browser.new_context(java_script_enabled=False)
        unscripted = await plain.new_page()
        await unscripted.goto(shown)
        assert await _names(unscripted) == ["GPT 4", "Alpaca (7B)"]
        await unscripted.locator("#q").fill("vicuna")
        await unscripted.locator("[data-submit]").click()
        assert len(await _names(unscripted)) > 2
        await plain.close()


@pytest.mark.slow
async def test_boards_of_every_kind(
    browser: Browser, open_arena: Open, db: Pool, settings: Settings, tmp_path: Path
) -> None:
    dice = random.Random(7)
    pairs = [(dice.randrange(30), dice.randrange(30)) for _ in range(400)]
    made = {
        "one-pair": ["ash,birch,model_a,v1", "ash,birch,model_b,v2", "birch,ash,tie,v3"],
        "undefeated": [f"ash,birch,model_a,v{number}" for number in range(9)]
        + [f"birch,cedar,model_{'ab'[number % 2]},v{number}" for number in range(9)],
        "apart": [f"ash,birch,model_{'ab'[number % 2]},v{number}" for number in range(8)]
        + [f"oak,elm,model_{'ab'[number % 3 == 0]},v{number}" for number in range(8)],
        "level": [f"ash,birch,model_{'ab'[number % 2]},v{number}" for number in range(20)],
        "many": [f"tree {a},tree {b},model_{dice.choice('ab')},v{a % 9}" for a, b in pairs if a != b],
    }
    pages = {slug: await _released(db, settings, tmp_path / f"{slug}.csv", made[slug], slug) for slug in made}
    address = await open_arena()
    for language, width in WHO:
        async with readers.sitting_down(browser, address, language, width) as reader:
            for slug, path in pages.items():
                await reader.page.goto(f"{address}{path}")
                await reader.looks(f"table-{slug}")
            everything = "?columns=rank,votes,licence,open,size,kind,official,price,group&scale=win_rate&ranks=shown"
            await reader.page.goto(f"{address}{pages['many']}{everything}")
            await reader.looks("table-everything")
