"""Whether two prompts are the same, or nearly so."""

from itertools import combinations

import pytest

from arena.evaluation import fingerprints
from arena.evaluation.fingerprints import NEAR
from tests.arena.evaluation import corpora


def near(one: str, other: str) -> bool:
    first, second = fingerprints.of(one), fingerprints.of(other)
    return bool(set(first.bands) & set(second.bands)) and fingerprints.alike(first.sketch, second.sketch) >= NEAR


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Why is the sky blue?", "  why is the SKY   blue "),
        ("Why is the sky blue?", "Ｗｈｙ is\u200b the sky blue?!"),
        ("用一句话解释什么是区块链。", "用一句话，解释什么是区块链"),
        ("café", "cafe\u0301"),
    ],
)
def test_what_reads_the_same_is_the_same(one: str, other: str) -> None:
    assert fingerprints.of(one) == fingerprints.of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Explain how photosynthesis works in plants", "Please explain how photosynthesis works in plants"),
        ("Why is the sky blue at noon and red at sunset? 1", "Why is the sky blue at noon and red at sunset? 27"),
        ("请用一句话给小学生解释什么是区块链", "用一句话给小学生解释什么是区块链吧"),
    ],
)
def test_what_is_changed_a_little_is_nearly_the_same(one: str, other: str) -> None:
    assert fingerprints.of(one).digest != fingerprints.of(other).digest
    assert near(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Write a poem about spring", "Write a poem about summer"),
        ("Tell me a joke about cats", "Tell me a joke about dogs"),
        ("用一句话解释什么是区块链", "用一句话解释什么是量子纠缠"),
        ("hi", "hello"),
        ("?", "!"),
    ],
)
def test_another_question_is_another(one: str, other: str) -> None:
    assert not near(one, other)


def test_no_two_real_prompts_are_taken_for_one() -> None:
    """The nearest are llmfao's riddle of Sally with and without “Let's think step by step”, at 0.77."""
    texts = corpora.asked() + [text for _, text in corpora.labelled()]
    prints = [fingerprints.of(text) for text in texts]
    assert len({one.digest for one in prints}) == len(texts) == 599
    pairs = [pair for pair in combinations(prints, 2) if not set(pair[0].bands).isdisjoint(pair[1].bands)]
    nearest = max(fingerprints.alike(one.sketch, other.sketch) for one, other in pairs)
    assert 0.7 < nearest < NEAR


def test_real_prompts_with_a_word_more_are_found_by_their_bands() -> None:
    longer = [text for text in corpora.asked() if 80 < len(text) < 400]
    found = sum(near(text, f"{text} please") for text in longer)
    assert found / len(longer) >= 0.98


@pytest.mark.parametrize("text", ["", "x", "…", "\ud800", "\u0301\u0301", "𝔄" * 3])
def test_any_text_has_a_fingerprint(text: str) -> None:
    fingerprint = fingerprints.of(text)
    assert len(fingerprint.digest) == 32
    assert len(fingerprint.bands) == 16
    assert fingerprints.alike(fingerprint.sketch, fingerprint.sketch) == 1
