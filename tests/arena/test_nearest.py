import time

import pytest

from arena.nearest import nearest

NAMES = ["GPT 4", "GPT 3.5 Turbo", "Claude v2", "command-light", "PaLM 2 Bison"]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("gpt4", "GPT 4"), ("gpt-3.5", "GPT 3.5 Turbo"), ("CLAUDE", "Claude v2"), ("comand light", "command-light")],
)
def test_what_is_nearly_a_name_is_told_the_name(written: str, meant: str) -> None:
    assert nearest(written, NAMES) == meant


@pytest.mark.parametrize("written", ["zzzz", "", "!?", "一个模型"])
def test_what_is_like_no_name_is_told_none(written: str) -> None:
    assert nearest(written, NAMES) is None


def test_without_names_there_is_no_nearest_one() -> None:
    assert nearest("gpt4", []) is None


def test_of_two_equally_near_the_first_one_counts() -> None:
    assert nearest("ab", ["a b", "A-B"]) == "a b"


def test_a_long_word_among_many_names_is_answered_soon() -> None:
    names = [f"contender-{number:06}-of-a-very-long-line-of-models-with-many-words" for number in range(20_000)]
    began = time.process_time()
    nearest("contender-of-a-very-long-line" * 400, names)
    assert time.process_time() - began < 2
