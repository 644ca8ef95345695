"""Votes: one for each battle, cast once and never changed."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from arena import outbox
from arena.db import Db, many, much, one
from arena.errors import ArenaError
from arena.evaluation import battles, names, readings, selections, traces
from arena.evaluation.battles import State
from arena.evaluation.kinds import Kind
from arena.evaluation.readings import Reading
from arena.evaluation.selections import ALL, COUNTS, FORM, TOO_EARLY, Selection
from arena.evaluation.traces import Trace
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


class NothingToVoteOn(ArenaError):
    """A chat with one contender takes no vote: there is no other side."""

    status = 409


class Vote(Struct, frozen=True, kw_only=True):
    """A voter's outcome for a battle."""

    id: UUID
    outcome: Outcome
    cast_at: datetime


class Cast(Vote, frozen=True, kw_only=True):
    """A vote, whether it was this call that recorded it, and the kind of battle that it was cast in."""

    new: bool
    kind: Kind


class Submitted(Struct, frozen=True):
    """A vote that somebody wants to cast."""

    battle_id: UUID
    voter_id: UUID
    outcome: Outcome
    reading: Reading | None = None
    trace: Trace | None = None

    @property
    def beside(self) -> tuple[float | None, float | None, float | None, bytes | None, bytes | None]:
        """What is kept beside the vote: the reading's seconds and each side's, and where it came from."""
        reading, trace = self.reading, self.trace
        seconds = (reading.seconds, *reading.sides) if reading else (None, None, None)
        return (*seconds, trace.network, trace.agent) if trace else (*seconds, None, None)


class _Recorded(Cast, frozen=True, kw_only=True):
    battle_id: UUID


class Counted(Struct, frozen=True):
    """A vote as the rating reads it, by the names that are published.

    `contenders` are slugs. `voter` is the voter's pseudonym, `vote` the name of the vote itself, and equal to it where
    nobody knows who cast it; `prompt` is equal for votes on one prompt, None where prompts are not known. `style` has
    the features of both answers, in the order of style.FEATURES, where they are asked for, and `propensity` how
    probable it was that the two met.
    """

    id: UUID
    contenders: tuple[str, str]
    outcome: Outcome
    voter: UUID
    vote: UUID
    prompt: str | None = None
    style: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    propensity: float | None = None


async def cast(
    db: Db,
    battle_id: UUID,
    voter_id: UUID,
    outcome: Outcome,
    *,
    reading: Reading | None = None,
    trace: Trace | None = None,
    reading_speed: float = 0.0,
) -> Cast:
    """Record the vote of the battle's own voter; the same vote again is the same vote.

    One statement, so that battle and vote change together. The battle's row is locked first, which puts racing votes
    for it in a queue; the unique battle_id then lets only the first one in. A vote that came faster than
    `reading_speed` characters a second can be read is excluded at once (0: none is).
    """
    submitted = Submitted(battle_id, voter_id, outcome, reading, trace)
    vote = await one(
        db,
        Cast,
        f"""
        WITH given (battle_id, seconds, first_seconds, second_seconds, network, agent) AS (
            SELECT $2::uuid, $5::float8, $6::float8, $7::float8, $8::bytea, $9::bytea
        ),
        open AS (
            UPDATE battles SET state = 'voted', closed_at = coalesce(closed_at, now())
            WHERE id = $2 AND voter_id = $3 AND state IN ('ready', 'voted') AND kind <> 'direct'
            RETURNING id
        ),
        vote AS (
            INSERT INTO votes (battle_id, outcome)
            SELECT id, $4 FROM open
            ON CONFLICT (battle_id) DO UPDATE SET outcome = votes.outcome
            WHERE votes.outcome = EXCLUDED.outcome
            RETURNING id, battle_id, outcome, cast_at, xmax = 0 AS new
        ),
        recorded AS (SELECT id, battle_id, outcome FROM vote WHERE new),
        {readings.KEPT},
        {traces.KEPT},
        {outbox.VOTED}
        SELECT id, outcome, cast_at, new, (SELECT kind FROM battles WHERE battles.id = battle_id) AS kind FROM vote
        """,  # noqa: S608 - constants
        reading_speed,
        battle_id,
        voter_id,
        outcome,
        *submitted.beside,
    )
    if vote is None:
        raise VotingClosed(await _why_closed(db, battle_id, voter_id))
    return vote


async def cast_new(db: Db, submitted: list[Submitted], *, reading_speed: float = 0.0) -> dict[UUID, Cast]:
    """Record the votes of battles that have none, each of another battle, and say by battle which those were.

    What is not there was not recorded: the battle is not ready or not the voter's, or somebody else is changing it at
    this moment, for whom the others do not wait. `cast` tells for each of them how it is.
    """
    rows = [(vote.battle_id, vote.voter_id, vote.outcome, *vote.beside) for vote in submitted]
    recorded = await many(
        db,
        _Recorded,
        f"""
        WITH given AS (
            SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::float8[], $6::float8[], $7::float8[],
                                 $8::bytea[], $9::bytea[])
                AS given (battle_id, voter_id, outcome, seconds, first_seconds, second_seconds, network, agent)
        ),
        ready AS (
            SELECT battles.id, given.outcome
            FROM given JOIN battles ON battles.id = given.battle_id AND battles.voter_id = given.voter_id
            WHERE state = 'ready' AND kind <> 'direct'
            FOR UPDATE OF battles SKIP LOCKED
        ),
        voted AS (
            UPDATE battles SET state = 'voted', closed_at = coalesce(closed_at, now())
            FROM ready WHERE battles.id = ready.id
            RETURNING battles.id, ready.outcome, battles.kind
        ),
        recorded AS (
            INSERT INTO votes (battle_id, outcome) SELECT id, outcome FROM voted
            RETURNING battle_id, id, outcome, cast_at
        ),
        {readings.KEPT},
        {traces.KEPT},
        {outbox.VOTED}
        SELECT battle_id, recorded.id, recorded.outcome, cast_at, true AS new, kind
        FROM recorded JOIN voted ON voted.id = battle_id
        """,  # noqa: S608 - constants
        reading_speed,
        *map(list, zip(*rows, strict=True)),
    )
    return {vote.battle_id: vote for vote in recorded}


async def _why_closed(db: Db, battle_id: UUID, voter_id: UUID) -> str:
    battle = await battles.require(db, battle_id, voter_id)
    if battle.kind is Kind.DIRECT:
        raise NothingToVoteOn
    outcome = await db.fetchval("SELECT outcome FROM votes WHERE battle_id = $1", battle_id)
    if outcome is not None:
        return VOTED[Outcome(outcome)]
    return CLOSED.get(battle.state, VotingClosed.sentence())


async def belongs(db: Db, vote_id: UUID, voter_id: UUID | None) -> bool:
    """Whether this voter cast the vote."""
    found = await db.fetchval(
        "SELECT true FROM votes JOIN battles ON battles.id = battle_id WHERE votes.id = $1 AND voter_id = $2",
        vote_id,
        voter_id,
    )
    return bool(found)


async def counted(db: Db, selection: Selection = ALL, *, until: datetime | None = None) -> list[Counted]:
    """Every vote that counts and is asked for, or of them those cast by a moment, contenders in position order."""
    asked, values = selections.chosen(selection, first=2)
    styled = selection.styled
    return await much(
        db,
        Counted,
        f"""
        SELECT votes.id, ARRAY[one.slug, other.slug] AS contenders, votes.outcome,
               pseudonym AS voter, {names.VOTE} AS vote, {names.ASKED} AS prompt, propensity,
               {"form.features" if styled else "NULL"} AS style
        FROM votes
        JOIN battles ON battles.id = votes.battle_id
        JOIN voters ON voters.id = battles.voter_id
        JOIN sides AS first ON first.battle_id = battles.id AND first.position = 0
        JOIN contenders AS one ON one.id = first.contender_id
        JOIN sides AS second ON second.battle_id = battles.id AND second.position = 1
        JOIN contenders AS other ON other.id = second.contender_id
        LEFT JOIN tags ON tags.battle_id = battles.id
        {FORM if styled else ""}
        WHERE {selections.counts(selection)} AND ($1::timestamptz IS NULL OR cast_at <= $1) {asked}
        ORDER BY votes.id
        """,  # noqa: S608 - constants
        until,
        *values,
    )


async def count_of(db: Db, voter_id: UUID) -> int:
    """How many votes of this voter count."""
    number: int = await db.fetchval(
        f"SELECT count(*) FROM votes JOIN battles ON battles.id = battle_id WHERE voter_id = $1 AND {COUNTS}",  # noqa: S608 - a constant
        voter_id,
    )
    return number


async def count(db: Db) -> int:
    """How many votes count.

    It is asked after every vote, so it looks only at the few battles that may not count: those of contenders that can
    have been met too early (never listed, or committed later than they entered), the excluded and those not blind.
    """
    number: int = await db.fetchval(
        f"""
        WITH newcomers AS MATERIALIZED (
            SELECT endpoints.id AS newcomer_id, listed_at, committed_at
            FROM endpoints JOIN contenders ON contenders.id = contender_id
            WHERE listed_at IS NULL OR committed_at IS DISTINCT FROM entered_at
        ),
        early AS (
            SELECT DISTINCT battle_id FROM newcomers JOIN sides ON endpoint_id = newcomer_id
            JOIN battles ON battles.id = battle_id JOIN votes USING (battle_id)
            WHERE {TOO_EARLY}
        ),
        uncounted AS (
            SELECT battle_id FROM early
            UNION SELECT battle_id FROM exclusions WHERE lifted_at IS NULL
            UNION SELECT id FROM battles WHERE kind <> 'blind'
        )
        SELECT (SELECT count(*) FROM votes) - (SELECT count(*) FROM votes JOIN uncounted USING (battle_id))
        """  # noqa: S608 - a constant
    )
    return number
