"""Refusals: the figures that the rule's docstring names, on published answers."""

import gzip
import json
from pathlib import Path

import pytest

from arena.evaluation import refusals

ANSWERS = Path(__file__).parent / "data" / "answers.jsonl.gz"
# Read by a person: these decline in words of the rule, this one goes on as somebody else, these in other words.
DECLINED = {"llmfao/99", "llmfao/547", "9cd748e45ad34b4f8434a4ec4599374d", "7df9c568ef274e23abfab5eee3872d8e"}
RAN_ON = {"llmfao/50"}
MISSED = {"llmfao/540", "llmfao/776"}


def test_on_published_answers_the_rule_is_as_right_as_it_says() -> None:
    with gzip.open(ANSWERS, "rt", encoding="utf-8") as file:
        answers = [json.loads(line) for line in file]
    found = {answer["id"] for answer in answers if refusals.holds(answer["text"])}
    short = {name if name.startswith("llmfao") else name.rpartition("/")[2] for name in found}
    assert (len(answers), short) == (1612, DECLINED | RAN_ON)
    assert MISSED.isdisjoint(found)


@pytest.mark.parametrize(
    ("text", "declined"),
    [
        ("I'm sorry, but I can't help with that.", True),
        ("I cannot provide instructions for this.", True),
        ("抱歉，我无法回答这个问题。", True),
        ("I cannot create a file here. However, I can give you its text: …", False),
        ("抱歉，我不能画图，但可以描述它。", False),
        ("You can't divide by zero.", False),
        ("One. " * 60 + "I'm sorry, but I can't help with that.", False),
        ("", False),
    ],
)
def test_a_refusal_comes_first_and_offers_nothing(text: str, declined: bool) -> None:
    assert refusals.holds(text) is declined


def test_what_the_providers_filter_ended_is_one() -> None:
    assert refusals.holds("Once upon a", "content_filter")
    assert not refusals.holds("Once upon a", "length")
