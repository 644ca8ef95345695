"""Refit: votes newer than the board's last snapshot become a snapshot and a release."""

import logging

from arena import jobs
from arena.config import Settings
from arena.db import Pool
from arena.integration import boards
from arena.integration.ledger import Broken
from arena.publishing import leases, releases

log = logging.getLogger(__name__)


async def look(db: Pool, settings: Settings, slug: str) -> None:
    """Release the board anew if votes have changed; where it is too early for that, come back when it is not."""
    board = await boards.require(db, slug)
    if not await releases.behind(db, board):
        return
    wait = await releases.wait(db, board, settings)
    if wait:
        # A job is known by the second it is for: one for this same second would be taken for the one that runs now.
        await jobs.refit_soon(db, slug, after=max(wait, jobs.SOON))
        return
    try:
        release_id = await releases.refresh(db, board, settings)
    except leases.Busy:
        await jobs.refit_soon(db, slug)
        return
    except Broken as error:
        log.error("release held board=%s error=%s", slug, error)
        return
    log.info("released board=%s release=%s", slug, release_id)
