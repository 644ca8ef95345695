"""Paces: how boards' battles let their answers out, known by a process that asks for them all the time."""

from collections.abc import Callable
from time import monotonic
from typing import Final

from arena.db import Pool
from arena.evaluation.pacing import Pace
from arena.integration import boards

PACE_SECONDS: Final = 5.0


class Paces:
    """The boards' paces, each asked for once in some seconds by this process."""

    def __init__(self, db: Pool, *, clock: Callable[[], float] = monotonic) -> None:
        self._db = db
        self._clock = clock
        self._known: dict[str, tuple[float, Pace]] = {}

    async def of(self, slug: str) -> Pace:
        """How this board's battles let their answers out."""
        asked, pace = self._known.get(slug, (0.0, None))
        if pace is None or self._clock() - asked >= PACE_SECONDS:
            asked, pace = self._clock(), (await boards.require(self._db, slug)).pace
            self._known[slug] = asked, pace
        return pace
