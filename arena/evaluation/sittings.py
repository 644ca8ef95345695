"""Sittings: a judge run while a worker is at it, asking judges and keeping what they say."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import AWAY, Pool
from arena.evaluation import dockets, steering, verdicts
from arena.evaluation.judging import Run, State
from arena.evaluation.steering import Ends
from arena.evaluation.tills import Capped, Till
from arena.evaluation.verdicts import Job
from arena.submission import auditions, endpoints, judges
from arena.submission.judges import Judge
from arena.upstream import Target, Upstream, UpstreamFailed
from judge import Ask, Budget, BudgetSpent, Pair, Rubric, judge_pair, rubric
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
        self._run_id = run.id
        self._worker = worker
        self._benches = seats
        self._in_a_row = 0
        allowed = Budget(
            tokens=run.budget_tokens,
            cost=run.budget_cost,
            spent_tokens=run.spent_tokens,
            spent_cost=run.spent_cost,
        )
        self._till = Till(db, upstream, allowed, seconds=seconds)

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
        try:
            await self._judge(job)
        except BudgetSpent:
            self.ends = self.ends or Ends(State.STOPPED, "budget")
        except Capped:
            self.ends = self.ends or Ends(State.PAUSED, "daily_cap")
        except UpstreamFailed as failure:
            await self._failed(job, failure)
        except AWAY:
            raise
        except Exception:
            await self._broke(job)

    async def _judge(self, job: Job) -> None:
        bench = self._benches[job.judge_id]
        pair = await _pair(self._db, job)
        if pair is None:
            await self._miss(job, GONE, attempts=1)
            return
        said = await judge_pair(pair, bench.rubric, *self._asking(bench, job))
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

    async def _broke(self, job: Job) -> None:
        """What nobody has foreseen would happen again: the run ends once the calls under way have."""
        log.exception("judging broke run=%s job=%d", job.run_id, job.number)
        self.ends = Ends(State.FAILED, steering.UNFORESEEN)
        await self._miss(job, steering.UNFORESEEN, attempts=1)

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
            return await verdicts.reply(self._db, asked, codes[-1]) or await self._till.ask(
                bench.judge, bench.target, question, asked=asked, code=codes[-1], job=job
            )

        return ask, code


async def _pair(db: Pool, job: Job) -> Pair | None:
    if job.battle_id is not None:
        return await dockets.pair(db, job.battle_id)
    return await dockets.answered(db, job.answer_ids or [])
