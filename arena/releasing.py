"""Releasing by hand: what `arena release` does."""

from arena import db
from arena.config import Settings
from arena.db import Pool
from arena.integration import boards
from arena.integration.boards import Board
from arena.publishing import calendars, candidates, releases, slots
from arena.publishing.candidates import By

BY: By = By("operator", None, "arena release --now")


async def run(settings: Settings, slug: str, *, now: bool) -> str:
    """Release the board, if it is time or must be now; a sentence on what became of it."""
    async with db.pool(settings.database_url, size=3) as pool:
        board = await boards.require(pool, slug)
        if now or board.calendar == calendars.AT_ONCE:
            release_id = await releases.refresh(pool, board, settings, by=BY if now else candidates.BY_ITSELF)
            await slots.plan(pool, board)
            return f"{board.slug} is released: {release_id}"
        return await _by_calendar(pool, settings, board)


async def _by_calendar(pool: Pool, settings: Settings, board: Board) -> str:
    ended = await slots.advance(pool, board, settings)
    if ended is not None and ended.state is candidates.State.HELD:
        raise releases.Held(count=len(ended.findings))
    if ended is not None:
        return f"{board.slug} is released: {ended.release_id}"
    planned = await slots.plan(pool, board)
    assert planned is not None
    return f"{board.slug} is to be released on {planned.due_at:%Y-%m-%d at %H:%M} UTC, with the votes until " + (
        f"{planned.cut_off_at:%Y-%m-%d at %H:%M} UTC. --now does not wait."
    )
