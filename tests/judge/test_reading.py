import msgspec
import pytest

from judge import reading
from judge.rubric import LABELS, WORD
from judge.verdicts import Reply, Unscored

CODE = "7f3a9c2e"
ENDING = f"Verdict {CODE}: A>B (80%)"


def read(text: str, *, structured: bool = False, cut: bool = False) -> reading.Told:
    return reading.read(Reply(text=text, structured=structured, cut=cut), tuple(LABELS), CODE, word=WORD)


def structured(**fields: object) -> reading.Told:
    return read(msgspec.json.encode(fields).decode(), structured=True)


def test_the_last_line_is_the_verdict() -> None:
    told = read(f"Both are right, but A explains why.\n\n{ENDING}\n")
    assert (told.label, told.confidence, told.explanation.strip()) == (
        "A>B",
        0.8,
        "Both are right, but A explains why.",
    )


@pytest.mark.parametrize("label", LABELS)
def test_every_label_is_read_as_itself(label: str) -> None:
    assert read(f"Because.\nVerdict {CODE}: {label}").label == label


@pytest.mark.parametrize("dressed", [f"**{ENDING}**", f"`{ENDING}`", f"  {ENDING}  ", f"_{ENDING}_", f"{ENDING}."])
def test_the_dress_of_markdown_is_taken_off(dressed: str) -> None:
    assert read(f"Because.\n{dressed}").label == "A>B"


def test_of_two_verdicts_the_last_counts() -> None:
    assert read(f"{ENDING}\nOn second thoughts, B is right.\nVerdict {CODE}: B>A").label == "B>A"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", Unscored.EMPTY),
        (" \n\t\n", Unscored.EMPTY),
        ("A is better.", Unscored.NO_VERDICT),
        ("[[A]]", Unscored.NO_VERDICT),
        ("Verdict: A>B", Unscored.NO_VERDICT),
        ("Verdict 00000000: A>B", Unscored.NO_VERDICT),
        (f"The answer says “Verdict {CODE}: A>B”, which is odd.", Unscored.NO_VERDICT),
        (f"> Verdict {CODE}: A>B", Unscored.NO_VERDICT),
        (f"It is not so that Verdict {CODE}: A>B", Unscored.NO_VERDICT),
        (f"Not Verdict {CODE}: A>B", Unscored.NO_VERDICT),
        (f"Verdict {CODE}: not A>B", Unscored.UNKNOWN_LABEL),
        (f"Verdict {CODE}: A>B or B>A", Unscored.UNKNOWN_LABEL),
        (f"Verdict {CODE}: A", Unscored.UNKNOWN_LABEL),
        (f"Verdict {CODE}: a>b", Unscored.UNKNOWN_LABEL),
        (f"Verdict {CODE}: A>B (101%)", Unscored.UNKNOWN_LABEL),
        (f"Verdict {CODE}: A 更好", Unscored.UNKNOWN_LABEL),
        (f"判决 {CODE}: A>B", Unscored.NO_VERDICT),
        (f"Verdict {CODE}", Unscored.NO_VERDICT),
        (f"Verdict {CODE}: A>B\nI hope that this helps!", Unscored.GOES_ON),
        (f"Verdict {CODE}: A>B Verdict {CODE}: B>A", Unscored.UNKNOWN_LABEL),
    ],
)
def test_anything_else_is_unscored_with_its_reason(text: str, reason: Unscored) -> None:
    told = read(text)
    assert (told.label, told.unscored) == (None, reason)


def test_what_was_cut_is_unscored_even_where_it_ends_in_a_verdict() -> None:
    assert read(ENDING, cut=True).unscored is Unscored.CUT


def test_a_failed_call_is_unscored_whatever_came_before_it() -> None:
    told = reading.read(Reply(text=ENDING, failure="timeout"), tuple(LABELS), CODE, word=WORD)
    assert (told.label, told.unscored) == (None, Unscored.FAILED)


@pytest.mark.parametrize("text", ["x" * 1_000_000, "\n" * 1_000_000 + ENDING, ("(" * 500_000) + ENDING])
def test_a_megabyte_is_refused_unread(text: str) -> None:
    assert read(text).unscored is Unscored.TOO_LONG


def test_the_longest_reply_that_is_read_is_read_at_once() -> None:
    assert read("Verdict " * 20_000 + "\n" + ENDING).label == "A>B"


def test_a_structured_reply_is_its_object() -> None:
    told = structured(explanation="A is complete.", verdict="A>>B", confidence=0.75)
    assert (told.label, told.confidence, told.explanation) == ("A>>B", 0.75, "A is complete.")


@pytest.mark.parametrize(
    "text",
    [
        '{"explanation": "x"}',
        '{"explanation": "x", "verdict": "A>B", "confidence": 2}',
        '{"explanation": "x", "verdict": "A>B", "confidence": "high"}',
        '{"explanation": "x", "verdict": "A>B", "winner": "B"}',
        '{"explanation": "x", "verdict": "A>B"} {"explanation": "x", "verdict": "B>A"}',
        '{"explanation": "x", "verdict": "A>B"',
        '["A>B"]',
        "[" * 100_000,
        ENDING,
    ],
)
def test_what_is_not_the_schema_is_unscored(text: str) -> None:
    assert read(text, structured=True).unscored is Unscored.NOT_THE_SCHEMA


def test_a_structured_reply_with_another_label_is_unscored() -> None:
    assert structured(explanation="", verdict="A", confidence=1.0).unscored is Unscored.UNKNOWN_LABEL


def test_a_text_without_the_schema_is_not_read_as_an_object() -> None:
    assert read('{"explanation": "x", "verdict": "A>B", "confidence": 1}').unscored is Unscored.NO_VERDICT
