"""Measure: what is told of releases and of fairness once they are out, which no release waits for."""

import asyncio
import logging

from arena.db import AWAY, Pool
from arena.integration import fairness, fragilities, fragility
from arena.integration.fragilities import Due, Kept

log = logging.getLogger(__name__)


async def look(db: Pool) -> None:
    """Measure how fragile the boards' last releases are, one after the other; one that fails stops no other."""
    for due in await fragilities.due(db):
        try:
            kept = await _measured(db, due)
        except AWAY:
            raise
        except Exception:
            log.exception("fragility not measured board=%s", due.board)
            kept = Kept(None, "failed")
        await fragilities.keep(db, due.snapshot_id, kept)


async def _measured(db: Pool, due: Due) -> Kept:
    if due.refused_because:
        return Kept(None, due.refused_because)
    votes = await fragilities.votes(db, due.snapshot_id)
    if len(votes.counted.contenders) < 2:
        return Kept(None, "alone")
    return Kept(await asyncio.to_thread(fragility.measure, votes), None)


async def report(db: Pool) -> None:
    """Work out the report on fairness for the days that are over, if it is not there yet."""
    if await fairness.due(db):
        await fairness.report(db)
