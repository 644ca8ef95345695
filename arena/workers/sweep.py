"""Sweep: battles that nobody answers or votes on any more are closed, sessions that are over forgotten."""

import logging

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import upkeep
from arena.people import sessions

log = logging.getLogger(__name__)


async def clear(db: Pool, settings: Settings) -> None:
    """Close what has been open for too long, and forget the sessions that are over."""
    await sessions.sweep(db)
    closed = await upkeep.sweep(db, hours=settings.battle_hours)
    if closed:
        log.info("swept battles=%d", closed)
