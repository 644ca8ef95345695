"""Calls of set runs: what a worker that has a run to itself asks its endpoint, and what is kept of it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena import jobs
from arena.db import Connection, Db, Pool, Proxy, one
from arena.evaluation import set_answers
from arena.evaluation.formats import Format
from arena.evaluation.prompt_sets import SetPrompt
from arena.evaluation.set_answers import Heard
from arena.evaluation.set_runs import MOST_TRIES, State
from arena.submission.endpoints import FREE

# How long a worker that has said nothing is taken to be alive.
ALIVE_SECONDS: Final = 30.0


class Claimed(Struct, frozen=True, kw_only=True):
    """A run that a worker has to itself; prices are for a million tokens."""

    id: UUID
    worker: UUID
    set_id: UUID
    contender_id: UUID
    endpoint_id: UUID
    formats: list[Format]
    prompt_price: float
    answer_price: float
    concurrency: int | None


class Question(Struct, frozen=True):
    """A prompt in one of its formats."""

    prompt: SetPrompt
    format: Format


class Call(Struct, frozen=True):
    """A question that was put to the endpoint."""

    id: int
    asked_at: datetime


async def claim(db: Db, run_id: UUID, worker: UUID) -> Claimed | None:
    """The run for this worker alone; None where another is at it, or there is nothing to do.

    What a worker that is gone was waiting for is over, and will be asked again.
    """
    return await one(
        db,
        Claimed,
        """
        WITH claimed AS (
            UPDATE set_runs
            SET worker = $2, alive_until = now() + make_interval(secs => $3), state = 'running',
                begun_at = coalesce(begun_at, now())
            FROM endpoints
            WHERE set_runs.id = $1 AND set_runs.state IN ('planned', 'running') AND endpoints.id = endpoint_id
              AND (worker IS NULL OR alive_until < now())
            RETURNING set_runs.id, worker, set_id, set_runs.contender_id, endpoint_id, formats, concurrency,
                      coalesce(prompt_price, 0) AS prompt_price, coalesce(answer_price, 0) AS answer_price
        ),
        over AS (
            UPDATE set_calls SET ended_at = now() FROM claimed WHERE run_id = claimed.id AND ended_at IS NULL
        )
        SELECT * FROM claimed
        """,
        *(run_id, worker, ALIVE_SECONDS),
    )


async def beat(db: Db, run: Claimed) -> None:
    """The worker is still at it."""
    await db.execute(
        "UPDATE set_runs SET alive_until = now() + make_interval(secs => $3) WHERE id = $1 AND worker = $2",
        *(run.id, run.worker, ALIVE_SECONDS),
    )


async def open_questions(db: Db, run: Claimed, prompts: list[SetPrompt]) -> list[Question]:
    """What the run has still to ask, in its order: what is not answered, and has not failed too often."""
    rows = await db.fetch(
        """
        SELECT prompt_id, format FROM set_answers WHERE contender_id = $2 AND prompt_id = ANY($3::uuid[])
        UNION SELECT prompt_id, format FROM set_calls WHERE run_id = $1 GROUP BY 1, 2 HAVING count(failure) >= $4
        """,
        *(run.id, run.contender_id, [each.id for each in prompts], MOST_TRIES),
    )
    over = {(row["prompt_id"], row["format"]) for row in rows}
    asked = [Question(prompt, format_) for format_ in run.formats for prompt in prompts]
    return [each for each in asked if (each.prompt.id, each.format) not in over]


async def begin(db: Connection | Proxy, run: Claimed, question: Question) -> Call | None:
    """Note that the question is put now; None where the run or its endpoint allows no further one at the moment.

    Until it is known what the call cost, it counts as much as the run's others have cost on average.
    """
    async with db.transaction():
        # One call after another begins, so that none is asked beyond the endpoint's caps or the run's budget.
        await db.execute("SELECT FROM endpoints WHERE id = $1 FOR NO KEY UPDATE", run.endpoint_id)
        return await one(
            db,
            Call,
            f"""
            INSERT INTO set_calls (run_id, prompt_id, format, endpoint_id, cost)
            SELECT set_runs.id, $3, $4, endpoint_id, mean FROM set_runs, (
                SELECT coalesce(sum(cost), 0) AS spent, coalesce(avg(cost), 0) AS mean FROM set_calls WHERE run_id = $1
            ) AS calls
            WHERE set_runs.id = $1 AND worker = $2 AND state = 'running' AND (budget IS NULL OR spent < budget)
              AND EXISTS (SELECT FROM endpoints WHERE endpoints.id = endpoint_id AND {FREE})
            RETURNING id, asked_at
            """,  # noqa: S608 - a constant
            *(run.id, run.worker, question.prompt.id, question.format),
        )


async def end(db: Connection | Proxy, run: Claimed, call: Call, question: Question, heard: Heard) -> None:
    """Keep how the question was answered: the call and the answer together, or neither."""
    async with db.transaction():
        await db.execute(
            "UPDATE set_calls SET ended_at = now(), failure = $2, cost = $3 WHERE id = $1",
            *(call.id, heard.failure, heard.cost),
        )
        if heard.failure is None:
            await set_answers.keep(db, run.id, run.contender_id, question.prompt, question.format, heard)


async def finish(db: Db, run: Claimed, *, left: bool) -> State | None:
    """Where the run goes from its worker; None where it is no longer the worker's.

    With questions left, it has spent its budget and stops, or waits until its endpoint can be asked again.
    """
    state: str | None = await db.fetchval(
        """
        WITH next AS (
            SELECT CASE WHEN $3 AND spent >= budget THEN 'stopped' WHEN $3 THEN 'running'
                        WHEN failures > 0 AND NOT EXISTS (SELECT FROM set_answers WHERE run_id = $1) THEN 'failed'
                        ELSE 'done' END AS state
            FROM (SELECT budget FROM set_runs WHERE id = $1) AS limits,
                 (SELECT coalesce(sum(cost), 0) AS spent, count(failure) AS failures
                  FROM set_calls WHERE run_id = $1) AS spending
        )
        UPDATE set_runs
        SET state = next.state, worker = NULL, alive_until = now(),
            ended_at = CASE WHEN next.state <> 'running' THEN now() END,
            reason = CASE next.state WHEN 'stopped' THEN 'budget' WHEN 'failed' THEN 'no_answer' END
        FROM next WHERE id = $1 AND worker = $2 AND set_runs.state = 'running' RETURNING set_runs.state
        """,
        *(run.id, run.worker, left),
    )
    return State(state) if state else None


async def fail(db: Db, run: Claimed) -> None:
    """The run ends with what nobody has foreseen; what was answered stays."""
    await db.execute(
        """
        UPDATE set_runs
        SET state = 'failed', reason = 'unforeseen', worker = NULL, alive_until = now(), ended_at = now()
        WHERE id = $1 AND worker = $2 AND state = 'running'
        """,
        *(run.id, run.worker),
    )


async def look_after(db: Pool) -> int:
    """Call a worker for each run that nobody is at; how many there were."""
    async with db.acquire() as connection, connection.transaction():
        waiting = await connection.fetch(
            """
            SELECT id FROM set_runs
            WHERE ended_at IS NULL AND state IN ('planned', 'running') AND (worker IS NULL OR alive_until < now())
            """
        )
        for row in waiting:
            await jobs.ask_soon(connection, row["id"])
    return len(waiting)
