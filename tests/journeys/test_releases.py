"""Releases as a person sees them: the calendar and one release, on a phone and at a desk, in both languages."""

import pytest
from playwright.async_api import Browser, expect

from arena.config import Settings
from arena.db import Pool
from arena.integration import archives, boards
from arena.local import demo
from arena.pages import languages
from arena.publishing import releases, selftest, slots
from arena.publishing.selftest import Finding, Subject
from tests.conftest import Open
from tests.journeys import reader as readers

pytestmark = pytest.mark.browser


async def _failing(_: selftest.Db, subject: Subject) -> list[Finding]:
    return [Finding("ranks", "The ranks of {name} don't hold its place by rating.", {"name": "GPT 4"})]


async def test_the_calendar_and_a_release(
    browser: Browser, open_arena: Open, db: Pool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = (await archives.bring(db, demo.ARCHIVE)).board
    release_id = await releases.refresh(db, board, settings)
    with monkeypatch.context() as broken:
        broken.setattr(selftest, "CHECKS", (_failing,))
        await db.execute("UPDATE imported_votes SET outcome = 'tie' WHERE line < 500")
        with pytest.raises(releases.Held):
            await releases.refresh(db, board, settings)
    second = await releases.refresh(db, board, settings)
    with monkeypatch.context() as broken:
        broken.setattr(selftest, "CHECKS", (_failing,))
        await db.execute("UPDATE imported_votes SET outcome = 'tie' WHERE line < 900")
        with pytest.raises(releases.Held):
            await releases.refresh(db, board, settings)
    await db.execute("UPDATE boards SET calendar = 'every friday at 15:00, cut-off 24 hours before'")
    for each in await boards.listed(db):
        await slots.plan(db, each)
    address = await open_arena()
    for language in languages.ALL.values():
        for width in readers.HEIGHTS:
            async with readers.sitting_down(browser, address, language, width) as reader:
                await reader.page.goto(f"{address}/releases")
                await expect(reader.page.locator("[data-left]").first).to_contain_text(" · ")
                await reader.looks("releases")
                await reader.page.goto(f"{address}/releases/{second}")
                await expect(reader.page.locator("table.standings tbody tr")).to_have_count(59)
                await reader.looks("release")
                await reader.page.goto(f"{address}/leaderboard/{board.slug}")
                await expect(reader.page.locator("[data-left]").first).to_contain_text(" · ")
                await reader.looks("board-planned")
    assert release_id != second
