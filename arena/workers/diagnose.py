"""Diagnose: what decides votes besides the answers is looked for after a release, when nothing else waits for it."""

import logging

from arena.db import Pool
from arena.integration import boards, diagnostics
from arena.publishing import releases

log = logging.getLogger(__name__)


async def look(db: Pool) -> None:
    """Look the boards' last releases through, one after another; one that fails stops no other."""
    for due in await diagnostics.due(db, await releases.last_snapshots(db)):
        try:
            await diagnostics.make(db, await boards.require(db, due.board), due.snapshot_id)
            log.info("diagnosed board=%s snapshot=%s", due.board, due.snapshot_id)
        except Exception:
            log.exception("not diagnosed board=%s snapshot=%s", due.board, due.snapshot_id)
