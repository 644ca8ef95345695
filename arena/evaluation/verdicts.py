"""Verdicts: what judges said, what they were paid for it, and what they need not be asked again."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from arena.db import Connection, Db, Pool, Proxy, many, one
from arena.submission.judges import Judge
from judge import Verdict
from judge.budget import Estimate
from judge.rubric import Question
from judge.verdicts import Reply
from rating import Outcome


class Judged(Struct, frozen=True, kw_only=True):
    """A judge's verdict on a battle or on two answers to a prompt of a set; contenders by slug, in position order.

    Without an outcome it is unscored and says why. `version` is the judge's at that time.
    """

    id: UUID
    judge: str
    version: str
    battle_id: UUID | None
    prompt_id: UUID | None
    answer_ids: list[UUID] | None
    contenders: list[str]
    outcome: Outcome | None
    share: float | None
    consistent: bool | None
    confidence: float | None
    unscored: str | None
    own_family: bool
    cost: float | None
    seconds: float | None
    judged_at: datetime


class Spent(Struct, frozen=True, kw_only=True):
    """What a judge was asked at a provider on a day, and what it cost.

    A call that told no tokens counts as the most it can have needed, and is one of the `untold`.
    """

    judge: str
    provider: str
    day: str
    calls: int
    failures: int
    untold: int
    tokens: int
    cost: float


class Job(Struct, frozen=True, kw_only=True):
    """A pair that a run has a judge look at."""

    run_id: UUID
    number: int
    judge_id: UUID
    battle_id: UUID | None
    prompt_id: UUID | None
    answer_ids: list[UUID] | None
    own_family: bool
    attempts: int


class _Kept(Struct, frozen=True):
    code: str
    reply: dict[str, Any]


def digest(version: str, question: Question, code: str) -> bytes:
    """What names a question to a version of a judge, whatever the code that stands in it."""
    parts = [version, *(text.replace(code, "") for text in (question.system, question.user))]
    return hashlib.sha256(msgspec.json.encode(parts)).digest()


async def reply(db: Db, asked: bytes, code: str) -> Reply | None:
    """The reply that was given to this question before, told with the code of now; None where there is none.

    The earlier code was a word that nobody could guess: wherever it stands, it is the judge's.
    """
    kept = await one(db, _Kept, "SELECT code, reply FROM judge_replies WHERE digest = $1", asked)
    if kept is None:
        return None
    given = msgspec.convert(kept.reply, Reply)
    return structs.replace(given, text=given.text.replace(kept.code, code))


async def pay(
    db: Connection | Proxy,
    judge: Judge,
    *,
    run_id: UUID | None,
    tokens: int,
    cost: float,
    failed: bool = False,
    untold: bool = False,
) -> None:
    """Enter a call in the books: of the judge, its provider and the day, and of the run."""
    await db.execute(
        """
        INSERT INTO judge_spend (judge_id, provider_id, endpoint_id, day, calls, failures, untold, tokens, cost)
        VALUES ($1, $2, $3, (now() AT TIME ZONE 'UTC')::date, 1, $4, $5, $6, $7)
        ON CONFLICT (judge_id, provider_id, endpoint_id, day) DO UPDATE
        SET calls = judge_spend.calls + 1, failures = judge_spend.failures + EXCLUDED.failures,
            untold = judge_spend.untold + EXCLUDED.untold, tokens = judge_spend.tokens + EXCLUDED.tokens,
            cost = judge_spend.cost + EXCLUDED.cost
        """,
        *(judge.id, judge.provider_id, judge.endpoint_id, int(failed), int(untold), tokens, cost),
    )
    if run_id is not None:
        await db.execute(
            "UPDATE judge_runs SET spent_tokens = spent_tokens + $2, spent_cost = spent_cost + $3 WHERE id = $1",
            *(run_id, tokens, cost),
        )


async def keep_reply(
    db: Pool, judge: Judge, asked: bytes, code: str, given: Reply, *, most: Estimate, job: Job | None
) -> None:
    """Keep a reply with what it cost, so that a worker that is killed has at most the calls under way paid in vain."""
    told = given.prompt_tokens is not None and given.answer_tokens is not None
    tokens = (given.prompt_tokens or 0) + (given.answer_tokens or 0) if told else most.tokens
    async with db.acquire() as connection, connection.transaction():
        await pay(
            connection,
            judge,
            run_id=job.run_id if job else None,
            tokens=tokens,
            cost=most.cost if given.cost is None else given.cost,
            untold=not told,
        )
        if job is not None:
            await connection.execute(
                "INSERT INTO judge_replies (digest, code, reply, battle_id) VALUES ($1, $2, $3, $4) "
                "ON CONFLICT (digest) DO NOTHING",
                *(asked, code, given, job.battle_id),
            )


async def keep(db: Pool, job: Job, judge: Judge, worker: UUID, said: Verdict) -> bool:
    """Keep a verdict and end its job, both or neither; False where the run is no longer this worker's."""
    async with db.acquire() as connection, connection.transaction():
        if not await _holds(connection, job, worker):
            return False
        verdict_id = await _insert(connection, job, judge, said)
        await connection.execute(
            "UPDATE judge_jobs SET state = 'done', verdict_id = $3, failure = NULL, ended_at = now() "
            "WHERE run_id = $1 AND number = $2 AND state = 'waiting'",
            *(job.run_id, job.number, verdict_id),
        )
    return True


async def miss(db: Pool, job: Job, worker: UUID, failure: str, *, most: int) -> bool:
    """A job came to nothing, for good after so many attempts; False where the run is no longer this worker's."""
    async with db.acquire() as connection, connection.transaction():
        if not await _holds(connection, job, worker):
            return False
        await connection.execute(
            """
            UPDATE judge_jobs
            SET attempts = attempts + 1, failure = $3,
                state = CASE WHEN attempts + 1 >= $4 THEN 'failed' ELSE 'waiting' END,
                ended_at = CASE WHEN attempts + 1 >= $4 THEN now() END
            WHERE run_id = $1 AND number = $2 AND state = 'waiting'
            """,
            *(job.run_id, job.number, failure, most),
        )
    return True


async def _holds(connection: Connection | Proxy, job: Job, worker: UUID) -> bool:
    return bool(
        await connection.fetchval(
            "SELECT true FROM judge_runs WHERE id = $1 AND worker = $2 AND state = 'running' FOR NO KEY UPDATE",
            *(job.run_id, worker),
        )
    )


async def _insert(connection: Connection | Proxy, job: Job, judge: Judge, said: Verdict) -> UUID:
    replies = [reading.reply for reading in said.readings]
    sure = [reading.confidence for reading in said.readings if reading.confidence is not None]
    verdict_id: UUID = await connection.fetchval(
        """
        WITH given AS (
            INSERT INTO verdicts (judge_id, version, run_id, battle_id, prompt_id, answer_ids, outcome, share,
                                  consistent, confidence, unscored, own_family, readings, prompt_tokens, answer_tokens,
                                  cost, seconds)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            ON CONFLICT DO NOTHING
            RETURNING id
        )
        SELECT id FROM given
        UNION ALL
        SELECT id FROM verdicts
        WHERE judge_id = $1 AND version = $2 AND (battle_id = $4 OR answer_ids = $6)
        """,
        *(judge.id, judge.version, job.run_id, job.battle_id, job.prompt_id, job.answer_ids),
        *(said.outcome, said.share, said.consistent),
        sum(sure) / len(sure) if len(sure) == len(replies) else None,
        *(said.unscored, job.own_family, list(said.readings)),
        *(_sum(reply.prompt_tokens for reply in replies), _sum(reply.answer_tokens for reply in replies)),
        *(_sum(reply.cost for reply in replies), _sum(reply.seconds for reply in replies)),
    )
    return verdict_id


def _sum(values: Any) -> Any:
    """The sum, None where one of them is not known."""
    known = list(values)
    return None if None in known else sum(known)


async def readings(db: Db, verdict_id: UUID) -> list[dict[str, Any]]:
    """What the judge replied in both orders, as it was read; nothing where the voter's data were deleted."""
    kept: list[dict[str, Any]] | None = await db.fetchval("SELECT readings FROM verdicts WHERE id = $1", verdict_id)
    return kept or []


async def spent(db: Db, judge_id: UUID) -> list[Spent]:
    """What the judge was asked and what it cost, day by day, the latest first, a year at most."""
    return await many(
        db,
        Spent,
        """
        SELECT judges.slug AS judge, providers.slug AS provider, day::text, sum(calls)::bigint AS calls,
               sum(failures)::bigint AS failures, sum(untold)::bigint AS untold, sum(tokens)::bigint AS tokens,
               sum(cost) AS cost
        FROM judge_spend JOIN judges ON judges.id = judge_id JOIN providers ON providers.id = provider_id
        WHERE judge_id = $1 GROUP BY judges.slug, providers.slug, day ORDER BY day DESC, 2 LIMIT 366
        """,
        judge_id,
    )


async def forget(connection: Connection | Proxy, voter_id: UUID) -> None:
    """What judges wrote about this voter's battles is gone; their verdicts stay."""
    await connection.execute(
        "UPDATE verdicts SET readings = '[]' FROM battles WHERE battles.id = battle_id AND voter_id = $1", voter_id
    )
    await connection.execute(
        "DELETE FROM judge_replies USING battles WHERE battles.id = battle_id AND voter_id = $1", voter_id
    )
