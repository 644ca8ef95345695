"""Casting: votes that come while the database is busy with others are recorded together, by one statement."""

import asyncio
import logging
from uuid import UUID

from arena.db import Pool
from arena.evaluation import votes
from arena.evaluation.votes import Cast, Submitted
from rating import Outcome

log = logging.getLogger(__name__)

MOST = 100

_Waiting = tuple[Submitted, "asyncio.Future[Cast | None]"]


class Casting:
    """Where this process's votes wait for the statement that is under way, and then go with the next one.

    Only what is plain goes together: the first vote of a battle. A second one of the same battle waits until the first
    is recorded; it, and whatever the common statement did not record, is cast alone, which gives the answer that
    `votes.cast` promises. So no vote fails or waits for another one's sake.
    """

    def __init__(self, db: Pool) -> None:
        self._db = db
        self._waiting: dict[UUID, _Waiting] = {}
        self._recording: asyncio.Task[None] | None = None

    async def cast(self, battle_id: UUID, voter_id: UUID, outcome: Outcome) -> Cast:
        """Record the vote of the battle's own voter; the same vote again is the same vote."""
        vote = await self._together(Submitted(battle_id, voter_id, outcome))
        return vote or await votes.cast(self._db, battle_id, voter_id, outcome)

    async def _together(self, vote: Submitted) -> Cast | None:
        if vote.battle_id in self._waiting:
            await asyncio.wait([self._waiting[vote.battle_id][1]])
            return None
        recorded: asyncio.Future[Cast | None] = asyncio.get_running_loop().create_future()
        self._waiting[vote.battle_id] = (vote, recorded)
        if self._recording is None:
            self._recording = asyncio.create_task(self._record())
        return await recorded

    async def _record(self) -> None:
        try:
            while self._waiting:
                now = [self._waiting.pop(battle_id) for battle_id in list(self._waiting)[:MOST]]
                await self._record_together(now)
        finally:
            self._recording = None
            for _, recorded in self._waiting.values():
                _tell(recorded, None)
            self._waiting.clear()

    async def _record_together(self, now: list[_Waiting]) -> None:
        new: dict[UUID, Cast] = {}
        try:
            new = await votes.cast_new(self._db, [vote for vote, _ in now])
        except Exception:
            # Each is now cast alone, and whoever's vote it was that could not be recorded is told why.
            log.warning("votes not recorded together votes=%d", len(now), exc_info=True)
        finally:
            for vote, recorded in now:
                _tell(recorded, new.get(vote.battle_id))


def _tell(recorded: "asyncio.Future[Cast | None]", vote: Cast | None) -> None:
    if not recorded.done():  # Whoever waited may have gone.
        recorded.set_result(vote)
