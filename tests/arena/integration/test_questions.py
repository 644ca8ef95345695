"""Questions: what can be asked of votes, and the words for it."""

from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest

from arena.evaluation.selections import Turns
from arena.integration import questions
from arena.integration.questions import Anchor, Question, QuestionRefused
from rating import Ties


def test_the_question_that_asks_for_every_vote_has_no_words_and_fields_come_sorted() -> None:
    assert Question().canonical == "{}"
    asked = Question(turns=Turns.SEVERAL, category="code", style=("bold", "lists"), ties=Ties.HALF)
    assert asked.canonical == '{"category":"code","style":["bold","lists"],"ties":"half","turns":"several"}'
    assert msgspec.json.decode(asked.canonical, type=Question) == asked


def test_only_a_question_for_every_vote_is_whole_however_these_are_fitted() -> None:
    assert Question(ties=Ties.HALF, minimum_votes=5, anchor=Anchor("anna")).whole
    asked = (
        *(Question(category="code"), Question(language="en"), Question(turns=Turns.ONE), Question(refusals=False)),
        *(Question(style=("bold",), ties=Ties.HALF), Question(since=datetime(2026, 1, 1, tzinfo=UTC))),
    )
    assert not any(question.whole for question in asked)


def test_times_are_kept_in_utc() -> None:
    east = timezone(timedelta(hours=8))
    asked = questions.of_battles(Question(since=datetime(2026, 1, 1, 8, tzinfo=east)))
    assert asked.canonical == '{"since":"2026-01-01T00:00:00Z"}'


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (Question(category="poetry"), "no category “poetry”; there are code, creative"),
        (Question(since=NOON.replace(tzinfo=None)), "with their zone"),
        (Question(since=NOON, until=NOON), "the first must be before the second"),
        (Question(style=("bold",)), "set ties to “half”"),
        (Question(style=("bold", "bold"), ties=Ties.HALF), "named twice"),
        (Question(even_pairs=True, voter_cap=3), "Choose one"),
    ],
)
def test_what_cannot_be_asked_of_battles_is_told_in_a_sentence(asked: Question, fault: str) -> None:
    with pytest.raises(QuestionRefused, match=fault):
        questions.of_battles(asked)


@pytest.mark.parametrize(
    ("asked", "fault"),
    [
        (Question(language="en"), "Imported votes have no category, language"),
        (Question(refusals=False), "Imported votes"),
        (Question(ties=Ties.HALF, style=("bold",)), "Imported votes"),
        (Question(even_pairs=True), "leave out even_pairs"),
    ],
)
def test_what_cannot_be_asked_of_imported_votes_is_told_in_a_sentence(asked: Question, fault: str) -> None:
    with pytest.raises(QuestionRefused, match=fault):
        questions.of_imported(asked)
    fitted = Question(ties=Ties.RAO_KUPPER, voter_cap=2, minimum_votes=3)
    assert questions.of_imported(fitted) == fitted
