import math

import numpy as np
import pytest
from scipy.special import stdtrit

from rating import RatingError, intervals


def test_the_quantile_is_that_of_student() -> None:
    # Student's t table: 2.262 at 9 degrees of freedom, 12.706 at 1, 1.960 in the limit.
    for freedom, printed in ((9, 2.262), (1, 12.706), (1e9, 1.960)):
        assert round(intervals.quantile(0.95, freedom), 3) == printed
    assert intervals.quantile(0.95, 0) == math.inf


@pytest.mark.parametrize("freedom", [1e4, 12345.6, 1e6, 1e12])
@pytest.mark.parametrize("level", [1e-6, 0.5, 0.9, 0.95, 0.999, 1 - 1e-9])
def test_many_degrees_of_freedom_have_the_digits_of_scipy(freedom: float, level: float) -> None:
    assert intervals.quantile(level, freedom) == pytest.approx(stdtrit(freedom, (1 + level) / 2), rel=1e-7)
    if 0.5 <= level < 1 - 1e-6:
        assert intervals.quantile(level, freedom) == pytest.approx(stdtrit(freedom, (1 + level) / 2), rel=1e-13)


def test_an_interval_lies_evenly_about_the_estimate() -> None:
    found = intervals.of_ratings(np.array([1.0, -1]), np.array([4.0, 1]), level=0.95, degrees_of_freedom=9)
    reach = 2.2621571628 * np.array([2, 1])
    assert found.lower == pytest.approx(np.array([1, -1]) - reach)
    assert found.upper == pytest.approx(np.array([1, -1]) + reach)


def test_a_side_that_cannot_be_estimated_is_infinite_and_the_other_is_not() -> None:
    marked = np.array([True, False])
    found = intervals.of_ratings(
        np.zeros(2), np.ones(2), level=0.9, degrees_of_freedom=5, open_below=marked, open_above=~marked
    )
    assert np.isinf(found.lower).tolist() == [True, False]
    assert np.isinf(found.upper).tolist() == [False, True]


def test_without_degrees_of_freedom_even_a_variance_of_zero_says_nothing() -> None:
    found = intervals.of_ratings(np.zeros(2), np.array([0.0, 1]), level=0.95, degrees_of_freedom=0)
    assert np.isneginf(found.lower).all()
    assert np.isposinf(found.upper).all()


def test_a_difference_has_the_variance_of_a_difference() -> None:
    matrix = np.array([[0.25, -0.25], [-0.25, 0.25]])
    found = intervals.of_differences(np.array([0.5, -0.5]), matrix, level=0.95, degrees_of_freedom=9)
    assert found.upper[0, 1] == pytest.approx(1 + 2.2621571628)
    assert found.lower[0, 1] == -found.upper[1, 0]
    assert found.upper.diagonal().tolist() == [0, 0]


def test_a_level_that_is_no_probability_is_refused() -> None:
    for level in (0, 1, 95, math.nan):
        with pytest.raises(RatingError, match="between 0 and 1"):
            intervals.quantile(level, 9)


def test_a_contrast_of_two_is_their_difference_and_one_of_many_has_its_own_variance() -> None:
    theta, matrix = np.array([0.5, 0.1, -0.6]), np.diag([0.04, 0.09, 0.01])
    pairs = intervals.of_differences(theta, matrix, level=0.95, degrees_of_freedom=9)
    rows = np.array([[1.0, -1, 0], [1.0, -0.5, -0.5]])
    found = intervals.of_contrasts(theta, matrix, rows, level=0.95, degrees_of_freedom=9)
    assert found.lower[0] == pytest.approx(pairs.lower[0, 1])
    assert found.upper[1] - 0.75 == pytest.approx(2.2621571628 * math.sqrt(0.04 + 0.09 / 4 + 0.01 / 4))


def test_a_contrast_that_does_not_sum_to_zero_is_refused() -> None:
    with pytest.raises(RatingError, match="sum to zero"):
        intervals.of_contrasts(np.zeros(2), np.eye(2), np.array([[1.0, 0.0]]), level=0.95, degrees_of_freedom=9)
