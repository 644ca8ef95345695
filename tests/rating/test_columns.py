"""Columns as pandas, polars, Arrow and numpy keep them; all must make the same tally."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from rating import Tally, VotesWrong
from rating.outcomes import OUTCOMES

Made: TypeAlias = Callable[[Any], Any]

RNG = np.random.default_rng(1)
FIRST = RNG.integers(0, 7, 400)
SECOND = (FIRST + RNG.integers(1, 7, 400)) % 7
SAID = RNG.integers(0, 4, 400)
VOTER = RNG.integers(0, 30, 400)
NAMES = [f"contender {code}" for code in range(7)]
WORDS = ["model_a", "model_b", "tie", "tie (bothbad)"]


def shuffled_dictionary(values: Sequence[str]) -> pa.DictionaryArray:
    """Arrow codes into a dictionary that is not sorted and holds a text no row has."""
    words = [*sorted(set(values), reverse=True), "never said"]
    return pa.DictionaryArray.from_arrays(pa.array([words.index(value) for value in values], pa.int8()), words)


def chunks(values: Sequence[str]) -> pa.ChunkedArray:
    """Arrow chunks, each coded by a dictionary of its own."""
    return pa.chunked_array([shuffled_dictionary(values[:99]), shuffled_dictionary(values[99:])])


TEXTS: dict[str, Made] = {
    "list": list,
    "tuple": tuple,
    "numpy str": np.array,
    "numpy object": lambda values: np.array(values, dtype=object),
    "numpy StringDType": lambda values: np.array(values, dtype=np.dtypes.StringDType()),
    "pandas": pd.Series,
    "pandas object": lambda values: pd.Series(values, dtype=object),
    "pandas category": lambda values: pd.Series(values, index=range(len(values), 0, -1)).astype("category"),
    "pandas string[python]": lambda values: pd.Series(values, dtype="string[python]"),
    "pandas string[pyarrow]": lambda values: pd.Series(values, dtype="string[pyarrow]"),
    "pandas Arrow": lambda values: pd.Series(values, dtype=pd.ArrowDtype(pa.string())),
    "pandas Index": pd.Index,
    "polars": pl.Series,
    "polars Categorical": lambda values: pl.Series(values).cast(pl.Categorical),
    "polars Enum": lambda values: pl.Series(values, dtype=pl.Enum([*sorted(set(values), reverse=True), "never"])),
    "Arrow": pa.array,
    "Arrow large": lambda values: pa.array(values, pa.large_string()),
    "Arrow view": lambda values: pa.array(values, pa.string_view()),
    "Arrow chunks": lambda values: pa.chunked_array([values[:9], values[9:], []], type=pa.string()),
    "Arrow dictionary": shuffled_dictionary,
    "Arrow dictionary chunks": chunks,
}
NUMBERS: dict[str, Made] = {
    "list": lambda values: [int(value) for value in values],
    "numpy int8": lambda values: np.array(values, np.int8),
    "numpy uint16": lambda values: np.array(values, np.uint16),
    "pandas": pd.Series,
    "pandas Int64": lambda values: pd.Series(values, dtype="Int64"),
    "pandas Arrow": lambda values: pd.Series(values, dtype="int64[pyarrow]"),
    "polars": pl.Series,
    "Arrow": pa.array,
    "Arrow chunks": lambda values: pa.chunked_array([values[:9], values[9:]]),
}


def columns(codes: Any, words: Sequence[str]) -> list[str]:
    return [words[code] for code in codes]


@pytest.mark.parametrize("made", TEXTS.values(), ids=TEXTS)
def test_texts_make_the_same_tally_however_they_are_kept(made: Made) -> None:
    given = [columns(FIRST, NAMES), columns(SECOND, NAMES), columns(SAID, WORDS)]
    voters = [f"voter {code:02}" for code in VOTER]
    tally = Tally.of(*(made(column) for column in given), voter=made(voters), prompt=made(voters))
    assert tally.contenders == tuple(NAMES)
    assert (tally.first.tolist(), tally.second.tolist()) == (FIRST.tolist(), SECOND.tolist())
    assert tally.outcome.tolist() == SAID.tolist()
    for codes in (tally.voter, tally.prompt):
        assert np.asarray(codes).tolist() == VOTER.tolist()


@pytest.mark.parametrize("made", NUMBERS.values(), ids=NUMBERS)
def test_codes_make_the_same_tally_however_they_are_kept(made: Made) -> None:
    first, second, said, voter = (made(column) for column in (FIRST, SECOND, SAID, VOTER))
    tally = Tally.of(first, second, said, voter=voter, prompt=voter, contenders=NAMES)
    assert (tally.counts.table == Tally(tuple(NAMES), FIRST, SECOND, SAID).counts.table).all()
    assert np.asarray(tally.voter).tolist() == VOTER.tolist()
    assert tally.clusters("both") == tally.clusters("voter")


def test_codes_in_arrays_are_not_copied() -> None:
    first, second, said = FIRST.astype(np.int16), SECOND.astype(np.int16), SAID.astype(np.int8)
    tally = Tally.of(first, second, said, voter=VOTER, contenders=NAMES)
    assert all(kept is given for kept, given in ((tally.first, first), (tally.second, second), (tally.outcome, said)))
    assert tally.voter is VOTER


def test_contenders_that_are_listed_count_without_a_vote_and_others_are_refused() -> None:
    assert Tally.of(["b"], ["a"], ["tie"], contenders=["c", "b", "a"]).contenders == ("a", "b", "c")
    with pytest.raises(VotesWrong, match="Row 1 names a contender that isn't listed"):
        Tally.of(["b"], ["a"], ["tie"], contenders=["b", "c"])
    with pytest.raises(VotesWrong, match="give also `contenders`"):
        Tally.of([0], [1], [0])


@pytest.mark.parametrize("outcome", ["a", "b", "tie", "both_bad", "model_a", "model_b", "tie (bothbad)"])
def test_outcomes_are_said_in_our_words_or_the_fields(outcome: str) -> None:
    ours = {"model_a": "a", "model_b": "b", "tie (bothbad)": "both_bad"}.get(outcome, outcome)
    assert OUTCOMES[int(Tally.of(["x"], ["y"], [outcome]).outcome[0])].value == ours


NOWHERE: dict[str, Any] = {
    "list": ["x", "x", None],
    "nan": ["x", "x", float("nan")],
    "pandas": pd.Series(["x", "x", None]),
    "pandas object": pd.Series(["x", "x", pd.NA], dtype=object),
    "pandas category": pd.Series(["x", "x", None]).astype("category"),
    "pandas Int64": pd.Series([1, 2, pd.NA], dtype="Int64"),
    "pandas float": pd.Series([1, 2, None]),
    "polars": pl.Series(["x", "x", None]),
    "polars Categorical": pl.Series(["x", "x", None]).cast(pl.Categorical),
    "polars Int64": pl.Series([1, 2, None]),
    "Arrow": pa.array(["x", "x", None]),
    "Arrow dictionary": pa.array(["x", "x", None]).dictionary_encode(),
    "Arrow int64": pa.array([1, 2, None]),
}


@pytest.mark.parametrize("column", NOWHERE.values(), ids=NOWHERE)
def test_a_missing_value_is_refused_by_its_row(column: Any) -> None:
    with pytest.raises(VotesWrong, match=r"^Row 3 has no voter\.$"):
        Tally.of(["a"] * 3, ["b"] * 3, ["tie"] * 3, voter=column)


MIXED: dict[str, tuple[Any, str]] = {
    "number": (["x", 3, "x"], "Row 2 has the voter 3, which is not a text."),
    "list": (["x", [3], "x"], r"Row 2 has the voter \[3\], which is not a text."),
    "bytes": (pd.Series(["x", b"y", "x"], dtype=object), "Row 2 has the voter b'y', which is not a text."),
    "fractions": (np.array([1.0, 2.5, 3.0]), "must hold texts or whole numbers, and holds float64."),
    "polars fractions": (pl.Series([1.0, 2.5, 3.0]), "must hold texts or whole numbers, and holds Float64."),
    "truths": (pd.Series([True, False, True]), "must hold texts or whole numbers, and holds bool."),
    "truths in a list": ([True, False, True], "Row 1 has the voter True, which is not a text."),
    "beyond 64 bits": ([1 << 70, 1, 2], "Row 1 has the voter 1180591620717411303424, which is not a text."),
    "negative": (np.array([1, -2, 3]), "Row 2 has a negative voter code."),
    "short": (["x", "y"], "must be of one length."),
}


@pytest.mark.parametrize(("column", "fault"), MIXED.values(), ids=MIXED)
def test_what_is_no_voter_is_refused(column: Any, fault: str) -> None:
    with pytest.raises(VotesWrong, match=fault):
        Tally.of(["a"] * 3, ["b"] * 3, ["tie"] * 3, voter=column)


@pytest.mark.parametrize("made", TEXTS.values(), ids=TEXTS)
def test_an_unknown_outcome_is_refused_by_its_row(made: Made) -> None:
    with pytest.raises(
        VotesWrong, match="Row 2 has the outcome 'left'; it must be one of a, b, tie, both_bad, model_a"
    ):
        Tally.of(["a"] * 3, ["b"] * 3, made(["a", "left", "b"]))


@pytest.mark.parametrize("weight", [[1, float("nan")], [1, -0.5], [1, float("inf")]])
def test_a_weight_that_is_no_amount_is_refused_by_its_row(weight: list[float]) -> None:
    with pytest.raises(VotesWrong, match="Row 2 has a weight that is no number from 0 on"):
        Tally.of(["a"] * 2, ["b"] * 2, ["tie"] * 2, weight=weight)


def test_weights_that_are_no_numbers_or_beyond_exact_sums_are_refused() -> None:
    with pytest.raises(VotesWrong, match="The weights must be numbers"):
        Tally.of(["a"] * 2, ["b"] * 2, ["tie"] * 2, weight=["1", "much"])
    with pytest.raises(VotesWrong, match="beyond which sums are not exact"):
        Tally.of(["a"] * 2, ["b"] * 2, ["tie"] * 2, weight=[2.0**32, 2.0**32])
