"""Pointwise: one answer scored by a judge, against a reference or by the rubric alone."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from judge import reading, rubric, shields
from judge.pair import Ask
from judge.rubric import Question
from judge.verdicts import Reply, Unscored

SCORES: Final = tuple(str(score) for score in range(1, 11))
WORD: Final = "Score"
RUBRIC: Final = "pointwise_v1"


class Score(Struct, frozen=True, kw_only=True):
    """What one answer was given, from 1 to 10, or why nothing."""

    value: int | None
    reply: Reply
    explanation: str = ""
    unscored: Unscored | None = None


async def score(
    prompt: str, answer: str, ask: Ask, code: Callable[[], str], *, reference: str | None = None, name: str = RUBRIC
) -> Score:
    """Have an answer scored; what can't be read has no value and says why."""
    word = code()
    reply = await ask(question(prompt, answer, word, reference=reference, name=name))
    told = reading.read(reply, SCORES, word, word=WORD)
    value = None if told.label is None else int(told.label)
    return Score(value=value, reply=reply, explanation=told.explanation, unscored=told.unscored)


def question(prompt: str, answer: str, code: str, *, reference: str | None = None, name: str = RUBRIC) -> Question:
    """What the judge is asked about one answer."""
    _, system, task = rubric.words(name)
    parts = [("prompt", prompt), ("answer", answer), *([("reference", reference)] if reference is not None else [])]
    shown = "\n\n".join(shields.fenced(what, code, text) for what, text in parts)
    return Question(
        system=system.replace("{code}", code),
        user=task.replace("{code}", code).replace("{shown}", shown),
        schema=reading.schema(SCORES),
    )
