"""Smell: the checks for the eight smells make their rounds."""

import logging
from datetime import UTC, datetime
from time import monotonic
from typing import Final

from arena.config import Settings
from arena.db import Pool
from arena.publishing import rounds
from arena.publishing.rounds import Outcome

log = logging.getLogger(__name__)

# Who has just started the arena is about to use it: a hundred pages, a browser and a battle of its own can wait.
SETTLED_SECONDS: Final = 120.0


async def look(db: Pool, settings: Settings, *, since: float) -> None:
    """Run the checks that are due, once the worker has run for a while; `since` is when it began (monotonic)."""
    if monotonic() - since < SETTLED_SECONDS:
        return
    for name, ran in (await rounds.make(db, settings, now=datetime.now(UTC))).items():
        if ran.outcome is not Outcome.CLEAN:
            log.info("check=%s outcome=%s found=%d note=%s", name, ran.outcome, ran.found, ran.note)
