"""Set runs: a contender is asked the prompts of a set, within what its provider allows and what the run may cost."""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena import jobs
from arena.db import Connection, Db, Proxy, many, one
from arena.errors import ArenaError, NotFound
from arena.evaluation.formats import Format
from arena.evaluation.prompt_sets import PromptSet

# How often a question is asked that gets no answer.
MOST_TRIES: Final = 3


# Why a run ended before it had asked everything; the reason is a code, for programs.
ENDED: Final = {
    "budget": "It was stopped: what it may spend is spent.",
    "no_answer": "It failed: not one of its questions was answered.",
    "unforeseen": "It failed: something happened that the arena does not know how to go on from. Operators see it.",
}


class RunningAlready(ArenaError):
    """This contender is being asked this set already. Wait until that has ended, or cancel it."""

    status = 409


class NotReachable(ArenaError):
    """This contender can't be asked: it has no endpoint that is warming or listed."""

    status = 409


class NotFromHere(ArenaError):
    """This run can't do that where it stands now."""

    status = 409


class State(StrEnum):
    """How far a run has come, and how it ended; one that was stopped had spent its budget."""

    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Run(Struct, frozen=True, kw_only=True):
    """A run and how far it is: of `asked` questions so many are answered, and so many are given up as failed.

    `reason` is a code, and `sentence` says it, where the run ended early. Failures are counted by their class, each
    call that failed. `budget` and `cost` are in the currency of the endpoint's prices, and None for those who may not
    act for the contender.
    """

    id: UUID
    contender: str
    formats: list[Format]
    budget: float | None
    state: State
    reason: str | None
    sentence: str | None
    planned_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    asked: int
    answered: int
    given_up: int
    failures: dict[str, int]
    cost: float | None


CASES: Final = " ".join(f"WHEN '{code}' THEN '{said}'" for code, said in ENDED.items())
SHOWN: Final = f"""
        SELECT set_runs.id, contenders.slug AS contender, formats, budget, state, reason,
               CASE reason {CASES} END AS sentence, planned_at, begun_at, ended_at,
               prompts.count * cardinality(formats) AS asked, answered.count AS answered,
               given_up.count AS given_up, coalesce(failed.failures, '{{}}') AS failures, spent.cost
        FROM set_runs JOIN contenders ON contenders.id = contender_id,
             LATERAL (SELECT count(*) FROM set_prompts WHERE set_id = set_runs.set_id) AS prompts,
             LATERAL (
                SELECT count(*) FROM set_answers JOIN set_prompts ON set_prompts.id = prompt_id
                WHERE set_id = set_runs.set_id AND contender_id = set_runs.contender_id AND format = ANY(formats)
             ) AS answered,
             LATERAL (
                SELECT count(*) FROM (
                    SELECT FROM set_calls WHERE run_id = set_runs.id GROUP BY prompt_id, format
                    HAVING count(failure) >= {MOST_TRIES} AND count(*) = count(failure)
                ) AS hopeless
             ) AS given_up,
             LATERAL (
                SELECT jsonb_object_agg(failure, times) AS failures FROM (
                    SELECT failure, count(*) AS times FROM set_calls
                    WHERE run_id = set_runs.id AND failure IS NOT NULL GROUP BY failure
                ) AS one
             ) AS failed,
             LATERAL (SELECT coalesce(sum(cost), 0) AS cost FROM set_calls WHERE run_id = set_runs.id) AS spent"""  # noqa: S608 - a constant


async def plan(
    db: Connection | Proxy,
    prompt_set: PromptSet,
    contender_id: UUID,
    formats: list[Format],
    *,
    budget: float | None,
    account_id: UUID | None,
) -> Run:
    """Have a worker ask the contender what it has not answered yet; RunningAlready where that goes on."""
    async with db.transaction():
        await require_none(db, prompt_set.id, contender_id)
        endpoint_id = await db.fetchval(
            "SELECT id FROM endpoints WHERE contender_id = $1 AND state IN ('warming', 'listed')", contender_id
        )
        if endpoint_id is None:
            raise NotReachable
        run_id = await db.fetchval(
            """
            INSERT INTO set_runs (set_id, contender_id, endpoint_id, formats, budget, account_id)
            VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
            """,
            *(prompt_set.id, contender_id, endpoint_id, formats, budget, account_id),
        )
        await jobs.ask_soon(db, run_id)
    return await require(db, prompt_set.id, run_id)


async def require_none(db: Connection | Proxy, set_id: UUID, contender_id: UUID) -> None:
    """Make sure that nobody asks the contender this set; until the transaction ends, nobody begins to, or hands in."""
    await db.execute("SELECT FROM contenders WHERE id = $1 FOR NO KEY UPDATE", contender_id)
    running = await db.fetchval(
        "SELECT EXISTS (SELECT FROM set_runs WHERE set_id = $1 AND contender_id = $2 AND ended_at IS NULL)",
        *(set_id, contender_id),
    )
    if running:
        raise RunningAlready


async def require(db: Db, set_id: UUID, run_id: UUID) -> Run:
    """The run, if it is one of this set."""
    found = await one(db, Run, f"{SHOWN} WHERE set_runs.id = $1 AND set_id = $2", run_id, set_id)
    if found is None:
        raise NotFound("There is no such run of this prompt set.")
    return found


async def listed(db: Db, set_id: UUID) -> list[Run]:
    """The runs of a set on contenders that the public knows of, the latest first, a hundred at most."""
    return await many(
        db,
        Run,
        f"{SHOWN} WHERE set_id = $1 AND committed_at IS NOT NULL ORDER BY planned_at DESC, set_runs.id LIMIT 100",
        set_id,
    )


async def told(db: Db, set_id: UUID) -> list[Run]:
    """The runs that go on, and of each contender the latest one where that ended early: what a reader wants to know."""
    latest: dict[str, Run] = {}
    for run in await listed(db, set_id):
        latest.setdefault(run.contender, run)
    return [run for run in latest.values() if run.ended_at is None or run.sentence]


async def move(db: Connection | Proxy, run_id: UUID, to: State) -> None:
    """Pause a run, resume it, or cancel it; its worker learns of that before its next question."""
    froms = {State.PAUSED: ["planned", "running"], State.RUNNING: ["paused"]}
    async with db.transaction():
        moved = await db.fetchval(
            """
            UPDATE set_runs SET state = $2, ended_at = CASE $2 WHEN 'cancelled' THEN now() END,
                   worker = CASE $2 WHEN 'running' THEN NULL ELSE worker END
            WHERE id = $1 AND state = ANY($3) AND ended_at IS NULL RETURNING true
            """,
            *(run_id, to, froms.get(to, ["planned", "running", "paused"])),
        )
        if not moved:
            raise NotFromHere
        if to is State.RUNNING:
            await jobs.ask_soon(db, run_id)
