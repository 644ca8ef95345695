from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rating import exact

VALUES = st.lists(st.floats(-3.7, 3.7), min_size=1, max_size=200)


@given(VALUES, st.randoms())
def test_sums_of_rounded_terms_are_exact_in_any_order(given: list[float], random: object) -> None:
    values = np.array(given)
    rounded = exact.rounded(values.copy(), exact.grid(3.7, 200))
    total = float(sum(Fraction(value) for value in rounded.tolist()))
    assert rounded.sum() == rounded[::-1].sum() == np.cumsum(rounded)[-1] == total
    assert np.abs(rounded - values).max() <= exact.grid(3.7, 200) / 2


@given(VALUES)
def test_scalar_products_of_rounded_factors_are_exact(given: list[float]) -> None:
    one = exact.rounded(np.array(given), exact.grid_of_factor(3.7, 200))
    other = exact.rounded(np.array(given[::-1]) * 100, exact.grid_of_factor(370.0, 200))
    total = sum(Fraction(a) * Fraction(b) for a, b in zip(one.tolist(), other.tolist(), strict=True))
    assert one @ other == float(total) == float(one[::-1] @ other[::-1])


@given(VALUES)
def test_negated_values_round_to_negated_ones(given: list[float]) -> None:
    values = np.array(given)
    assert (exact.rounded(-values, 0.25) == -exact.rounded(values.copy(), 0.25)).all()


def test_the_grid_leaves_ten_million_terms_eight_digits() -> None:
    assert exact.grid(1.0, 10_000_000) == 2.0**-27
    assert exact.grid(1000.0, 1) == pytest.approx(2.0**-41)


def test_values_that_are_all_zero_stay_so() -> None:
    assert not exact.rounded(np.zeros(3), exact.grid(0.0, 5)).any()
    assert not exact.rounded(np.zeros(3), exact.grid_of_factor(0.0, 5)).any()
