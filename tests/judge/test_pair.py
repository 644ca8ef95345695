from collections.abc import Callable
from itertools import count

import pytest

from judge import Level, Pair, Question, Reply, Turn, Unscored, judge_pair, rubric
from judge.rubric import LABELS
from rating import Outcome

PAIR = Pair(turns=(Turn("What is 2 + 2?", ("It is four.", "It is five.")),))
RUBRIC = rubric.load("pairwise_v1")


def codes() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"code{next(numbers):04}"


class Saying:
    """A judge with a label for each order, which remembers what it was asked."""

    def __init__(self, *labels: str) -> None:
        self._labels = labels
        self.asked: list[Question] = []

    async def __call__(self, question: Question) -> Reply:
        self.asked.append(question)
        return Reply(text=f"Because.\nVerdict code{len(self.asked):04}: {self._labels[len(self.asked) - 1]}")


async def preferring_four(question: Question) -> Reply:
    code = question.user.split("<<<prompt ")[1].split(">>>")[0]
    answer_a = question.user.split(f"<<<answer A {code}>>>")[1].split("<<<")[0]
    return Reply(text=f"Verdict {code}: {'A>B' if 'four' in answer_a else 'B>A'} (90%)")


async def test_the_better_answer_wins_wherever_it_is_shown() -> None:
    verdict = await judge_pair(PAIR, RUBRIC, preferring_four, codes())
    assert (verdict.outcome, verdict.share, verdict.consistent) == (Outcome.A, 0.75, True)


async def test_a_pair_turned_round_turns_its_verdict_round_and_nothing_else() -> None:
    verdict = await judge_pair(PAIR.swapped, RUBRIC, preferring_four, codes())
    assert (verdict.outcome, verdict.share, verdict.consistent) == (Outcome.B, 0.25, True)


@pytest.mark.parametrize(
    ("first", "second", "outcome", "share", "consistent"),
    [
        ("A>B", "A>B", Outcome.TIE, 0.5, False),
        ("A>>B", "A>B", Outcome.TIE, 0.625, False),
        ("A>B", "B>A", Outcome.A, 0.75, True),
        ("A>>B", "B>A", Outcome.A, 0.875, True),
        ("A=B", "A=B", Outcome.TIE, 0.5, True),
        ("A=B", "B>A", Outcome.TIE, 0.625, False),
        ("B>>A", "A>>B", Outcome.B, 0.0, True),
    ],
)
async def test_a_judge_that_turns_with_the_order_says_tie(
    first: str, second: str, outcome: Outcome, share: float, consistent: bool
) -> None:
    verdict = await judge_pair(PAIR, RUBRIC, Saying(first, second), codes())
    assert (verdict.outcome, verdict.share, verdict.consistent) == (outcome, share, consistent)


async def test_both_orders_are_asked_with_a_code_each() -> None:
    judge = Saying("A>B", "B>A")
    await judge_pair(PAIR, RUBRIC, judge, codes())
    first, second = (asked.user for asked in judge.asked)
    assert first.index("four") < first.index("five")
    assert second.index("five") < second.index("four")
    assert "code0001" in first
    assert "code0001" not in second


async def test_what_cannot_be_read_is_no_tie() -> None:
    verdict = await judge_pair(PAIR, RUBRIC, Saying("A is better", "A>B"), codes())
    assert (verdict.outcome, verdict.share, verdict.consistent) == (None, None, None)
    assert verdict.unscored is Unscored.UNKNOWN_LABEL


async def test_after_a_first_reply_that_cannot_be_read_the_second_is_not_paid_for() -> None:
    judge = Saying("none", "A>B")
    await judge_pair(PAIR, RUBRIC, judge, codes())
    assert len(judge.asked) == 1


async def test_every_turn_and_the_reference_are_shown() -> None:
    judge = Saying("A>B", "B>A")
    long = Pair(turns=(*PAIR.turns, Turn("And 3 + 3?", ("Six.", "Seven."))), reference="4, 6")
    await judge_pair(long, RUBRIC, judge, codes())
    for part in ("answer A 1 code0001", "answer B 2 code0001", "And 3 + 3?", "<<<reference code0001>>>\n4, 6"):
        assert part in judge.asked[0].user


def test_levels_turn_round() -> None:
    assert [level.swapped for level in Level] == list(reversed(Level))
    assert sorted(LABELS.values()) == sorted(Level)
    assert all(level.share + level.swapped.share == 1 for level in Level)
