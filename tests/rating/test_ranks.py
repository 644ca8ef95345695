import numpy as np
import pytest
from scipy.stats import t

from rating import ranks
from rating.arrays import Flags, Matrix


def everybody(size: int) -> Flags:
    return ~np.eye(size, dtype=np.bool_)


def independent(size: int, variance: float) -> Matrix:
    """Equal independent errors, in the gauge where strengths sum to zero."""
    return variance * (np.eye(size) - 1 / size)


def test_a_range_runs_from_the_certainly_better_to_the_certainly_worse() -> None:
    better = np.zeros((4, 4), dtype=np.bool_)
    better[0, 2] = better[0, 3] = better[1, 3] = True
    found = ranks.ranges(better)
    assert found.lower.tolist() == [1, 1, 2, 3]
    assert found.upper.tolist() == [2, 3, 4, 4]


def test_holm_steps_down_and_stops_at_the_first_pair_that_does_not_pass() -> None:
    # Three pairs at 9 degrees of freedom, with chances set to .01, .02 and .06: the bars are .05/3, .05/2 and .05.
    matrix = np.eye(3) / 2
    far, near = t.isf(0.005, 9), t.isf(0.03, 9)
    theta = np.array([far, 0.0, near])
    better = ranks.holm(theta, matrix, everybody(3), level=0.95, degrees_of_freedom=9)
    assert better.tolist() == [[False, True, False], [False, False, False], [False, False, False]]
    closer = np.array([far, 0.0, far - t.isf(0.01, 9)])
    assert ranks.holm(closer, matrix, everybody(3), level=0.95, degrees_of_freedom=9).sum() == 2


def test_holm_decides_nothing_after_a_pair_that_did_not_pass() -> None:
    # The chances are far below .05/3, then .03 over its bar of .05/2, then .04: under .05, but too late.
    top, low = t.isf(0.015, 9) + t.isf(0.02, 9), t.isf(0.02, 9)
    better = ranks.holm(np.array([top, 0.0, low]), np.eye(3) / 2, everybody(3), level=0.95, degrees_of_freedom=9)
    assert np.argwhere(better).tolist() == [[0, 1]]


def test_holm_counts_only_the_pairs_that_may_be_compared() -> None:
    theta, matrix = np.array([2.4, 0.0, 9.0]), np.eye(3) / 2
    assert not ranks.holm(theta, matrix, everybody(3), level=0.99, degrees_of_freedom=20)[0, 1]
    pair = np.zeros((3, 3), dtype=np.bool_)
    pair[0, 1] = pair[1, 0] = True
    better = ranks.holm(np.array([3.0, 0.0, 9.0]), matrix, pair, level=0.99, degrees_of_freedom=20)
    assert np.argwhere(better).tolist() == [[0, 1]]


def test_nothing_is_certain_without_degrees_of_freedom_or_without_pairs() -> None:
    theta, nobody = np.array([50.0, 0, -50]), np.zeros((3, 3), dtype=np.bool_)
    assert not ranks.holm(theta, np.eye(3), everybody(3), level=0.95, degrees_of_freedom=0).any()
    assert not ranks.holm(theta, np.eye(3), nobody, level=0.95, degrees_of_freedom=9).any()
    assert not ranks.max_t(theta, np.eye(3), nobody, level=0.95, rng=np.random.default_rng(0)).any()


def test_the_first_bar_of_max_t_is_that_of_the_studentised_range() -> None:
    # Tukey's table: q(.05; 10, ∞) = 4.474, and the largest |difference| / se is q / √2 = 3.164.
    rng = np.random.default_rng(1)
    for gap, decided in ((3.30, True), (3.03, False)):
        theta = np.zeros(10)
        theta[0], theta[1] = gap / 2, -gap / 2
        better = ranks.max_t(theta, independent(10, 0.5), everybody(10), level=0.95, rng=rng)
        assert better[0, 1] == decided


def test_max_t_decides_more_once_the_plain_cases_are_out_of_the_way() -> None:
    # One contender is far above the rest, which leaves three: q(.05; 3, ∞) / √2 = 2.344 instead of 2.569 for four.
    theta = np.array([50.0, 2.45, 1.2, 0.0])
    better = ranks.max_t(theta, independent(4, 0.5), everybody(4), level=0.95, rng=np.random.default_rng(2))
    assert np.argwhere(better).tolist() == [[0, 1], [0, 2], [0, 3], [1, 3]]


@pytest.mark.parametrize("size", [2, 5])
def test_a_difference_without_variance_is_never_certain(size: int) -> None:
    theta, none = np.arange(float(size)), np.zeros((size, size))
    assert not ranks.holm(theta, none, everybody(size), level=0.95, degrees_of_freedom=9).any()


def test_the_fields_rule_counts_intervals_that_do_not_overlap() -> None:
    lower, upper = np.array([1.0, 0.5, -1.0]), np.array([2.0, 1.5, 0.4])
    found = ranks.ranges(ranks.overlap(lower, upper))
    assert found.lower.tolist() == [1, 1, 3]
    assert found.upper.tolist() == [2, 2, 3]


def test_contenders_that_are_all_alike_share_all_ranks_on_19_boards_of_20() -> None:
    rng, right, overlapping = np.random.default_rng(3), [], []
    reach = 1.96 * np.sqrt(11 / 12)
    for _ in range(200):
        theta = rng.normal(0, 1, 12)
        theta -= theta.mean()
        right.append(not ranks.max_t(theta, independent(12, 1.0), everybody(12), level=0.95, rng=rng).any())
        overlapping.append(not ranks.overlap(theta - reach, theta + reach).any())
    assert 0.91 < np.mean(right) < 0.99
    assert np.mean(overlapping) < 0.85
