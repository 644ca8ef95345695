import math

import numpy as np
import pytest

from rating import Tally, transitivity
from rating.arrays import expit
from tests.rating import boards


def board(rng: np.random.Generator, spread: float, *, votes: int = 20_000, voters: int | None = None) -> Tally:
    """Eight contenders; each pair has something of its own, N(0, spread) in log-odds."""
    theta, own = np.linspace(-0.7, 0.7, 8), np.triu(spread * rng.standard_normal((8, 8)), 1)
    own -= own.T
    first = rng.integers(8, size=votes)
    second = (first + rng.integers(1, 8, size=votes)) % 8
    chance = expit(theta[first] - theta[second] + own[first, second])
    outcome = np.where(rng.random(votes) < chance, 0, 1)
    return Tally(
        tuple("abcdefgh"), first, second, outcome, None if voters is None else rng.integers(voters, size=votes)
    )


@pytest.mark.parametrize("voters", [None, 1000])
def test_a_planted_spread_of_pairs_is_found_within_its_interval(voters: int | None) -> None:
    rng, held, values = np.random.default_rng(1), 0, []
    for _ in range(20):
        found = transitivity.measure(board(rng, 0.3, voters=voters), replicates=1).spread
        held += found.lower <= 0.3 <= found.upper
        values.append(found.value)
        assert found.chance < 1e-3
    assert held >= 16
    assert np.mean(values) == pytest.approx(0.3, abs=0.04)


@pytest.mark.parametrize("voters", [None, 1000])
def test_a_board_of_strengths_alone_has_none(voters: int | None) -> None:
    rng = np.random.default_rng(2)
    found = [transitivity.measure(board(rng, 0.0, voters=voters), replicates=1).spread for _ in range(40)]
    assert sum(one.chance <= 0.05 for one in found) <= 5
    assert sum(one.lower == 0 for one in found) >= 35
    assert 10 <= sum(one.value == 0 for one in found) <= 30
    many = transitivity.measure(board(rng, 0.0, votes=200_000, voters=voters), replicates=1).spread
    assert many.equivalent


def test_voters_who_say_everything_four_times_tell_no_more_than_once() -> None:
    once = board(np.random.default_rng(4), 0.3, votes=5000, voters=1000)
    often = once.only(np.tile(np.arange(5000), 4))
    one, four = (transitivity.measure(tally, replicates=1).spread for tally in (once, often))
    assert (four.value, four.lower, four.upper) == pytest.approx((one.value, one.lower, one.upper))


def test_the_heat_map_is_antisymmetric_and_blank_where_nobody_met() -> None:
    found = transitivity.measure(boards.llmfao(), replicates=19)
    assert np.isnan(found.residuals.diagonal()).all()
    met = np.isfinite(found.residuals)
    assert found.residuals[met] == pytest.approx(-found.residuals.T[met])
    assert found.cycles is not None
    assert found.cycles.triads > 0


def test_too_few_voters_and_votes_without_a_finite_fit_tell_nothing() -> None:
    few = transitivity.measure(board(np.random.default_rng(3), 0.3, voters=5), replicates=1)
    assert not few.spread.known
    assert np.isfinite(few.residuals).any()
    whole = Tally(("a", "b", "c"), np.array([0, 1, 0]), np.array([1, 2, 2]), np.zeros(3, dtype=np.int64))
    none = transitivity.measure(whole)
    assert math.isnan(none.spread.value)
    assert none.cycles is None
