"""Sweep: what is over is closed and forgotten, and keys are sealed anew after the master key has changed."""

import logging

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import upkeep
from arena.people import sessions
from arena.sealing import Keyring
from arena.submission import registrations

log = logging.getLogger(__name__)


async def clear(db: Pool, settings: Settings) -> None:
    """Close what has been open for too long, and forget the sessions that are over."""
    await sessions.sweep(db)
    await registrations.reseal(db, Keyring(settings))
    closed = await upkeep.sweep(db, hours=settings.battle_hours)
    if closed:
        log.info("swept battles=%d", closed)
