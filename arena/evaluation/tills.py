"""Tills: what is still to be spent on judges, asked before every call, and what each call came to."""

from msgspec import structs

from arena.db import Pool
from arena.evaluation import judging, verdicts
from arena.evaluation.verdicts import Job
from arena.submission import endpoints, questions
from arena.submission.judges import Judge
from arena.upstream import Target, Upstream, UpstreamFailed
from judge import Budget, budget
from judge.budget import Estimate
from judge.rubric import Question
from judge.verdicts import Reply


class Capped(Exception):
    """The endpoint's provider allows no more calls today."""


class Till:
    """One budget for many calls at a time; `calls` were made."""

    def __init__(self, db: Pool, upstream: Upstream, allowed: Budget, *, seconds: float) -> None:
        self.calls = 0
        self._db = db
        self._upstream = upstream
        self._budget = allowed
        self._seconds = seconds

    @property
    def tokens(self) -> int:
        """What has been spent, calls under way at the most that they can need."""
        return self._budget.spent_tokens

    @property
    def cost(self) -> float:
        """What has been spent in money, calls under way at the most that they can cost."""
        return self._budget.spent_cost

    async def ask(
        self, judge: Judge, target: Target, question: Question, *, asked: bytes = b"", code: str = "", job: Job | None
    ) -> Reply:
        """The judge's reply, paid for, and kept where it is for a job; Capped, BudgetSpent or UpstreamFailed."""
        paid = judging.prices(judge)
        most = budget.estimate(question, paid, most_answer_tokens=judge.settings.most_answer_tokens)
        if not await endpoints.allows(self._db, judge.endpoint_id):
            raise Capped
        # What calls under way may need is spent as far as others are concerned.
        self._budget.allow(most)
        self._count(most, 1)
        self.calls += 1
        try:
            given = await questions.ask(self._upstream, target, question, judge.settings, seconds=self._seconds)
        except UpstreamFailed as failure:
            await self._lost(judge, failure, most, job)
            raise
        told = budget.cost(given, paid)
        given = structs.replace(given, cost=most.cost if told is None else told)
        self._count(most, -1)
        self._budget = self._budget.after(given, most)
        await verdicts.keep_reply(self._db, judge, asked, code, given, most=most, job=job)
        return given

    def _count(self, most: Estimate, sign: int) -> None:
        self._budget = structs.replace(
            self._budget,
            spent_tokens=self._budget.spent_tokens + sign * most.tokens,
            spent_cost=self._budget.spent_cost + sign * most.cost,
        )

    async def _lost(self, judge: Judge, failure: UpstreamFailed, most: Estimate, job: Job | None) -> None:
        """A call that began to be written may be charged for, so it counts as the most it can have cost."""
        self._count(most, -1)
        lost = Estimate(0, 0.0) if failure.code in questions.UNBILLED else most
        self._count(lost, 1)
        async with self._db.acquire() as connection, connection.transaction():
            await verdicts.pay(
                connection,
                judge,
                run_id=job.run_id if job else None,
                tokens=lost.tokens,
                cost=lost.cost,
                failed=True,
                untold=lost.tokens > 0,
            )
