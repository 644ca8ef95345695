"""Battles: one prompt answered by two sides, unnamed until the vote."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from msgspec import Struct

from arena.db import Connection, Db, Pool, Proxy, many, one
from arena.errors import ArenaError, NotFound
from arena.evaluation import turns
from arena.evaluation.pairing import Pairing
from arena.evaluation.turns import Answer
from arena.people import voters

# A process says every ten seconds which battles it answers; after three silences it answers them no more.
SILENT_SECONDS = 30.0


class State(StrEnum):
    """Where a battle stands."""

    OPEN = "open"
    STREAMING = "streaming"
    READY = "ready"
    VOTED = "voted"
    VOID = "void"
    SKIPPED = "skipped"
    EXPIRED = "expired"


class NoSuchBattle(NotFound):
    """There is no such battle, or it is not yours."""


class NothingToSkip(ArenaError):
    """This battle is over, so there is nothing left to skip."""

    status = 409


class NotYetVoted(ArenaError):
    """Who answered is told after your vote."""

    status = 409


class NotReady(ArenaError):
    """A next prompt can be asked when both have finished, and before the vote."""

    status = 409


class NoMoreTurns(ArenaError):
    """This battle has had all its turns. Vote, or open a new one."""

    status = 409


class Battle(Struct, frozen=True):
    """A battle as its own voter may know it before the vote."""

    id: UUID
    state: State


class Unveiled(Struct, frozen=True, kw_only=True):
    """Who a side was, told after the vote alone."""

    contender: str
    name: str
    organisation: str
    description: str
    first_text_seconds: float | None
    seconds: float
    characters: int
    tokens: int | None
    finish: str | None


class _UnveiledOf(Unveiled, frozen=True, kw_only=True):
    battle_id: UUID
    voter_id: UUID


async def open(db: Pool, voter_id: UUID, prompt: str, pairing: Pairing) -> Battle:  # noqa: A001 - battles.open(…) is how callers say it.
    """Open a battle: voter, pair, positions and the first prompt are kept together or not at all."""
    async with db.acquire() as connection, connection.transaction():
        await voters.remember(connection, voter_id)
        battle = await one(
            connection,
            Battle,
            """
            INSERT INTO battles (id, voter_id, state, rule, propensity) VALUES ($1, $2, 'open', $3, $4)
            RETURNING id, state
            """,
            uuid4(),
            voter_id,
            pairing.rule,
            pairing.propensity,
        )
        assert battle is not None
        await _add_sides(connection, battle.id, pairing)
        await turns.ask(connection, battle.id, 1, prompt)
    return battle


async def _add_sides(connection: Connection | Proxy, battle_id: UUID, pairing: Pairing) -> None:
    await connection.executemany(
        "INSERT INTO sides (battle_id, position, contender_id, endpoint_id) VALUES ($1, $2, $3, $4)",
        [
            (battle_id, position, entrant.contender_id, entrant.target.endpoint_id)
            for position, entrant in enumerate(pairing.entrants)
        ],
    )


async def require(db: Db, battle_id: UUID, voter_id: UUID | None) -> Battle:
    """The voter's own battle; an unknown one and another voter's are the same to whoever asks."""
    battle = await one(
        db,
        Battle,
        "SELECT id, state FROM battles WHERE id = $1 AND voter_id = $2",
        battle_id,
        voter_id,
    )
    if battle is None:
        raise NoSuchBattle
    return battle


async def again(db: Db, battle_id: UUID) -> Battle:
    """A battle known to be there, as it stands now."""
    battle = await one(db, Battle, "SELECT id, state FROM battles WHERE id = $1", battle_id)
    assert battle is not None
    return battle


async def start(db: Db, battle_id: UUID) -> None:
    """Both sides are being asked."""
    await db.execute("UPDATE battles SET state = 'streaming' WHERE id = $1 AND state = 'open'", battle_id)


async def finish(
    db: Pool, battle_id: UUID, turn: int, answers: tuple[Answer, Answer], *, shown: list[int], void: str | None
) -> State:
    """Keep both answers and make the battle ready for its vote, or void for the reason given.

    A battle that was closed meanwhile, skipped by its voter or swept because this process was silent for too long,
    stays so; the state it has afterwards comes back. Telling it again, after an answer that was lost, changes nothing.
    """
    async with db.acquire() as connection, connection.transaction():
        await turns.answer(connection, battle_id, turn, answers, shown=shown)
        await connection.execute(
            """
            UPDATE battles
            SET state = $2, reason = $3, answered_at = now(), closed_at = CASE WHEN $2 = 'void' THEN now() END
            WHERE id = $1 AND state IN ('open', 'streaming')
            """,
            battle_id,
            State.VOID if void else State.READY,
            void,
        )
        state = await connection.fetchval("SELECT state FROM battles WHERE id = $1", battle_id)
    return State(state)


async def skip(db: Db, battle_id: UUID, voter_id: UUID | None, reason: str | None) -> None:
    """The voter leaves without a vote; nobody is told who the sides were."""
    skipped = await db.fetchval(
        """
        UPDATE battles
        SET state = 'skipped', reason = CASE WHEN state = 'skipped' THEN reason ELSE $3 END,
            closed_at = coalesce(closed_at, now())
        WHERE id = $1 AND voter_id = $2 AND state IN ('open', 'streaming', 'ready', 'skipped')
        RETURNING id
        """,
        battle_id,
        voter_id,
        reason,
    )
    if skipped is None:
        await require(db, battle_id, voter_id)
        raise NothingToSkip


async def resume(db: Pool, battle_id: UUID, voter_id: UUID | None, prompt: str, *, most: int) -> int:
    """Put the next prompt to the same sides; the number of the turn that begins with it."""
    async with db.acquire() as connection, connection.transaction():
        turn: int | None = await connection.fetchval(
            """
            UPDATE battles SET state = 'open', answered_at = NULL, beat_at = now()
            WHERE id = $1 AND voter_id = $2 AND state = 'ready'
              AND (SELECT count(*) FROM turns WHERE battle_id = $1) < $3
            RETURNING (SELECT count(*) + 1 FROM turns WHERE battle_id = $1)
            """,
            battle_id,
            voter_id,
            most,
        )
        if turn is None:
            battle = await require(connection, battle_id, voter_id)
            raise (
                NoMoreTurns(f"A battle has {most} turns at most. Vote, or open a new one.")
                if (battle.state is State.READY)
                else NotReady
            )
        await turns.ask(connection, battle_id, turn, prompt)
    return turn


async def sides(db: Db, battle_id: UUID) -> list[UUID]:
    """The endpoints of both sides, in position order; for asking them, never for telling."""
    rows = await db.fetch("SELECT endpoint_id FROM sides WHERE battle_id = $1 ORDER BY position", battle_id)
    return [row["endpoint_id"] for row in rows]


async def beat(db: Db, battle_ids: list[UUID]) -> None:
    """This process answers these battles still."""
    await db.execute("UPDATE battles SET beat_at = now() WHERE id = ANY($1)", battle_ids)


async def sweep(db: Db, *, now: datetime | None = None, silent_seconds: float = SILENT_SECONDS, hours: int) -> int:
    """Void what no process answers any more and expire what nobody votes on; how many that were.

    `now` is the database's unless told otherwise. With 0 silent seconds all that is being answered is void: for an
    arena that knows itself to be the only one and has just started.
    """
    status = await db.execute(
        """
        UPDATE battles
        SET state = CASE WHEN state = 'ready' THEN 'expired' ELSE 'void' END, closed_at = now(),
            reason = CASE WHEN state = 'ready' THEN 'no vote in time' ELSE 'abandoned' END
        WHERE (state IN ('open', 'streaming')
               AND beat_at <= coalesce($1::timestamptz, now()) - make_interval(secs => $2))
           OR (state = 'ready' AND opened_at < coalesce($1::timestamptz, now()) - make_interval(hours => $3))
        """,
        now,
        silent_seconds,
        hours,
    )
    return int(status.split()[-1])


async def reveal(db: Db, battle_id: UUID, voter_id: UUID) -> list[Unveiled]:
    """Who the sides were, in position order: for the battle's own voter, after the vote, by no other way."""
    unveiled = await reveal_all(db, [(battle_id, voter_id)])
    if not unveiled:
        await require(db, battle_id, voter_id)
        raise NotYetVoted
    return unveiled[battle_id, voter_id]


async def reveal_all(db: Db, asked: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], list[Unveiled]]:
    """Who the sides of many battles were, by battle and voter; not there are those that may not be revealed."""
    sides = await many(
        db,
        _UnveiledOf,
        """
        SELECT battles.id AS battle_id, battles.voter_id,
               contenders.slug AS contender, contenders.name, contenders.organisation, contenders.description,
               answers.first_text_seconds, answers.seconds, answers.answer_tokens AS tokens, answers.finish,
               length(answers.content->0->>'text') AS characters
        FROM unnest($1::uuid[], $2::uuid[]) AS asked (battle_id, voter_id)
        JOIN battles ON battles.id = asked.battle_id AND battles.voter_id = asked.voter_id
        JOIN sides ON sides.battle_id = battles.id
        JOIN contenders ON contenders.id = sides.contender_id
        JOIN answers ON answers.battle_id = battles.id AND answers.position = sides.position
        WHERE battles.state = 'voted'
          AND answers.turn = (SELECT max(turn) FROM turns WHERE turns.battle_id = battles.id)
        ORDER BY sides.position
        """,
        *zip(*set(asked), strict=True),
    )
    unveiled: dict[tuple[UUID, UUID], list[Unveiled]] = {}
    for side in sides:
        unveiled.setdefault((side.battle_id, side.voter_id), []).append(side)
    return unveiled
