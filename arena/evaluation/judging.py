"""Judge runs: many pairs put to judges, planned before anything is spent and gone on with after any break."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Pool, Proxy, many, one
from arena.errors import ArenaError, NotFound, Refused
from arena.evaluation import dockets
from arena.evaluation.dockets import Candidate, Docket
from arena.evaluation.verdicts import Judged
from arena.submission import judges
from arena.submission.judges import Judge
from judge import Prices, budget, rubric

# How long a worker that has said nothing is taken to be alive.
ALIVE_SECONDS: Final = 30.0
ORDERS: Final = 2
MOST_READ: Final = 100_000


class NotFromHere(ArenaError):
    """A run that has ended stays as it is. Plan another one; what was judged already costs nothing."""

    status = 409


class State(StrEnum):
    """How far a run has come, and how it ended; stopped is one that its budget ended."""

    PLANNED = "planned"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    FAILED = "failed"


class Order(Struct, frozen=True, kw_only=True):
    """What is wanted: judges by slug, pairs, and what may be spent; None is no limit."""

    judges: list[str]
    selection: Docket
    budget_tokens: int | None = None
    budget_cost: float | None = None


class Estimated(Struct, frozen=True, kw_only=True):
    """What a judge will have to do: pairs of which so many are `known`, and at most so many tokens and so much money.

    `excused` pairs have an answer of its family and are left out; `cost` is None where its endpoint names no price.
    """

    judge: str
    pairs: int
    known: int
    excused: int
    own_family: int
    calls: int
    tokens: int
    cost: float | None


class Run(Struct, frozen=True, kw_only=True):
    """A judge run; `reason` is a word for why it paused, stopped or failed."""

    id: UUID
    state: State
    reason: str | None
    selection: Docket
    estimates: list[Estimated]
    budget_tokens: int | None
    budget_cost: float | None
    spent_tokens: int
    spent_cost: float
    planned_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class Progress(Struct, frozen=True, kw_only=True):
    """How far a run has come with one judge; `unscored` verdicts are among those done, by why they say nothing.

    `failures` are the jobs that came to nothing, by why; those `retried` still wait after a failed attempt.
    """

    judge: str
    pairs: int
    done: int
    known: int
    waiting: int
    retried: int
    failed: int
    inconsistent: int
    unscored: dict[str, int]
    failures: dict[str, int]


COLUMNS: Final = """id, state, reason, selection, estimates, budget_tokens, budget_cost, spent_tokens, spent_cost,
               planned_at, started_at, ended_at"""


async def plan(db: Pool, order: Order, *, account_id: UUID | None) -> UUID:
    """Say what a run would do and cost at most; nothing is asked before it is begun."""
    if len({*order.judges}) < max(len(order.judges), 1):
        raise Refused("Name at least one judge, each once.", field="judges")
    seated = [await _seated(db, slug) for slug in order.judges]
    found = await dockets.candidates(db, order.selection)
    planned = [await _planned(db, judge, found) for judge in seated]
    rows = [row for _, each in planned for row in each]
    if not rows:
        raise Refused("No pair fits that any of these judges may judge.", field="selection")
    async with db.acquire() as connection, connection.transaction():
        run_id: UUID = await connection.fetchval(
            "INSERT INTO judge_runs (selection, estimates, budget_tokens, budget_cost, account_id) "
            "VALUES ($1, $2, $3, $4, $5) RETURNING id",
            *(order.selection, [estimate for estimate, _ in planned], order.budget_tokens, order.budget_cost),
            account_id,
        )
        await _enter(connection, run_id, rows)
    return run_id


async def _seated(db: Db, slug: str) -> Judge:
    judge = await judges.require(db, slug)
    if judge.state is not judges.State.LISTED:
        raise Refused("The judge “{slug}” is not listed. Judges are listed by operators.", slug=slug, field="judges")
    return judge


async def _planned(db: Db, judge: Judge, found: list[Candidate]) -> tuple[Estimated, list[tuple[Any, ...]]]:
    """The judge's work, and a row of it for each pair."""
    marked = [(each, dockets.own(judge, each)) for each in found]
    taken = [(each, own) for each, own in marked if judge.own_family or not own]
    said = await db.fetch(
        "SELECT id, battle_id, answer_ids FROM verdicts WHERE judge_id = $1 AND version = $2", judge.id, judge.version
    )
    known = {row["battle_id"] or tuple(row["answer_ids"]): row["id"] for row in said}
    rows = [
        (judge.id, each.battle_id, each.prompt_id, each.answer_ids, own, known.get(_key(each))) for each, own in taken
    ]
    new = [each for each, _ in taken if _key(each) not in known]
    tokens, cost = _most(judge, new)
    priced = judge.prompt_price is not None or judge.answer_price is not None
    estimated = Estimated(
        judge=judge.slug,
        pairs=len(taken),
        known=len(taken) - len(new),
        excused=len(marked) - len(taken),
        own_family=sum(own for _, own in taken),
        calls=ORDERS * len(new),
        tokens=tokens,
        cost=cost if priced else None,
    )
    return estimated, rows


def _key(candidate: Candidate) -> UUID | tuple[UUID, ...]:
    return candidate.battle_id or tuple(candidate.answer_ids or ())


def _most(judge: Judge, found: Iterable[Candidate]) -> tuple[int, float]:
    """The most that the judge can need for these pairs."""
    _, system, task = rubric.words(judge.rubric)
    words = len((system + task).encode())
    most = judge.settings.most_answer_tokens
    paid = prices(judge)
    tokens, cost = 0, 0.0
    for each in found:
        prompt = (words + each.octets) // budget.BYTES_A_TOKEN + 1
        tokens += ORDERS * (prompt + most)
        cost += ORDERS * (prompt * paid.prompt + most * paid.answer) / 1_000_000
    return tokens, cost


def prices(judge: Judge) -> Prices:
    """What the judge's endpoint charges; nothing where its provider names no price."""
    return Prices(judge.prompt_price or 0.0, judge.answer_price or 0.0)


async def _enter(connection: Connection | Proxy, run_id: UUID, rows: list[tuple[Any, ...]]) -> None:
    await connection.executemany(
        """
        INSERT INTO judge_jobs (run_id, number, judge_id, battle_id, prompt_id, answer_ids, own_family, verdict_id,
                                state, known, ended_at)
        SELECT $1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $8::uuid IS NULL THEN 'waiting' ELSE 'done' END,
               $8 IS NOT NULL, CASE WHEN $8::uuid IS NOT NULL THEN now() END
        """,
        [(run_id, number, *row) for number, row in enumerate(rows, 1)],
    )


async def require(db: Db, run_id: UUID) -> Run:
    """The run of this id."""
    found = await one(db, Run, f"SELECT {COLUMNS} FROM judge_runs WHERE id = $1", run_id)  # noqa: S608 - a constant
    if found is None:
        raise NotFound("There is no such judge run.")
    return found


async def seated(db: Db, run_id: UUID) -> list[Judge]:
    """The judges of a run."""
    rows = await db.fetch("SELECT DISTINCT judge_id FROM judge_jobs WHERE run_id = $1", run_id)
    return await judges.of(db, [row["judge_id"] for row in rows])


async def listed(db: Db, *, most: int) -> list[Run]:
    """The runs, the latest planned first."""
    return await many(db, Run, f"SELECT {COLUMNS} FROM judge_runs ORDER BY planned_at DESC, id LIMIT $1", most)  # noqa: S608


async def progress(db: Db, run_id: UUID) -> list[Progress]:
    """How far a run has come, for each judge."""
    return await many(
        db,
        Progress,
        """
        WITH counted AS (
            SELECT judges.slug AS judge, judge_jobs.state, failure, unscored, known, consistent, count(*) AS jobs
            FROM judge_jobs JOIN judges ON judges.id = judge_jobs.judge_id
            LEFT JOIN verdicts ON verdicts.id = verdict_id
            WHERE judge_jobs.run_id = $1 GROUP BY 1, 2, 3, 4, 5, 6
        )
        SELECT judge, sum(jobs)::bigint AS pairs,
               coalesce(sum(jobs) FILTER (WHERE state = 'done'), 0)::bigint AS done,
               coalesce(sum(jobs) FILTER (WHERE known), 0)::bigint AS known,
               coalesce(sum(jobs) FILTER (WHERE state = 'waiting'), 0)::bigint AS waiting,
               coalesce(sum(jobs) FILTER (WHERE state = 'waiting' AND failure IS NOT NULL), 0)::bigint AS retried,
               coalesce(sum(jobs) FILTER (WHERE state = 'failed'), 0)::bigint AS failed,
               coalesce(sum(jobs) FILTER (WHERE NOT consistent), 0)::bigint AS inconsistent,
               coalesce((SELECT jsonb_object_agg(unscored, jobs) FROM (
                   SELECT unscored, sum(jobs) AS jobs FROM counted AS of_judge
                   WHERE of_judge.judge = counted.judge AND unscored IS NOT NULL GROUP BY 1) AS why), '{}') AS unscored,
               coalesce((SELECT jsonb_object_agg(failure, jobs) FROM (
                   SELECT failure, sum(jobs) AS jobs FROM counted AS of_judge
                   WHERE of_judge.judge = counted.judge AND state = 'failed' GROUP BY 1) AS why), '{}') AS failures
        FROM counted GROUP BY judge ORDER BY judge
        """,
        run_id,
    )


async def verdicts_of(
    db: Db, *, judge: str | None = None, run_id: UUID | None = None, battle_id: UUID | None = None
) -> list[Judged]:
    """Verdicts, of one judge, run or battle where one is named; the oldest first, 100,000 at most."""
    return await many(
        db,
        Judged,
        """
        SELECT verdicts.id, judges.slug AS judge, verdicts.version, verdicts.battle_id, prompt_id, answer_ids, outcome,
               share, consistent, confidence, unscored, verdicts.own_family, cost, seconds, judged_at,
               coalesce((SELECT array_agg(contenders.slug ORDER BY position)
                         FROM sides JOIN contenders ON contenders.id = contender_id
                         WHERE sides.battle_id = verdicts.battle_id),
                        (SELECT array_agg(contenders.slug ORDER BY number)
                         FROM unnest(answer_ids) WITH ORDINALITY AS shown (id, number)
                         JOIN set_answers USING (id) JOIN contenders ON contenders.id = contender_id),
                        '{}') AS contenders
        FROM verdicts JOIN judges ON judges.id = judge_id
        WHERE ($1::text IS NULL OR judges.slug = $1) AND ($2::uuid IS NULL OR run_id = $2)
          AND ($3::uuid IS NULL OR verdicts.battle_id = $3)
        ORDER BY judged_at, verdicts.id LIMIT $4
        """,
        *(judge, run_id, battle_id, MOST_READ),
    )
