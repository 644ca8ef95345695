"""A contender's page, contenders beside one another, and a flag that becomes a case, as a person sees them."""

import pytest
from playwright.async_api import Browser, expect

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import archives, boards
from arena.local import demo
from arena.pages import languages
from arena.pages.languages import ENGLISH
from arena.people import accounts
from arena.people.accounts import Role
from arena.publishing import releases
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.conftest import Open
from tests.journeys import reader as readers
from tests.upstream import Provider

pytestmark = pytest.mark.browser

PASSWORD = "correct horse battery"


async def test_a_contender_and_others_beside_it(
    browser: Browser, open_arena: Open, db: Pool, settings: Settings, provider: Provider
) -> None:
    brought = await archives.bring(db, demo.ARCHIVE)
    await releases.refresh(db, brought.board, settings)
    board = brought.board.slug
    found = await releases.latest(db, board)
    assert found is not None
    slugs = {standing.name: standing.contender for standing in found.standings}
    chosen = [slugs[name] for name in ("GPT 4", "command", "Weaver 12k", "command-light")]
    pair = [
        await contender(db, provider, name, slug=name, name=name.title(), organisation="") for name in ("anna", "berta")
    ]
    for _ in range(3):
        battle, voter = await ready_battle(db, pair)
        await votes.cast(db, battle.id, voter, Outcome.A)
        await releases.refresh(db, await boards.require(db, "overall"), settings)
    address = await open_arena()
    for language in languages.ALL.values():
        for width in readers.HEIGHTS:
            async with readers.sitting_down(browser, address, language, width) as reader:
                await reader.page.goto(f"{address}/contenders/{chosen[1]}")
                await expect(reader.page.locator("table.records").first.locator("tbody tr")).to_have_count(12)
                await reader.looks("contender")
                await reader.page.goto(f"{address}/compare?board={board}&with={','.join(chosen)}")
                await expect(reader.page.locator(".pairs-list article")).to_have_count(6)
                await reader.looks("compare")
        async with readers.sitting_down(browser, address, language, 360) as reader:
            await reader.page.goto(f"{address}/contenders/anna")
            await reader.looks("contender-new")


async def test_a_flag_becomes_a_case_and_is_decided(
    browser: Browser, open_arena: Open, db: Pool, provider: Provider
) -> None:
    await contender(db, provider, "anna", slug="anna", name="Anna")
    async with db.acquire() as connection:
        await accounts.open(connection, email="op@example.org", name="Op", password=PASSWORD, roles=(Role.OPERATOR,))
    address = await open_arena()
    async with readers.sitting_down(browser, address, ENGLISH, 360) as reader:
        page = reader.page
        await page.goto(f"{address}/contenders/anna")
        await page.get_by_text("Flag this contender").click()
        await page.get_by_role("button", name="Flag", exact=True).click()
        await expect(page.get_by_text("Fill this in.")).to_be_visible()
        await page.get_by_label("What did you see?").fill("It says that it is Berta.")
        await page.get_by_label("Where can others see it?").fill("https://example.org/seen")
        await page.get_by_role("button", name="Flag", exact=True).click()
        await expect(page.get_by_text("It says that it is Berta.")).to_be_visible()
        await expect(page.get_by_text("https://example.org/seen")).to_have_count(0)
        case = page.url
    async with readers.sitting_down(browser, address, ENGLISH, 1280) as reader:
        page = reader.page
        signed = await page.request.post(
            f"{address}/api/v1/sessions", data={"email": "op@example.org", "password": PASSWORD}
        )
        assert signed.ok, await signed.text()
        await page.goto(case)
        await page.get_by_label("What will be looked into?").fill("Whether it is Berta.")
        await page.get_by_role("button", name="Take it up").click()
        await expect(page.get_by_text("An operator looks into it.")).to_be_visible()
        await page.get_by_label("Decision").select_option("upheld")
        await page.get_by_label("Why?").fill("Its answers are Berta’s, word for word.")
        await page.get_by_role("button", name="Decide").click()
        await expect(page.get_by_text("It was found to be so.")).to_be_visible()
        await reader.looks("case")
    for language in languages.ALL.values():
        async with readers.sitting_down(browser, address, language, 360) as reader:
            await reader.page.goto(f"{address}/cases")
            await expect(reader.page.locator(".entries li")).to_have_count(1)
            await reader.looks("cases")
            await reader.page.goto(f"{address}/contenders/anna")
            await expect(reader.page.locator(".chip.flagged")).to_have_count(1)
