import numpy as np
import pytest

from rating import RatingError, bradley_terry, cycles
from rating.arrays import Matrix
from rating.cycles import Cycles

RING = np.array([[0.0, 30, 20], [20, 0, 30], [30, 20, 0]])


def found(wins: Matrix, replicates: int = 99) -> Cycles:
    return cycles.among(wins, bradley_terry.fit(wins), seed=5, replicates=replicates)


def round_robin(size: int) -> Matrix:
    """Everybody beats the next half of the circle: as many cyclic triads as there can be (Kendall 1940)."""
    ahead = (np.arange(size) - np.arange(size)[:, None]) % size
    return np.asarray((ahead > 0) & (ahead <= (size - 1) // 2), dtype=np.float64) * 3


@pytest.mark.parametrize(("size", "most"), [(3, 1), (5, 5), (7, 14), (9, 30)])
def test_a_perfect_circle_has_kendalls_largest_number_of_cycles_and_zeta_zero(size: int, most: int) -> None:
    circle = found(round_robin(size))
    assert circle.cyclic == most
    assert circle.zeta == pytest.approx(0)
    assert circle.triads == size * (size - 1) * (size - 2) // 6


def test_an_order_has_no_cycles_and_zeta_one() -> None:
    order = found(np.triu(np.full((6, 6), 4.0), 1))
    assert (order.cyclic, order.zeta, order.triads) == (0, 1.0, 20)
    assert order.chance == 1.0


def test_an_even_number_of_contenders_has_its_own_largest_number() -> None:
    # Two rings of three, the first above the second: 2 of at most (6³ - 4·6)/24 = 8 cyclic triads.
    wins = np.zeros((6, 6))
    wins[:3, :3] = wins[3:, 3:] = RING
    wins[:3, 3:] = 9
    assert found(wins).cyclic == 2
    assert found(wins).zeta == pytest.approx(0.75)


def test_a_pair_without_a_winner_is_in_no_triad_and_leaves_no_zeta() -> None:
    wins = RING.copy()
    wins[0, 1] = wins[1, 0] = 25
    seen = found(wins)
    assert (seen.cyclic, seen.triads, seen.zeta, seen.expected_zeta) == (0, 0, None, None)


def test_a_ring_of_equals_is_expected_one_time_in_four_and_a_steep_one_hardly_ever() -> None:
    # Of the eight ways three coins fall, two are cycles: the even boards drawn have one in four, less pairs that tie.
    even = found(RING * 101, replicates=999)
    assert even.expected == pytest.approx(0.25, abs=0.04)
    assert even.chance == pytest.approx(0.25, abs=0.04)
    assert even.expected_zeta == pytest.approx(0.75, abs=0.04)
    steep = np.triu(np.full((5, 5), 27.0), 1) + np.tril(np.full((5, 5), 3.0), -1)
    steep[0, 4], steep[4, 0] = 3, 27
    assert found(steep).chance <= 0.02


def test_what_to_expect_is_the_seeds_own() -> None:
    wins = RING * 2
    assert found(wins) == found(wins)
    fit = bradley_terry.fit(wins)
    assert cycles.among(wins, fit, seed=6, replicates=99) != found(wins)


def test_nothing_is_expected_without_replicates() -> None:
    with pytest.raises(RatingError, match="a replicate or more"):
        found(RING, replicates=0)


def test_weighted_counts_are_refused() -> None:
    with pytest.raises(RatingError, match="whole wins"):
        found(RING * 0.31)
