import pytest

from judge import UnknownRubric, rubric
from judge.rubric import LABELS


@pytest.mark.parametrize("name", rubric.names())
def test_every_rubric_names_its_code_and_shows_what_is_judged(name: str) -> None:
    digest, system, task = rubric.words(name)
    assert len(digest) == 64
    assert "{code}" in system
    assert task.count("{shown}") == 1
    assert "{code}: " in task


def test_the_pairwise_rubric_offers_every_label() -> None:
    assert all(label in rubric.load("pairwise_v1").task for label in LABELS)


# A changed word is a new version: rubrics that have judged are never edited.
@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("pairwise_v1", "ec37f43cb985805d156277416df31b4017a66fe3ba65b7ecf6d51e05afb479db"),
        ("pointwise_v1", "aeec510cefeed24a48d3a2eedf32adee1e6a09e5b3f8b77daca8fe67c2b94591"),
    ],
)
def test_a_rubric_stays_as_it_was(name: str, digest: str) -> None:
    assert rubric.words(name)[0] == digest


@pytest.mark.parametrize("name", ["pairwise_v0", "../pair", "", "pairwise_v1.md", "x" * 1000])
def test_an_unknown_rubric_is_refused_with_those_there_are(name: str) -> None:
    with pytest.raises(UnknownRubric, match="pairwise_v1"):
        rubric.load(name)


def test_what_an_answer_says_in_our_own_placeholders_stays_a_text() -> None:
    question = rubric.load("pairwise_v1").question([("{shown} {code}", ("{code}", "b"))], None, "c0de")
    assert "{shown} {code}" in question.user
    assert "{code}" in question.user.split("<<<answer A c0de>>>")[1][:10]
