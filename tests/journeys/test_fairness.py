"""How few votes would turn a board, fairness, and what the audit finds, as a person sees them."""

import pytest
from playwright.async_api import Browser, expect

from arena.config import Settings
from arena.db import Pool
from arena.integration import archives
from arena.local import demo
from arena.pages import languages
from arena.publishing import releases
from arena.workers import measure
from tests.builders import contender
from tests.conftest import Open
from tests.journeys import reader as readers
from tests.upstream import Provider

pytestmark = pytest.mark.browser


async def test_the_demo_says_how_few_votes_would_turn_it(
    browser: Browser, open_arena: Open, db: Pool, settings: Settings, provider: Provider
) -> None:
    for name in ("Anna", "Berta"):
        await contender(db, provider, "identity", slug=name.lower(), name=name)
    board = (await archives.bring(db, demo.ARCHIVE)).board
    release_id = await releases.refresh(db, board, settings)
    await measure.look(db)
    await measure.report(db)
    address = await open_arena()
    for language in languages.ALL.values():
        for width in readers.HEIGHTS:
            async with readers.sitting_down(browser, address, language, width) as reader:
                page = reader.page
                await page.goto(f"{address}/releases/{release_id}")
                await expect(page.locator("#fragility-block tbody tr").first).to_contain_text("14 (0.16 %)")
                await reader.looks("release-fragility")
                await page.goto(f"{address}/leaderboard/{board.slug}?columns=gain")
                second = page.locator("tr[data-contender]").filter(has_text="Platypus-2 Instruct (70B)")
                await expect(second).to_contain_text("11 / 11")
                await reader.looks("board-gain")
                await page.goto(f"{address}/fairness")
                await expect(page.locator("main table")).not_to_have_count(0)
                await reader.looks("fairness")
                await page.goto(f"{address}/methodology/audit")
                await expect(page.locator("#found tbody tr")).to_have_count(7)
                await reader.looks("methodology-audit")
