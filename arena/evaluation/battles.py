"""Battles: one prompt answered by two sides, unnamed until the vote; or by contenders that somebody chose by name."""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID, uuid4

from msgspec import Struct, structs

from arena import outbox
from arena.db import Connection, Db, Pool, Proxy, many, one
from arena.errors import ArenaError, Later, NotFound
from arena.evaluation import calls, commitments, controls, draws, exclusions, findings, probes, style, tags, turns
from arena.evaluation.calls import Asked
from arena.evaluation.exclusions import Remark
from arena.evaluation.gates import Finding
from arena.evaluation.kinds import Kind
from arena.evaluation.pairing import Pairing
from arena.evaluation.tags import Tag
from arena.evaluation.traces import Trace
from arena.evaluation.turns import Answer, TextPart
from arena.people import voters
from arena.submission import endpoints

AT_ONCE_SECONDS = 5.0
AT_ONCE = (
    "Your other battle is still being answered. Wait until it has finished.",
    "{most} of your battles are still being answered. Wait until one of them has finished.",
)

COLUMNS = """id, state, kind, encode(commitment, 'hex') AS commitment,
          (SELECT count(*) FROM turns WHERE battle_id = battles.id) AS turns"""


# All of a new battle in one statement, which costs one way to PostgreSQL and back; no row for one too many. A control
# battle takes neither more nor less: it keeps what it does to its sides in place of a draw.
ADD = f"""
        WITH draw AS (
            INSERT INTO draws (id, endpoint_ids, shares)
            SELECT $6, $7::uuid[], $8::float8[] WHERE $12 = 'blind'
            ON CONFLICT (id) DO NOTHING
        ),
        battle AS (
            INSERT INTO battles (id, voter_id, state, rule, propensity, draw_id, kind, commitment, nonce, salt)
            SELECT $1, $2, 'open', $3, $4, CASE WHEN $12 = 'blind' THEN $6::uuid END, $12, $17, $18, $19
            WHERE $5 = 0
               OR (SELECT count(*) FROM battles WHERE voter_id = $2 AND state IN ('open', 'streaming')) < $5
            RETURNING id, state, kind, commitment
        ),
        asked AS (
            INSERT INTO turns (battle_id, turn, content) SELECT id, 1, $9::jsonb FROM battle
        ),
        pair AS (
            INSERT INTO sides (battle_id, position, contender_id, endpoint_id)
            SELECT id, place - 1, contender_id, endpoint_id
            FROM battle, unnest($10::uuid[], $11::uuid[]) WITH ORDINALITY AS met (contender_id, endpoint_id, place)
        ),
        control AS (
            INSERT INTO controls (battle_id, position, content, probe, assertive)
            SELECT id, $13::smallint, $14::jsonb, $21::text, $22::text FROM battle WHERE $12 = 'control'
        ),
        trace AS (
            INSERT INTO traces (battle_id, moment, network, agent)
            SELECT id, 'asked', $15::bytea, $16::bytea FROM battle WHERE $15::bytea IS NOT NULL
        ),
        {outbox.COMMITTED}
        SELECT id, state, kind, encode(commitment, 'hex') AS commitment, 1 AS turns FROM battle"""  # noqa: S608 - a constant


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


class NotReady(ArenaError):
    """A next prompt can be asked when both have finished, and before the vote."""

    status = 409


class NoMoreTurns(ArenaError):
    """This battle has had all its turns. Vote, or open a new one."""

    status = 409


class TooManyAtOnce(Later):
    """Your other battles are still being answered. Wait until one of them has finished."""

    status = 429


class Battle(Struct, frozen=True):
    """A battle as its own voter may know it before the vote."""

    id: UUID
    state: State
    turns: int
    kind: Kind = Kind.BLIND
    commitment: str | None = None

    @property
    def told(self) -> Kind:
        """The kind as the voter may know it: before the vote a control battle is one like any other."""
        return Kind.BLIND if self.kind is Kind.CONTROL and self.state is not State.VOTED else self.kind


async def open(  # noqa: A001 - battles.open(…) is how callers say it.
    db: Pool,
    voter_id: UUID,
    prompt: str,
    pairing: Pairing,
    *,
    most: int = 0,
    kind: Kind = Kind.BLIND,
    trace: Trace | None = None,
) -> Battle:
    """Open a battle: voter, pair, positions, the first prompt and its trace are kept together or not at all.

    TooManyAtOnce where `most` battles of the voter are being answered (0: any number), endpoints.Unavailable where
    an endpoint may not be called any more, voters.UnknownVoter where the voter's data were deleted.
    """
    draw, battle_id = draws.of(pairing.shares), uuid4()
    pledge = commitments.pledged(battle_id, pairing, draw.id if kind is Kind.BLIND else None)
    new = (
        battle_id,
        voter_id,
        pairing.rule,
        pairing.propensity,
        most,
        *structs.astuple(draw),
        [TextPart(prompt)],
        [entrant.contender_id for entrant in pairing.entrants],
        [entrant.target.endpoint_id for entrant in pairing.entrants],
        kind,
        *controls.kept(pairing),
        *(structs.astuple(trace) if trace else (None, None)),
        *structs.astuple(commitments.make(pledge, voter_id, prompt)),
        *probes.kept(pairing),
    )
    async with db.acquire() as connection, connection.transaction():
        await voters.hold(connection, voter_id)
        await endpoints.claim(connection, [entrant.target.endpoint_id for entrant in pairing.entrants])
        battle = await one(connection, Battle, ADD, *new)
        if battle is None:
            raise TooManyAtOnce(AT_ONCE[most > 1], most=most, seconds=AT_ONCE_SECONDS)
    return battle


async def require(db: Db, battle_id: UUID, voter_id: UUID | None) -> Battle:
    """The voter's own battle; an unknown one and another voter's are the same to whoever asks."""
    battle = await one(
        db,
        Battle,
        f"SELECT {COLUMNS} FROM battles WHERE id = $1 AND voter_id = $2",  # noqa: S608 - a constant
        battle_id,
        voter_id,
    )
    if battle is None:
        raise NoSuchBattle
    return battle


async def again(db: Db, battle_id: UUID) -> Battle:
    """A battle known to be there, as it stands now."""
    battle = await one(db, Battle, f"SELECT {COLUMNS} FROM battles WHERE id = $1", battle_id)  # noqa: S608 - a constant
    assert battle is not None
    return battle


async def start(db: Db, *battle_ids: UUID) -> None:
    """Both sides of these are being asked."""
    await db.execute("UPDATE battles SET state = 'streaming' WHERE id = ANY($1) AND state = 'open'", battle_ids)


async def finish(
    db: Pool,
    battle_id: UUID,
    turn: int,
    answers: tuple[Answer, ...],
    *,
    shown: list[int],
    shown_seconds: float | None = None,
    void: str | None,
    remarks: Sequence[Remark] = (),
    tag: Tag | None = None,
    found: Sequence[Finding] = (),
) -> State:
    """Keep the answers and make the battle ready for its vote, or void for the reason given.

    A battle that was closed meanwhile, skipped by its voter or swept because this process was silent for too long,
    stays so; the state it has afterwards comes back. Telling it again, after an answer that was lost, changes nothing.
    Of a battle whose texts were deleted meanwhile no text is kept.
    """
    async with db.acquire() as connection, connection.transaction():
        await turns.answer(connection, battle_id, turn, answers, shown=shown, shown_seconds=shown_seconds)
        asked = await _close(connection, battle_id, turn, void)
        await calls.judge(connection, asked, answers)
        state = (asked[0].state if asked else None) or await connection.fetchval(
            "SELECT state FROM battles WHERE id = $1", battle_id
        )
        if state == State.READY:
            await exclusions.keep(connection, battle_id, remarks)
            await tags.keep(connection, battle_id, tag)
            await findings.keep(connection, battle_id, found)
            await style.keep(connection, battle_id, turn, answers)
        else:
            await turns.stay_empty(connection, battle_id)
    return State(state)


async def _close(connection: Connection | Proxy, battle_id: UUID, turn: int, void: str | None) -> list[Asked]:
    """Make the battle ready, or void, where it was not closed meanwhile; who was asked, of a probe nobody."""
    return await many(
        connection,
        Asked,
        """
        WITH closed AS (
            UPDATE battles
            SET state = $3, reason = $4, answered_at = now(), closed_at = CASE WHEN $3 = 'void' THEN now() END
            WHERE id = $1 AND state IN ('open', 'streaming')
            RETURNING state
        )
        SELECT (SELECT state FROM closed), endpoint_id, position, asked_at, failed_at IS NOT NULL AS failed
        FROM sides JOIN turns USING (battle_id) JOIN endpoints ON endpoints.id = endpoint_id
        WHERE battle_id = $1 AND turn = $2
        ORDER BY endpoint_id
        """,
        battle_id,
        turn,
        State.VOID if void else State.READY,
        void,
    )


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
                NoMoreTurns("A battle has {most} turns at most. Vote, or open a new one.", most=most)
                if (battle.state is State.READY)
                else NotReady
            )
        await connection.execute("UPDATE sides SET last_asked_at = now() WHERE battle_id = $1", battle_id)
        await turns.ask(connection, battle_id, turn, prompt)
    return turn


async def sides(db: Db, battle_id: UUID) -> list[UUID]:
    """The endpoints of both sides, in position order; for asking them, never for telling."""
    rows = await db.fetch("SELECT endpoint_id FROM sides WHERE battle_id = $1 ORDER BY position", battle_id)
    return [row["endpoint_id"] for row in rows]
