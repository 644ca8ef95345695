"""Votes: one for each battle, cast once and never changed."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many, one
from arena.errors import ArenaError
from arena.evaluation import battles
from arena.evaluation.battles import State
from rating import Outcome

VOTED = {
    Outcome.A: "You have voted A in this battle. A vote is never changed.",
    Outcome.B: "You have voted B in this battle. A vote is never changed.",
    Outcome.TIE: "You have voted a tie in this battle. A vote is never changed.",
    Outcome.BOTH_BAD: "You have voted both bad in this battle. A vote is never changed.",
}
CLOSED = {
    State.OPEN: "Both are answering. You can vote when both have finished.",
    State.STREAMING: "Both are answering. You can vote when both have finished.",
    State.VOID: "This battle did not come to its end, so it does not count and takes no vote.",
    State.SKIPPED: "You left this battle without a vote, so it takes none.",
    State.EXPIRED: "This battle has been open for too long and takes no vote any more.",
}


class VotingClosed(ArenaError):
    """This battle is not open for your vote."""

    status = 409


class Vote(Struct, frozen=True, kw_only=True):
    """A voter's outcome for a battle."""

    id: UUID
    outcome: Outcome
    cast_at: datetime


class Cast(Vote, frozen=True, kw_only=True):
    """A vote, and whether it was this call that recorded it."""

    new: bool


class Counted(Struct, frozen=True):
    """A vote as the rating reads it."""

    id: UUID
    contenders: tuple[str, str]
    outcome: Outcome
    voter_id: UUID


async def cast(db: Db, battle_id: UUID, voter_id: UUID, outcome: Outcome) -> Cast:
    """Record the vote of the battle's own voter; the same vote again is the same vote.

    One statement, so that battle and vote change together. The battle's row is locked first, which puts racing
    votes for it in a queue; the unique battle_id then lets only the first one in.
    """
    vote = await one(
        db,
        Cast,
        """
        WITH open AS (
            UPDATE battles SET state = 'voted', closed_at = coalesce(closed_at, now())
            WHERE id = $1 AND voter_id = $2 AND state IN ('ready', 'voted')
            RETURNING id
        )
        INSERT INTO votes (battle_id, outcome)
        SELECT id, $3 FROM open
        ON CONFLICT (battle_id) DO UPDATE SET outcome = votes.outcome
        WHERE votes.outcome = EXCLUDED.outcome
        RETURNING id, outcome, cast_at, xmax = 0 AS new
        """,
        battle_id,
        voter_id,
        outcome,
    )
    if vote is None:
        raise VotingClosed(await _why_closed(db, battle_id, voter_id))
    return vote


async def _why_closed(db: Db, battle_id: UUID, voter_id: UUID) -> str:
    battle = await battles.require(db, battle_id, voter_id)
    outcome = await db.fetchval("SELECT outcome FROM votes WHERE battle_id = $1", battle_id)
    if outcome is not None:
        return VOTED[Outcome(outcome)]
    return CLOSED.get(battle.state, VotingClosed.sentence())


async def counted(db: Db) -> list[Counted]:
    """Every vote that counts, contenders in position order."""
    return await many(
        db,
        Counted,
        """
        SELECT votes.id, array_agg(contenders.slug ORDER BY sides.position) AS contenders, votes.outcome, voter_id
        FROM votes
        JOIN battles ON battles.id = votes.battle_id
        JOIN sides ON sides.battle_id = battles.id
        JOIN contenders ON contenders.id = sides.contender_id
        GROUP BY votes.id, battles.voter_id
        ORDER BY votes.id
        """,
    )


async def count(db: Db) -> int:
    """How many votes count."""
    number: int = await db.fetchval("SELECT count(*) FROM votes")
    return number
