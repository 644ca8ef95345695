"""Pairs: two unnamed answers to one prompt or conversation, and a judge asked in both orders."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from msgspec import Struct

from judge import verdicts
from judge.rubric import Question, Rubric
from judge.verdicts import Reading, Reply, Verdict

Ask: TypeAlias = Callable[[Question], Awaitable[Reply]]


class Turn(Struct, frozen=True):
    """What was asked and the two answers, in position order."""

    prompt: str
    answers: tuple[str, str]


class Pair(Struct, frozen=True, kw_only=True):
    """A conversation that was answered twice, and the answer it should have had, where there is one."""

    turns: tuple[Turn, ...]
    reference: str | None = None

    @property
    def swapped(self) -> "Pair":
        """The same pair with its sides turned round."""
        turns = tuple(Turn(turn.prompt, (turn.answers[1], turn.answers[0])) for turn in self.turns)
        return Pair(turns=turns, reference=self.reference)


async def judge_pair(pair: Pair, rubric: Rubric, ask: Ask, code: Callable[[], str]) -> Verdict:
    """Ask in both orders; a judge that turns with the order says tie.

    `code` gives a new word that nobody can guess for each question: what stands between the marks that carry it is an
    answer, and only a line that carries it is a verdict. A first reply that can't be read ends it, as no second one
    could make an outcome of it.
    """
    first = await _read(pair, rubric, ask, code())
    if first.level is None:
        return Verdict(outcome=None, share=None, consistent=None, readings=(first,))
    second = await _read(pair.swapped, rubric, ask, code())
    return verdicts.of(first, second.swapped)


async def _read(pair: Pair, rubric: Rubric, ask: Ask, code: str) -> Reading:
    turns = [(turn.prompt, turn.answers) for turn in pair.turns]
    return rubric.read(await ask(rubric.question(turns, pair.reference, code)), code)
