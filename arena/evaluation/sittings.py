"""Sittings: a judge run while a worker is at it, asking judges and keeping what they say."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct, structs

from arena.db import Pool
from arena.evaluation import dockets, judging, steering, verdicts
from arena.evaluation.judging import Run, State
from arena.evaluation.steering import Ends
from arena.evaluation.verdicts import Job
from arena.submission import auditions, endpoints, judges, questions
from arena.submission.judges import Judge
from arena.upstream import Target, Upstream, UpstreamFailed
from judge import Ask, Budget, BudgetSpent, Pair, Rubric, budget, judge_pair, rubric
from judge.budget import Estimate
from judge.rubric import Question
from judge.verdicts import Reply

log = logging.getLogger(__name__)

AT_ONCE: Final = 2
MOST_AT_ONCE: Final = 8
ATTEMPTS: Final = 3
# So many failures in a row are no accident: somebody should look before more is spent.
MOST_IN_A_ROW: Final = 20
REST_SECONDS: Final = 0.5
MOST_REST_SECONDS: Final = 60.0
GONE: Final = "deleted"


class Bench(Struct, frozen=True):
    """A judge with all it takes to ask it."""

    judge: Judge
    target: Target
    rubric: Rubric


async def benches(db: Pool, found: Sequence[Judge]) -> dict[UUID, Bench]:
    """These judges with their endpoints as they are now."""
    targets = await endpoints.targets(db, [judge.endpoint_id for judge in found])
    return {
        judge.id: Bench(judge, target, rubric.load(judge.rubric)) for judge, target in zip(found, targets, strict=True)
    }


def changed(bench: Bench) -> bool:
    """Whether the judge is no longer what it was when it was checked."""
    judge = bench.judge
    present = judges.version(bench.target, judge.rubric, judge.settings)
    return judge.state is not judges.State.LISTED or judge.version != present


class Sitting:
    """One run in the hands of one worker. `ends` is why nothing more is asked, None while something is."""

    def __init__(
        self, db: Pool, upstream: Upstream, run: Run, worker: UUID, seats: dict[UUID, Bench], *, seconds: float
    ) -> None:
        self.ends: Ends | None = None
        self._db = db
        self._upstream = upstream
        self._run_id = run.id
        self._worker = worker
        self._benches = seats
        self._seconds = seconds
        self._in_a_row = 0
        self._budget = Budget(
            tokens=run.budget_tokens,
            cost=run.budget_cost,
            spent_tokens=run.spent_tokens,
            spent_cost=run.spent_cost,
        )

    async def sit(self) -> Ends:
        """Go through what waits until nothing does, the budget is spent, or the run is taken away."""
        while self.ends is None:
            batch = await steering.waiting(self._db, self._run_id)
            if not batch:
                return Ends(State.DONE)
            coming = iter(batch)
            async with asyncio.TaskGroup() as lanes:
                for _ in range(self._lanes):
                    lanes.create_task(self._lane(coming))
        return self.ends

    @property
    def _lanes(self) -> int:
        return min(min(bench.judge.concurrency or AT_ONCE for bench in self._benches.values()), MOST_AT_ONCE)

    async def _lane(self, coming: Iterator[Job]) -> None:
        for job in coming:
            if self.ends is not None:
                return
            await self._hear(job)

    async def _hear(self, job: Job) -> None:
        bench = self._benches[job.judge_id]
        pair = await _pair(self._db, job)
        if pair is None:
            await self._miss(job, GONE, attempts=1)
            return
        try:
            said = await judge_pair(pair, bench.rubric, *self._asking(bench, job))
        except BudgetSpent:
            self.ends = self.ends or Ends(State.STOPPED, "budget")
        except _Capped:
            self.ends = self.ends or Ends(State.PAUSED, "daily_cap")
        except UpstreamFailed as failure:
            await self._failed(job, failure)
        else:
            self._in_a_row = 0
            if not await verdicts.keep(self._db, job, bench.judge, self._worker, said):
                self.ends = self.ends or Ends(State.PAUSED)

    async def _failed(self, job: Job, failure: UpstreamFailed) -> None:
        log.warning("judge failed run=%s job=%d failure=%s", job.run_id, job.number, failure.code)
        await self._miss(job, failure.code.value, attempts=ATTEMPTS)
        self._in_a_row += 1
        if self._in_a_row >= MOST_IN_A_ROW:
            self.ends = self.ends or Ends(State.PAUSED, "judge_fails")
        elif self.ends is None:
            await asyncio.sleep(min(failure.retry_after or REST_SECONDS * 2**job.attempts, MOST_REST_SECONDS))

    async def _miss(self, job: Job, why: str, *, attempts: int) -> None:
        if not await verdicts.miss(self._db, job, self._worker, why, most=attempts):
            self.ends = self.ends or Ends(State.PAUSED)

    def _asking(self, bench: Bench, job: Job) -> tuple[Ask, Callable[[], str]]:
        """How a question reaches the judge, and the words that mark what it is shown, a new one for each question."""
        codes = list[str]()

        def code() -> str:
            codes.append(auditions.code())
            return codes[-1]

        async def ask(question: Question) -> Reply:
            asked = verdicts.digest(bench.judge.version or "", question, codes[-1])
            return await verdicts.reply(self._db, asked, codes[-1]) or await self._pay_for(
                bench, job, question, asked, codes[-1]
            )

        return ask, code

    async def _pay_for(self, bench: Bench, job: Job, question: Question, asked: bytes, code: str) -> Reply:
        judge, paid = bench.judge, judging.prices(bench.judge)
        most = budget.estimate(question, paid, most_answer_tokens=judge.settings.most_answer_tokens)
        await _require_free(self._db, judge)
        # What calls under way may need is spent as far as others are concerned.
        self._budget.allow(most)
        self._budget = _with(self._budget, most, 1)
        try:
            given = await questions.ask(self._upstream, bench.target, question, judge.settings, seconds=self._seconds)
        except UpstreamFailed as failure:
            await self._lost(judge, failure, most)
            raise
        given = structs.replace(given, cost=_cost(given, most, bench))
        self._budget = _with(self._budget, most, -1).after(given, most)
        await verdicts.keep_reply(self._db, judge, asked, code, given, most=most, job=job)
        return given

    async def _lost(self, judge: Judge, failure: UpstreamFailed, most: Estimate) -> None:
        """A call that began to be written may be charged for, so it counts as the most it can have cost."""
        self._budget = _with(self._budget, most, -1)
        lost = Estimate(0, 0.0) if failure.code in questions.UNBILLED else most
        self._budget = _with(self._budget, lost, 1)
        async with self._db.acquire() as connection, connection.transaction():
            await verdicts.pay(
                connection,
                judge,
                run_id=self._run_id,
                tokens=lost.tokens,
                cost=lost.cost,
                failed=True,
                untold=lost.tokens > 0,
            )


class _Capped(Exception):
    """The endpoint's provider allows no more calls today."""


async def _require_free(db: Pool, judge: Judge) -> None:
    if not await endpoints.allows(db, judge.endpoint_id):
        raise _Capped


def _with(present: Budget, most: Estimate, sign: int) -> Budget:
    return structs.replace(
        present,
        spent_tokens=present.spent_tokens + sign * most.tokens,
        spent_cost=present.spent_cost + sign * most.cost,
    )


def _cost(given: Reply, most: Estimate, bench: Bench) -> float:
    told = budget.cost(given, judging.prices(bench.judge))
    return most.cost if told is None else told


async def _pair(db: Pool, job: Job) -> Pair | None:
    if job.battle_id is not None:
        return await dockets.pair(db, job.battle_id)
    return await dockets.answered(db, job.answer_ids or [])
