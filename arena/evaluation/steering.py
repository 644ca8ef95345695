"""Steering: a judge run is begun, paused, gone on with and called off, and is one worker's at a time."""

from typing import Final
from uuid import UUID

from msgspec import Struct

from arena import jobs
from arena.db import Connection, Db, Pool, Proxy, many
from arena.evaluation import judging
from arena.evaluation.judging import ALIVE_SECONDS, NotFromHere, State
from arena.evaluation.verdicts import Job

BATCH: Final = 64
UNFORESEEN: Final = "unforeseen"
# Why a run paused, stopped or failed, in words.
WHY: Final = {
    "budget": "The next call could have exceeded the budget.",
    "daily_cap": "The endpoint’s provider allows no more calls today. Resume it tomorrow.",
    "judge_fails": "The judge failed many times in a row. See to its endpoint, then resume the run.",
    "judge_changed": "A judge is no longer what it was when it was checked. Have it checked and plan another run.",
    "nothing_judged": "Nothing came of any pair; the failures say why.",
    UNFORESEEN: "Something went wrong that nobody has foreseen; it has been recorded. What was judged stays: plan "
    "another run, and it costs nothing again.",
}


class Ends(Struct, frozen=True):
    """How a run leaves its worker, and a word for why."""

    state: State
    reason: str | None = None


async def resume(db: Connection | Proxy, run_id: UUID) -> None:
    """Begin a run, or go on with one that is paused; what failed before is tried again."""
    async with db.transaction():
        begun = await db.fetchval(
            """
            UPDATE judge_runs
            SET state = 'running', reason = NULL, worker = NULL, alive_until = NULL,
                started_at = coalesce(started_at, now())
            WHERE id = $1 AND state IN ('planned', 'paused') RETURNING true
            """,
            run_id,
        )
        if begun is None:
            await _refuse_unless(db, run_id, State.RUNNING)
            return
        await db.execute(
            "UPDATE judge_jobs SET state = 'waiting', attempts = 0, ended_at = NULL "
            "WHERE run_id = $1 AND state = 'failed'",
            run_id,
        )
        await jobs.judge_soon(db, run_id)


async def pause(db: Db, run_id: UUID) -> None:
    """Ask nothing more for now; replies that are under way are still paid for and kept."""
    await _move(db, run_id, State.PAUSED, [State.RUNNING])


async def cancel(db: Db, run_id: UUID) -> None:
    """Ask nothing more; the verdicts there are stay."""
    await _move(db, run_id, State.CANCELLED, [State.PLANNED, State.RUNNING, State.PAUSED])


async def _move(db: Db, run_id: UUID, to: State, states: list[State]) -> None:
    moved = await db.fetchval(
        """
        UPDATE judge_runs
        SET state = $2, worker = NULL, alive_until = NULL, ended_at = CASE WHEN $2 = 'cancelled' THEN now() END
        WHERE id = $1 AND state = ANY($3::text[]) RETURNING true
        """,
        *(run_id, to, states),
    )
    if moved is None:
        await _refuse_unless(db, run_id, to)


async def _refuse_unless(db: Db, run_id: UUID, state: State) -> None:
    """Asked for twice, it is as it was asked for."""
    if (await judging.require(db, run_id)).state is not state:
        raise NotFromHere


async def claim(db: Db, run_id: UUID, worker: UUID) -> bool:
    """Make a run that goes on this worker's, unless another one's is at it."""
    return bool(
        await db.fetchval(
            """
            UPDATE judge_runs SET worker = $2, alive_until = now() + make_interval(secs => $3)
            WHERE id = $1 AND state = 'running' AND (worker IS NULL OR alive_until < now()) RETURNING true
            """,
            *(run_id, worker, ALIVE_SECONDS),
        )
    )


async def beat(db: Db, run_id: UUID, worker: UUID) -> bool:
    """The worker is still at it; False where the run is no longer its own."""
    return bool(
        await db.fetchval(
            "UPDATE judge_runs SET alive_until = now() + make_interval(secs => $3) "
            "WHERE id = $1 AND worker = $2 AND state = 'running' RETURNING true",
            *(run_id, worker, ALIVE_SECONDS),
        )
    )


async def waiting(db: Db, run_id: UUID) -> list[Job]:
    """The next of a run's jobs, those first that were tried least often."""
    return await many(
        db,
        Job,
        """
        SELECT run_id, number, judge_id, battle_id, prompt_id, answer_ids, own_family, attempts
        FROM judge_jobs WHERE run_id = $1 AND state = 'waiting' ORDER BY attempts, number LIMIT $2
        """,
        *(run_id, BATCH),
    )


async def end(db: Db, run_id: UUID, worker: UUID, ends: Ends) -> None:
    """The worker leaves the run, which is done where nothing waits, and failed where nothing came of it."""
    await db.execute(
        """
        UPDATE judge_runs
        SET state = CASE WHEN $3 = 'done' AND NOT EXISTS (
                SELECT FROM judge_jobs WHERE run_id = $1 AND state = 'done') THEN 'failed' ELSE $3 END,
            reason = CASE WHEN $3 = 'done' AND NOT EXISTS (
                SELECT FROM judge_jobs WHERE run_id = $1 AND state = 'done') THEN 'nothing_judged' ELSE $4 END,
            worker = NULL, alive_until = NULL, ended_at = CASE WHEN $3 <> 'paused' THEN now() END
        WHERE id = $1 AND worker = $2 AND state = 'running'
        """,
        *(run_id, worker, ends.state, ends.reason),
    )


async def look_after(db: Pool) -> int:
    """Call a worker for the runs that have none; how many there were."""
    async with db.acquire() as connection, connection.transaction():
        rows = await connection.fetch(
            "SELECT id FROM judge_runs WHERE state = 'running' AND (alive_until IS NULL OR alive_until < now())"
        )
        for row in rows:
            await jobs.judge_soon(connection, row["id"])
    return len(rows)
