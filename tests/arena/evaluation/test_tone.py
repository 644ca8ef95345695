"""Tone: expressions are counted once each, in both languages, and code says nothing."""

import pytest

from arena.evaluation import style, tone
from arena.evaluation.tone import Tone


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("", Tone()),
        ("I think it may be five, but I'm not certain.", Tone(hedging=3)),
        ("It is certainly five; without a doubt.", Tone(certainty=2)),
        # What is part of a longer expression is not counted again.
        ("You’re absolutely right, great question!", Tone(agreement=2)),
        ("Absolutely! It is five.", Tone(agreement=1)),
        ("It is absolutely five.", Tone(certainty=1)),
        ("Sorry, that is a terrible mistake. I apologise.", Tone(apologies=2, negatives=2)),
        ("This is wonderful and helpful. Uncertainty remains.", Tone(praise=2)),
        ("也许是五，不一定。", Tone(hedging=2)),
        ("一定是五，毫无疑问。", Tone(certainty=2)),
        ("没错，你说得对，这是个好问题。", Tone(agreement=3)),
        ("这样说没错。", Tone()),
        ("抱歉，这是错误的，但结果很好。", Tone(apologies=1, negatives=1, praise=1)),
    ],
)
def test_each_expression_is_counted_under_its_kind(text: str, counted: Tone) -> None:
    assert tone.of(text) == counted


def test_words_in_code_have_no_tone() -> None:
    assert style.of("Perhaps:\n```\nmaybe = perhaps\n```\n").hedging == 1


def test_every_expression_is_found_as_what_it_is_listed_as() -> None:
    """Words with signs that the reader of words drops would never be found."""
    for lists in tone._LISTS.values():
        for kind, listed in lists.items():
            for expression in listed:
                said = expression[1:] if expression.startswith("^") else f"x {expression}"
                assert getattr(tone.of(f"{said}。"), kind) == 1, expression
