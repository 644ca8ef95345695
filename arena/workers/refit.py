"""Refit: votes newer than the board's last snapshot become a snapshot and a release; calendars are kept."""

import logging
from datetime import UTC, datetime, timedelta

from arena import jobs
from arena.config import Settings
from arena.db import AWAY, Pool
from arena.integration import boards, defaults, snapshots
from arena.integration.boards import Board
from arena.publishing import calendars, leases, releases, slots
from rating import RatingError

log = logging.getLogger(__name__)

# How soon a board is looked at again that PostgreSQL, away in the midst of it, kept from its end.
AGAIN = timedelta(seconds=5)


async def call(db: Pool) -> None:
    """Have the boards looked after whose schedule says so by now."""
    for slug in await boards.due(db, datetime.now(UTC)):
        await jobs.refit_soon(db, slug)


async def make_defaults(db: Pool) -> None:
    """Make the boards of what has been voted on often enough by now, and have them fitted."""
    for slug in await defaults.make(db):
        log.info("made board=%s", slug)
        await jobs.refit_soon(db, slug)


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
    """Release the board anew if it is time and votes have changed; a board without a calendar, as soon as it may be.

    What PostgreSQL did not let end is begun again soon, and is the caller's error too.
    """
    board = await boards.require(db, slug)
    try:
        if not board.source.released:
            await _unreleased(db, settings, board)
        elif board.calendar == calendars.AT_ONCE:
            await _at_once(db, settings, board)
        else:
            await _by_calendar(db, settings, board)
    except leases.Busy:
        await jobs.refit_soon(db, slug)
    except AWAY:
        await jobs.refit_soon(db, slug, after=AGAIN)
        raise
    except RatingError as error:
        log.warning("not fitted board=%s error=%s", slug, error)


async def _by_calendar(db: Pool, settings: Settings, board: Board) -> None:
    ended = await slots.advance(db, board, settings)
    if ended is not None:
        log.info("%s board=%s release=%s findings=%d", ended.state, board.slug, ended.release_id, len(ended.findings))


async def _at_once(db: Pool, settings: Settings, board: Board) -> None:
    """Where it is too early for another release, come back when it is not.

    Votes that are as they were when it was last up to date are not read again, nor are those that can't be fitted: the
    last release stays, until they change. What is held is tried again whenever the board is looked at.
    """
    mark = await snapshots.mark(db, board)
    if mark == await boards.seen(db, board):
        return
    if await releases.behind(db, board):
        wait = await releases.wait(db, board, settings)
        if wait:
            # A job is known by the second it is for: one for this same second would be taken for the one running now.
            await jobs.refit_soon(db, board.slug, after=max(wait, jobs.SOON))
            return
        try:
            release_id = await releases.refresh(db, board, settings)
            log.info("released board=%s release=%s", board.slug, release_id)
        except releases.Held as held:
            log.warning("held board=%s findings=%s", board.slug, held.values["count"])
            return
        except RatingError as error:
            log.warning("not fitted board=%s error=%s", board.slug, error)
    await boards.note(db, board, mark)


async def _unreleased(db: Pool, settings: Settings, board: Board) -> None:
    """Keep a snapshot of what votes and verdicts are by now, unless the last one was made of the same."""
    mark = await snapshots.mark(db, board)
    if mark == await boards.seen(db, board):
        return
    async with db.acquire() as connection, connection.transaction():
        await leases.take(connection, board)
        fitted = await leases.awake(connection, snapshots.fit(db, board, settings))
        former = await snapshots.last(connection, board)
        if former is None or (former.digest, former.methodology) != (fitted.digest, board.methodology):
            snapshot = await snapshots.keep(connection, board, fitted, settings)
            log.info("kept board=%s snapshot=%s", board.slug, snapshot.id)
    await boards.note(db, board, mark)
