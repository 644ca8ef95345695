"""Budgets: what a run may still spend, asked before each call and never after it."""

from typing import Final

from msgspec import Struct, structs

from judge.errors import BudgetSpent
from judge.rubric import Question
from judge.verdicts import Reply

# A token is seldom less than two bytes in any language; an estimate before the call must not be too low.
BYTES_A_TOKEN: Final = 2


class Prices(Struct, frozen=True):
    """What a judge's endpoint charges for a million tokens, in the arena's currency."""

    prompt: float
    answer: float


class Estimate(Struct, frozen=True):
    """The most that calls can need."""

    tokens: int
    cost: float


class Budget(Struct, frozen=True, kw_only=True):
    """What may be spent and what has been; None is no limit. Money and tokens both hold."""

    tokens: int | None = None
    cost: float | None = None
    spent_tokens: int = 0
    spent_cost: float = 0.0

    def allow(self, estimate: Estimate) -> None:
        """BudgetSpent unless a call that needs as much as this stays within both limits."""
        if self.tokens is not None and self.spent_tokens + estimate.tokens > self.tokens:
            raise BudgetSpent(f"{self.spent_tokens:,} of {self.tokens:,} tokens are spent; a call may need more.")
        if self.cost is not None and self.spent_cost + estimate.cost > self.cost:
            raise BudgetSpent(f"{self.spent_cost:.4f} of {self.cost:.4f} are spent; a call may cost more.")

    def after(self, reply: Reply, estimate: Estimate) -> "Budget":
        """The budget once a call was made; what nobody told of counts as the most it can have been."""
        told = reply.prompt_tokens is not None and reply.answer_tokens is not None
        tokens = (reply.prompt_tokens or 0) + (reply.answer_tokens or 0) if told else estimate.tokens
        return structs.replace(
            self,
            spent_tokens=self.spent_tokens + tokens,
            spent_cost=self.spent_cost + (estimate.cost if reply.cost is None else reply.cost),
        )


def estimate(question: Question, prices: Prices, *, most_answer_tokens: int) -> Estimate:
    """The most that one question can need, by the bytes it has and the longest answer allowed."""
    prompt = (len(question.system.encode()) + len(question.user.encode())) // BYTES_A_TOKEN + 1
    cost = (prompt * prices.prompt + most_answer_tokens * prices.answer) / 1_000_000
    return Estimate(prompt + most_answer_tokens, cost)


def cost(reply: Reply, prices: Prices) -> float | None:
    """What a call cost, or None where its tokens are not known."""
    if reply.prompt_tokens is None or reply.answer_tokens is None:
        return None
    return (reply.prompt_tokens * prices.prompt + reply.answer_tokens * prices.answer) / 1_000_000
