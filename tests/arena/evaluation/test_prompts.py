import pytest

from arena.evaluation import prompts
from arena.evaluation.prompts import PromptRefused


def test_line_ends_are_made_one_kind_and_edges_trimmed() -> None:
    assert prompts.read(" a\r\nb\rc\td \n", most=100) == "a\nb\nc\td"


@pytest.mark.parametrize("text", ["", "   ", "\n\t\r\n", "\u3000"])
def test_an_empty_prompt_is_refused(text: str) -> None:
    with pytest.raises(PromptRefused, match="empty"):
        prompts.read(text, most=100)


def test_a_prompt_too_long_is_told_both_numbers() -> None:
    with pytest.raises(PromptRefused, match="212,004 characters; 32,000 fit"):
        prompts.read("x" * 212_004, most=32_000)


@pytest.mark.parametrize("character", ["\0", "\x07", "\x1b", "\x7f", "\x85", "\ud83d"])
def test_a_character_that_cant_be_kept_is_named_with_its_place(character: str) -> None:
    with pytest.raises(PromptRefused, match=rf"U\+{ord(character):04X} at place 2"):
        prompts.read(f"a{character}b", most=100)


def test_every_script_may_be_asked_in() -> None:
    for text in ("天空为什么是蓝色的", "لماذا السماء زرقاء؟", "👩‍👩‍👧 e\u0301"):
        assert prompts.read(text, most=100) == text
