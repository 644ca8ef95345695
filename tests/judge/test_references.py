import gzip
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from judge import Kind, Match, match, references

SOLUTIONS = Path(__file__).parent / "golden" / "gsm8k_solutions.jsonl.gz"
# Cobbe et al. 2021, example_model_solutions.jsonl: how many of 1,319 are flagged right.
CORRECT = {"6b_finetuning": 286, "6b_verification": 515, "175b_finetuning": 458, "175b_verification": 742}


@pytest.fixture(scope="module")
def solutions() -> list[dict[str, dict[str, object]]]:
    with gzip.open(SOLUTIONS, "rb") as file:
        return [msgspec.json.decode(line) for line in file]


@pytest.mark.parametrize("model", CORRECT)
def test_every_published_flag_of_gsm8k_comes_out(solutions: list[dict[str, dict[str, object]]], model: str) -> None:
    found = [
        (match(Kind.NUMERIC, str(one[model]["solution"]), str(one["ground_truth"])) is Match.RIGHT) for one in solutions
    ]
    assert found == [one[model]["is_correct"] for one in solutions]
    assert (len(found), sum(found)) == (1319, CORRECT[model])


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("so 3 + 4 = 7", "7"),
        ("A: 1,234.50", "1234.5"),
        ("The answer is $18. That is 3 more than 15.", "18"),
        ("#### -5", "-5"),
        (r"\boxed{42}", "42"),
        ("first 1, then 2", "2"),
        ("−7 degrees", "-7"),
        (".5", "0.5"),
    ],
)
def test_the_number_a_text_ends_in_is_its_answer(text: str, number: str) -> None:
    assert references.number(text) == Decimal(number)


@pytest.mark.parametrize("text", ["", "none", "The answer is unknown."])
def test_a_text_without_a_number_is_unreadable_not_wrong(text: str) -> None:
    assert match(Kind.NUMERIC, text, "#### 5") is Match.UNREADABLE


@pytest.mark.parametrize(
    ("text", "letter"),
    [("B", "B"), ("(C)", "C"), ("The answer is (D), as A is too small.", "D"), ("B) because of it", "B")],
)
def test_the_letter_chosen_is_read(text: str, letter: str) -> None:
    assert match(Kind.CHOICE, text, letter) is Match.RIGHT


@pytest.mark.parametrize("text", ["A or B", "", "Perhaps", "Option A, option C and D"])
def test_two_letters_are_no_choice(text: str) -> None:
    assert match(Kind.CHOICE, text, "A") is Match.UNREADABLE


@pytest.mark.parametrize("text", ["Paris", " paris. ", "“PARIS”", "Ｐaris"])
def test_wording_is_compared_without_case_blanks_and_ends(text: str) -> None:
    assert match(Kind.EXACT, text, "Paris") is Match.RIGHT


def test_other_words_are_wrong() -> None:
    assert match(Kind.EXACT, "Lyon", "Paris") is Match.WRONG
