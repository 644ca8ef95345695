import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit

import rating
from rating import Tally, acceptability
from rating.arrays import Vector


def board(rng: np.random.Generator, levels: Vector, threshold: float, *, votes: int, voters: int) -> Tally:
    size = len(levels)
    first = rng.integers(size, size=votes)
    second = (first + rng.integers(1, size, size=votes)) % size
    chances = np.cumsum(acceptability.probabilities(levels[first], levels[second], threshold), axis=0)
    outcome = np.minimum((rng.random(votes) > chances).sum(axis=0), 3)
    return Tally(tuple(f"c{code:02}" for code in range(size)), first, second, outcome, rng.integers(voters, size=votes))


def written(x: Vector, y: Vector, eta: float) -> list[Vector]:
    """The four probabilities as they are defined."""
    u, v = np.exp(x), np.exp(y)
    first, second, bad = u / (u + eta * v + 1), v / (v + eta * u + 1), 1 / (1 + u + v)
    return [first, second, 1 - first - second - bad, bad]


@settings(max_examples=60, deadline=None)
@given(st.floats(-4, 4), st.floats(-4, 4), st.floats(1.01, 30))
def test_the_probabilities_are_the_defined_ones_and_sum_to_one(x: float, y: float, eta: float) -> None:
    low, high = np.array([x]), np.array([y])
    found = acceptability.probabilities(low, high, eta)
    assert found == pytest.approx(np.stack(written(low, high, eta)), abs=1e-12)
    assert found.sum() == pytest.approx(1, abs=1e-12)


def test_as_both_get_better_both_bad_vanishes_and_the_rest_is_rao_kupper() -> None:
    found = acceptability.probabilities(np.array([40.0]), np.array([39.0]), np.e)[:, 0]
    assert found[3] < 1e-16
    # P(a) = σ(d - log η) with η here the exponential of Rao & Kupper's threshold.
    assert found[:2] == pytest.approx(expit(np.array([1.0, -1.0]) - 1.0), abs=1e-12)


def test_a_fit_equals_an_independent_one_of_the_written_out_likelihood() -> None:
    tally = board(np.random.default_rng(1), np.array([1.5, 0.5, 0.0, -1.0]), 1.8, votes=900, voters=900)
    table = tally.counts.table

    def loss(place: Vector) -> float:
        levels, eta = place[:4], 1 + np.exp(place[4])
        four = written(levels[:, None], levels, eta)
        value = sum((table[code] * np.log(chance)).sum() for code, chance in enumerate(four))
        return float(-value + np.log(2 + np.exp(place) + np.exp(-place)).sum() / 2)

    other = minimize(loss, np.zeros(5), method="BFGS", options={"gtol": 1e-6}).x
    found = acceptability.fit(tally.counts)
    assert found.level == pytest.approx(other[:4], abs=1e-5)
    assert found.threshold == pytest.approx(1 + np.exp(other[4]), abs=1e-4)


def test_planted_levels_are_recovered_and_their_intervals_hold_them() -> None:
    rng = np.random.default_rng(2)
    covered = []
    for _ in range(60):
        levels = rng.normal(1.0, 0.8, 8)
        tally = board(rng, levels, 1.6, votes=3000, voters=300)
        found = acceptability.fit(tally.counts)
        ends = acceptability.spans(found, tally, level=0.95)
        covered.append((ends.lower <= expit(levels)) & (expit(levels) <= ends.upper))
        assert np.abs(found.level - levels).max() < 1.0
    assert 0.92 < np.mean(covered) < 0.98


def test_the_information_is_the_slope_of_the_score() -> None:
    tally = board(np.random.default_rng(3), np.array([2.0, 0.0, -2.0]), 1.3, votes=500, voters=500)
    found = acceptability.fit(tally.counts)
    place = np.append(found.level, np.log(found.threshold - 1))
    data = acceptability._data(tally.counts)
    for number in range(4):
        nudge = np.zeros(4)
        nudge[number] = 1e-6
        ends = [acceptability._expected(data, place + sign * nudge, 1.0)[0] for sign in (-1, 1)]
        assert (ends[0] - ends[1]) / 2e-6 == pytest.approx(found.information[number], rel=1e-5, abs=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 3), st.integers(0, 3)), min_size=1, max_size=25))
def test_any_votes_give_finite_levels(votes: list[tuple[int, int, int]]) -> None:
    first, step, outcome = (np.array(column) for column in zip(*votes, strict=True))
    tally = Tally(tuple("abcd"), first, (first + step) % 4, outcome, np.arange(len(votes)))
    found = acceptability.fit(tally.counts)
    assert np.isfinite(found.level).all()
    assert found.threshold > 1


@pytest.mark.parametrize("outcome", [0, 2, 3])
def test_a_million_equal_votes_settle(outcome: int) -> None:
    table = np.zeros((4, 3, 3))
    table[outcome, 0, 1] = table[outcome, 1, 2] = 1e6
    counts = Tally.of_votes([("a", "b", "a", "x"), ("b", "c", "a", "x")]).counts
    found = acceptability.fit(type(counts)(counts.contenders, table))
    assert np.isfinite(found.level).all()


def test_a_board_shows_acceptability_where_something_was_called_bad_and_only_there() -> None:
    tally = board(np.random.default_rng(4), np.array([2.0, 0.5, -1.0]), 1.6, votes=1500, voters=300)
    found = rating.rate(tally)
    assert found.acceptability is not None
    assert found.acceptability == pytest.approx(expit(np.array([2.0, 0.5, -1.0])), abs=0.1)
    assert "acceptability_lower" in found.table()
    assert found.method["acceptability"] == "grounded rao-kupper"
    kind = rating.rate(tally.only(tally.outcome < 3))
    assert kind.acceptability is None
    assert "acceptability" not in kind.table()
