"""Refit: votes newer than the board's last snapshot become a snapshot and a release; calendars are kept."""

import logging

from arena import jobs
from arena.config import Settings
from arena.db import Pool
from arena.integration import boards
from arena.integration.boards import Board
from arena.publishing import calendars, leases, releases, slots

log = logging.getLogger(__name__)


async def keep(db: Pool, settings: Settings) -> None:
    """Look after every board that has a calendar; one that fails stops no other."""
    for board in await boards.listed(db):
        if board.calendar == calendars.AT_ONCE:
            continue
        try:
            await look(db, settings, board.slug)
        except Exception:
            log.exception("calendar not kept board=%s", board.slug)


async def look(db: Pool, settings: Settings, slug: str) -> None:
    """Release the board anew if it is time and votes have changed; a board without a calendar, as soon as it may be."""
    board = await boards.require(db, slug)
    try:
        if board.calendar == calendars.AT_ONCE:
            await _at_once(db, settings, board)
        else:
            await _by_calendar(db, settings, board)
    except leases.Busy:
        await jobs.refit_soon(db, slug)


async def _by_calendar(db: Pool, settings: Settings, board: Board) -> None:
    ended = await slots.advance(db, board, settings)
    if ended is not None:
        log.info("%s board=%s release=%s findings=%d", ended.state, board.slug, ended.release_id, len(ended.findings))


async def _at_once(db: Pool, settings: Settings, board: Board) -> None:
    """Where it is too early for another release, come back when it is not."""
    if not await releases.behind(db, board):
        return
    wait = await releases.wait(db, board, settings)
    if wait:
        # A job is known by the second it is for: one for this same second would be taken for the one that runs now.
        await jobs.refit_soon(db, board.slug, after=max(wait, jobs.SOON))
        return
    try:
        release_id = await releases.refresh(db, board, settings)
    except releases.Held as held:
        log.warning("held board=%s findings=%s", board.slug, held.values["count"])
        return
    log.info("released board=%s release=%s", board.slug, release_id)
