"""Sweep: what is over is closed and forgotten, what has come to its time moves on, keys are sealed anew, and prompts
and answers are sorted by the new rules.
"""

import logging
from datetime import UTC, datetime

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import forgetting, style, tags, traces, upkeep
from arena.integration import ageing
from arena.people import sessions
from arena.sealing import Keyring
from arena.submission import lifecycle, registrations, warming

log = logging.getLogger(__name__)


async def clear(db: Pool, settings: Settings) -> None:
    """Close what has been open for too long, forget the sessions that are over, and let endpoints move on."""
    await sessions.sweep(db)
    await forgetting.sweep(db)
    await registrations.reseal(db, Keyring(settings))
    await traces.sweep(db, days=settings.trace_days)
    closed = await upkeep.sweep(db, hours=settings.battle_hours)
    if closed:
        log.info("swept battles=%d", closed)
    if retagged := await tags.retag(db):
        log.info("retagged battles=%d", retagged)
    if restyled := await style.restyle(db):
        log.info("restyled answers=%d", restyled)
    for slug in await ageing.settle(db, days=settings.archive_days, now=datetime.now(UTC)):
        log.info("archived or brought back board=%s", slug)
    await lifecycle.retire_due(db)
    for endpoint_id in await warming.settle(db, battles=settings.warming_battles, failures=settings.warming_failures):
        log.info("warming over endpoint=%s", endpoint_id)
