"""The leaderboard as a person sees it, with real standings, on a phone and at a desk, in both languages."""

import pytest
from playwright.async_api import Browser, expect

from arena.config import Settings
from arena.db import Pool
from arena.integration import archives
from arena.local import demo
from arena.pages import languages
from arena.publishing import releases
from tests.conftest import Open
from tests.journeys import reader as readers

pytestmark = pytest.mark.browser


async def test_a_board(browser: Browser, open_arena: Open, db: Pool, settings: Settings) -> None:
    brought = await archives.bring(db, demo.ARCHIVE)
    await releases.refresh(db, brought.board, settings)
    address = await open_arena()
    for language in languages.ALL.values():
        for width in readers.HEIGHTS:
            async with readers.sitting_down(browser, address, language, width) as reader:
                await reader.page.goto(f"{address}/leaderboard/{brought.board.slug}")
                await expect(reader.page.locator("table.data tbody tr")).to_have_count(59)
                await reader.looks("board")
                await reader.page.goto(f"{address}/leaderboard")
                await reader.looks("board-empty")
