from typing import Any

import numpy as np
import pandas
import polars
import pyarrow
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating import VotesWrong, covariates

COLUMNS = {"length_a": [10, 0, 3, 7], "length_b": [5, 0, 9, 7], "bold_a": [1, 1, 1, 1], "bold_b": [1, 1, 1, 1]}


def test_a_covariate_is_the_difference_over_the_sum_and_one_at_a_root_mean_square_of_1() -> None:
    told = covariates.of(COLUMNS, ("length",))
    raw = np.array([5 / 16, 0, -6 / 13, 0])
    scale = np.sqrt((raw**2).mean())
    assert told.scales == pytest.approx([scale])
    assert told.values.dtype == np.float32
    assert told.values[0] == pytest.approx(raw / scale, rel=1e-6)
    assert len(told) == 4


def test_covariates_are_never_centred() -> None:
    told = covariates.of({"length_a": [9, 9, 9, 0], "length_b": [0, 0, 0, 9]}, ("length",))
    assert told.values[0] == pytest.approx([1, 1, 1, -1])


def test_a_feature_that_never_differs_is_silent_and_zero() -> None:
    told = covariates.of(COLUMNS, ("bold", "length"))
    assert told.silent == ("bold",)
    assert told.scales[0] == 0
    assert not told.values[0].any()


def test_of_some_rows_a_feature_may_be_silent() -> None:
    told = covariates.of(COLUMNS, ("length",))
    assert told.only(np.array([0, 2])).silent == ()
    some = told.only(np.array([False, True, False, True]))
    assert some.silent == ("length",)
    assert len(some) == 2


@given(st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=50), st.randoms())
def test_swapped_sides_negate_covariates_and_permuted_rows_permute_them(
    pairs: list[tuple[int, int]], random: Any
) -> None:
    order = list(range(len(pairs)))
    random.shuffle(order)
    first, second = np.array(pairs).T
    told = covariates.of({"length_a": first, "length_b": second}, ("length",))
    mixed = covariates.of({"length_a": second[order], "length_b": first[order]}, ("length",))
    assert (mixed.values == -told.values[:, order]).all()
    assert (mixed.scales == told.scales).all()


@pytest.mark.parametrize("table", [pandas.DataFrame, polars.DataFrame, pyarrow.table, dict])
def test_columns_come_from_any_table(table: Any) -> None:
    told = covariates.of(table(COLUMNS), ("length", "bold"))
    assert (told.values == covariates.of(COLUMNS, ("length", "bold")).values).all()


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), 1e308])
@pytest.mark.parametrize("side", ["a", "b"])
def test_a_value_that_counts_nothing_is_refused_by_row_and_column(wrong: float, side: str) -> None:
    rows = np.ones((2, 40_000))
    rows["ab".index(side), 33_333] = wrong
    with pytest.raises(VotesWrong, match=rf"Row 33334 has \S+ in length_{side}; a style feature is a number"):
        covariates.of({"length_a": rows[0], "length_b": rows[1]}, ("length",))


@pytest.mark.parametrize("table", [pandas.DataFrame, polars.DataFrame, dict])
def test_a_missing_column_is_named(table: Any) -> None:
    with pytest.raises(VotesWrong, match="There is no column emoji_a"):
        covariates.of(table(COLUMNS), ("emoji",))


@pytest.mark.parametrize(
    ("columns", "names", "fault"),
    [
        ({"length_a": [1], "length_b": [1, 2]}, ("length",), "one length, and have 1 and 2 rows"),
        (COLUMNS, ("length", "length"), "named twice"),
        ({"length_a": [1, "long"], "length_b": [1, 1]}, ("length",), r"Row 2 has .*long.* in length_a"),
        ({"length_a": [1, None], "length_b": [1, 1]}, ("length",), "Row 2 has nan in length_a"),
        (
            pandas.DataFrame({"length_a": [1, 1], "length_b": pandas.array([1, None])}),
            ("length",),
            "Row 2 has nan in length_b",
        ),
        ({"length_a": [[1]], "length_b": [1]}, ("length",), "length_a must hold one number a row"),
    ],
)
def test_columns_that_are_no_features_are_refused(columns: Any, names: tuple[str, ...], fault: str) -> None:
    with pytest.raises(VotesWrong, match=fault):
        covariates.of(columns, names)
