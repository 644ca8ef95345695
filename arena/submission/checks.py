"""Checks: an endpoint's contract tests, step by step as they go on, and what becomes of the endpoint."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena import jobs
from arena.db import Connection, Db, Pool, Proxy, many, one
from arena.errors import ArenaError, NotFound
from arena.submission import contract, lifecycle
from arena.submission.contract import Step
from arena.submission.lifecycle import ARENA, NOT_FROM_HERE, Actor, NoSuchWay
from arena.submission.lifecycle import State as Stage
from arena.upstream import Exchange

# How long a worker that has said nothing is taken to be alive.
ALIVE_SECONDS: Final = 30.0
# How long a check may wait before a worker is called again.
CALL_AGAIN_SECONDS: Final = 120.0
INTERRUPTED: Final = "interrupted"


class Running(ArenaError):
    """A check of this endpoint is running. Wait until it has ended, within a few minutes."""

    status = 409


class State(StrEnum):
    """How far a check has come, and how it ended."""

    WAITING = "waiting"
    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class Check(Struct, frozen=True, kw_only=True):
    """One contract test; `reason` is the code of what must be mended first, None where nothing must."""

    id: UUID
    endpoint_id: UUID
    state: State
    begun_at: datetime
    ended_at: datetime | None
    reason: str | None


class Shown(Struct, frozen=True, kw_only=True):
    """A step as its provider sees it: the sentence has its `values` in {places}."""

    name: str
    state: str
    sentence: str
    values: dict[str, str | int]
    code: str | None
    seconds: float | None
    exchanges: list[Exchange]


SHOWN: Final = """
        SELECT id, endpoint_id, begun_at, ended_at, reason,
               CASE WHEN ended_at IS NULL THEN CASE WHEN worker IS NULL THEN 'waiting' ELSE 'running' END
                    WHEN reason IS NULL THEN 'passed' WHEN reason = 'interrupted' THEN 'interrupted'
                    ELSE 'failed' END AS state
        FROM checks"""


async def begin(db: Connection | Proxy, endpoint_id: UUID, *, actor: Actor) -> UUID:
    """Have the endpoint checked by a worker; Running where that goes on already.

    What has been let through before stays where it is meanwhile; others are checking until the end.
    """
    async with db.transaction():
        state = await db.fetchval("SELECT state FROM endpoints WHERE id = $1 FOR NO KEY UPDATE", endpoint_id)
        if state == Stage.RETIRED:
            raise NoSuchWay(NOT_FROM_HERE[Stage.RETIRED])
        check_id: UUID | None = await db.fetchval(
            "INSERT INTO checks (endpoint_id) VALUES ($1) ON CONFLICT DO NOTHING RETURNING id", endpoint_id
        )
        if check_id is None:
            raise Running
        if state in (Stage.DRAFT, Stage.REJECTED):
            await lifecycle.move(db, endpoint_id, Stage.CHECKING, actor=actor)
        else:
            await lifecycle.record(db, endpoint_id, Stage(state), Stage(state), actor=actor, reason="check")
        await db.execute(
            "INSERT INTO check_steps (check_id, position, name) "
            "SELECT $1, position, name FROM unnest($2::text[]) WITH ORDINALITY AS given (name, position)",
            check_id,
            [trial.name for trial in contract.TRIALS],
        )
        await jobs.check_soon(db, check_id)
    return check_id


async def require(db: Db, endpoint_id: UUID, check_id: UUID) -> Check:
    """The check, if it is this endpoint's."""
    found = await one(db, Check, f"{SHOWN} WHERE id = $1 AND endpoint_id = $2", check_id, endpoint_id)
    if found is None:
        raise NotFound("There is no such check of this endpoint.")
    return found


async def listed(db: Db, endpoint_id: UUID) -> list[Check]:
    """The endpoint's checks, the newest first, a hundred at most."""
    return await many(db, Check, f"{SHOWN} WHERE endpoint_id = $1 ORDER BY begun_at DESC, id LIMIT 100", endpoint_id)


async def steps(db: Db, check_id: UUID) -> list[Shown]:
    """The check's steps in the order in which they are tried."""
    return await many(
        db,
        Shown,
        """
        SELECT name, state, sentence, details AS values, code, seconds, exchanges
        FROM check_steps WHERE check_id = $1 ORDER BY position
        """,
        check_id,
    )


async def claim(db: Db, check_id: UUID, worker: UUID) -> UUID | None:
    """The endpoint to check, for this worker alone; None where another has it or it is over."""
    endpoint_id: UUID | None = await db.fetchval(
        """
        UPDATE checks SET worker = $2, alive_until = now() + make_interval(secs => $3)
        WHERE id = $1 AND worker IS NULL AND ended_at IS NULL RETURNING endpoint_id
        """,
        *(check_id, worker, ALIVE_SECONDS),
    )
    return endpoint_id


async def beat(db: Db, check_id: UUID, worker: UUID) -> None:
    """The worker is still at it."""
    await db.execute(
        """
        UPDATE checks SET alive_until = now() + make_interval(secs => $3)
        WHERE id = $1 AND worker = $2 AND ended_at IS NULL
        """,
        *(check_id, worker, ALIVE_SECONDS),
    )


async def keep(db: Db, check_id: UUID, worker: UUID, step: Step) -> bool:
    """Keep how far a step has come; false where the check is no longer this worker's."""
    kept: bool | None = await db.fetchval(
        """
        UPDATE check_steps
        SET state = $4, sentence = $5, details = $6, code = $7, seconds = $8, exchanges = $9
        FROM checks WHERE checks.id = $1 AND worker = $2 AND ended_at IS NULL AND check_id = $1 AND name = $3
        RETURNING true
        """,
        *(check_id, worker, step.name, step.state, step.sentence, step.values, step.code, step.seconds),
        step.exchanges,
    )
    return bool(kept)


async def end(db: Connection | Proxy, check_id: UUID, worker: UUID, reason: str | None) -> None:
    """The test is over, and its endpoint goes where that leads; nothing happens if another has ended it."""
    async with db.transaction():
        endpoint_id = await db.fetchval(
            """
            UPDATE checks SET ended_at = now(), reason = $3
            WHERE id = $1 AND worker = $2 AND ended_at IS NULL RETURNING endpoint_id
            """,
            *(check_id, worker, reason),
        )
        if endpoint_id is not None:
            await _lead_on(db, endpoint_id, reason)


async def look_after(db: Pool) -> int:
    """End the checks whose worker is gone, and call a worker for those that wait; how many were ended."""
    async with db.acquire() as connection, connection.transaction():
        gone = await connection.fetch(
            """
            UPDATE checks SET ended_at = now(), reason = $1
            WHERE ended_at IS NULL AND alive_until < now() RETURNING id, endpoint_id
            """,
            INTERRUPTED,
        )
        await connection.execute(
            """
            UPDATE check_steps SET state = 'skipped', sentence = $2
            WHERE check_id = ANY($1::uuid[]) AND state IN ('waiting', 'running')
            """,
            *([row["id"] for row in gone], contract.SKIPPED),
        )
        for row in gone:
            await _lead_on(connection, row["endpoint_id"], INTERRUPTED)
        waiting = await connection.fetch(
            "SELECT id FROM checks WHERE worker IS NULL AND ended_at IS NULL "
            "AND begun_at < now() - make_interval(secs => $1)",
            CALL_AGAIN_SECONDS,
        )
        for row in waiting:
            await jobs.check_soon(connection, row["id"])
    return len(gone)


async def _lead_on(db: Connection | Proxy, endpoint_id: UUID, reason: str | None) -> None:
    state = await db.fetchval("SELECT state FROM endpoints WHERE id = $1 FOR NO KEY UPDATE", endpoint_id)
    if state == Stage.CHECKING:
        to = Stage.REJECTED if reason else Stage.WARMING
        await lifecycle.move(db, endpoint_id, to, actor=ARENA, reason=reason)
    # That a test was interrupted says nothing about the endpoint.
    elif state in (Stage.LISTED, Stage.WARMING) and reason not in (None, INTERRUPTED):
        await lifecycle.move(db, endpoint_id, Stage.PAUSED, actor=ARENA, reason=reason)
