"""Casting: votes that come at the same time are recorded by one statement, and their sides revealed by another."""

import logging
from uuid import UUID

from arena.db import AWAY, Pool
from arena.evaluation import reveals, second_opinions, votes
from arena.evaluation.readings import Reading
from arena.evaluation.reveals import Unveiled
from arena.evaluation.second_opinions import SecondOpinion
from arena.evaluation.traces import Trace
from arena.evaluation.votes import Cast, Submitted
from arena.together import Together
from rating import Outcome

log = logging.getLogger(__name__)


class Casting:
    """Where this process's votes wait for the statement that is under way, and then go with the next one.

    Only what is plain goes together: the first vote of a battle. A second one of the same battle, and whatever the
    common statement did not record, is cast alone, which gives the answer that `votes.cast` promises. So no vote fails
    for another one's sake.
    """

    def __init__(self, db: Pool, *, reading_speed: float = 0.0) -> None:
        self._db = db
        self._reading_speed = reading_speed
        self._recording = Together(self._record)
        self._revealing = Together(self._unveil)

    async def cast(
        self,
        battle_id: UUID,
        voter_id: UUID,
        outcome: Outcome,
        *,
        reading: Reading | None = None,
        trace: Trace | None = None,
    ) -> Cast:
        """Record the vote of the battle's own voter; the same vote again is the same vote."""
        recorded = await self._recording.ask(Submitted(battle_id, voter_id, outcome, reading, trace))
        return recorded or await votes.cast(
            self._db,
            battle_id,
            voter_id,
            outcome,
            reading=reading,
            trace=trace,
            reading_speed=self._reading_speed,
        )

    async def reveal(self, battle_id: UUID, voter_id: UUID) -> list[Unveiled]:
        """Who the sides were, in position order: for the battle's own voter, after the vote."""
        unveiled = await self._revealing.ask((battle_id, voter_id))
        return unveiled or await reveals.tell(self._db, battle_id, voter_id)

    async def seconded(self, cast: Cast, battle_id: UUID, voter_id: UUID) -> list[SecondOpinion]:
        """What judges said of the battle: none where the vote is new, as they are only shown what was voted on."""
        return [] if cast.new else await second_opinions.of(self._db, battle_id, voter_id)

    async def _record(self, submitted: list[Submitted]) -> list[Cast | None]:
        first = {vote.battle_id: vote for vote in reversed(submitted)}
        try:
            recorded = await votes.cast_new(self._db, list(first.values()), reading_speed=self._reading_speed)
        except TimeoutError:
            raise  # Whoever waits longer for the same PostgreSQL waits in vain.
        except AWAY as error:
            # Each is now cast alone, and told by itself what became of it.
            log.warning("votes not recorded together votes=%d error=%s", len(first), type(error).__name__)
            recorded = {}
        return [recorded.pop(vote.battle_id, None) for vote in submitted]

    async def _unveil(self, asked: list[tuple[UUID, UUID]]) -> list[list[Unveiled]]:
        unveiled = await reveals.tell_all(self._db, asked)
        return [unveiled.get(one, []) for one in asked]
