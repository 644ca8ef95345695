"""Refit: votes newer than the board's last snapshot become a snapshot and a release."""

import logging
from datetime import UTC, datetime

from arena import jobs
from arena.config import Settings
from arena.db import Pool
from arena.integration import boards, defaults, snapshots
from arena.publishing import leases, releases
from rating import RatingError

log = logging.getLogger(__name__)


async def call(db: Pool) -> None:
    """Have the boards looked after whose schedule says so by now."""
    for slug in await boards.due(db, datetime.now(UTC)):
        await jobs.refit_soon(db, slug)


async def make_defaults(db: Pool) -> None:
    """Make the boards of what has been voted on often enough by now, and have them fitted."""
    for slug in await defaults.make(db):
        log.info("made board=%s", slug)
        await jobs.refit_soon(db, slug)


async def look(db: Pool, settings: Settings, slug: str) -> None:
    """Release the board anew if votes have changed; where it is too early for that, come back when it is not.

    Votes that are as they were when it was last up to date are not read again, nor are those that can't be fitted: the
    last release stays, until they change.
    """
    board = await boards.require(db, slug)
    mark = await snapshots.mark(db, board)
    if mark == await boards.seen(db, board):
        return
    if await releases.behind(db, board):
        wait = await releases.wait(db, board, settings)
        if wait:
            # A job is known by the second it is for: one for this same second would be taken for the one running now.
            await jobs.refit_soon(db, slug, after=max(wait, jobs.SOON))
            return
        try:
            release_id = await releases.refresh(db, board, settings)
            log.info("released board=%s release=%s", slug, release_id)
        except leases.Busy:
            await jobs.refit_soon(db, slug)
            return
        except RatingError as error:
            log.warning("not fitted board=%s error=%s", slug, error)
    await boards.note(db, board, mark)
