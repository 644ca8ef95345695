"""What tests/benchmarks/coverage.py measures at length, on as many boards as a check can wait for."""

import numpy as np
import pytest

import rating
from rating import chances, covariance, intervals, settings, simulate
from rating.arrays import Flags, Matrix, Vector
from rating.bradley_terry import Fit
from rating.settings import SETTINGS
from rating.simulate import Truth
from tests.benchmarks import coverage

SEED = 7


def covered(rng: np.random.Generator) -> tuple[Flags, Flags]:
    """Which of 15 contenders' true strengths lie in the vote-level and in the voter-level interval."""
    truth, lab = Truth(strengths=settings.strengths(rng, 15)), SETTINGS["lab"]
    tally = simulate.draw(truth, lab, rng)
    population = chances.estimand(chances.averaged(truth.strengths, truth.rule, taste=lab.taste))
    fit = rating.fit(tally.counts.wins)
    chosen = covariance.standard(tally, fit)
    ends = (
        intervals.of_ratings(fit.theta, matrix.diagonal(), level=0.95, degrees_of_freedom=freedom)
        for matrix, freedom in ((covariance.curvature(fit), 1e9), (chosen.matrix, chosen.degrees_of_freedom))
    )
    votes, voters = ((end.lower <= population) & (population <= end.upper) for end in ends)
    return votes, voters


def test_with_15_voters_intervals_by_voter_hold_and_intervals_by_vote_do_not() -> None:
    # 15 voters, 1,000 votes, tastes of .8: simulated beforehand at 78 % by vote and 95 % by voter.
    rng = np.random.default_rng(2024)
    votes, voters = zip(*(covered(rng) for _ in range(250)), strict=True)
    assert np.mean(votes) < 0.82
    assert 0.935 < np.mean(voters) < 0.965


@pytest.mark.parametrize("name", ["independent", "public", "private", "new board", "two-way"])
def test_intervals_hold_in_every_other_setting(name: str) -> None:
    # Three Monte-Carlo errors of 80 boards are 2.5 %; by vote a private board's intervals hold in 77 %.
    shares = [coverage.covered(name, board, seed=SEED)[0] for board in range(80)]
    assert 0.925 < np.mean(shares) < 0.975


@pytest.mark.parametrize("which", settings.RANK_SETTINGS)
def test_when_all_are_tied_all_rank_ranges_say_so(which: str) -> None:
    # Of ranges from unadjusted intervals, 8 % of the boards (or, by vote, 1.5 %) hold all ranks here.
    held = [coverage.ranked(("all tied", which), board, seed=SEED)[0] for board in range(40)]
    assert np.mean(held) >= 0.9


def test_rank_ranges_of_a_well_spread_board_are_right_and_no_wider_than_they_must_be() -> None:
    held, sizes = zip(*(coverage.ranked(coverage.RANK_CASES[0], board, seed=SEED) for board in range(40)), strict=True)
    assert np.mean(held) >= 0.95
    assert np.mean(sizes) < 7.3


def test_live_intervals_survive_two_hundred_looks_and_those_of_a_fixed_number_do_not() -> None:
    assert len(coverage.LOOKS) > 200
    sequence, sequences, fixed, corrected = np.mean(
        [coverage.ever_wrong(board, seed=SEED) for board in range(30)], axis=0
    )
    assert sequence <= 0.07
    assert sequences <= 0.07
    assert fixed > 0.2
    assert corrected > 0.15


def held(fit: Fit, matrix: Matrix, freedom: float, truth: Vector) -> Flags:
    ends = intervals.of_ratings(fit.theta, matrix.diagonal(), level=0.95, degrees_of_freedom=freedom)
    return np.asarray((ends.lower <= truth) & (truth <= ends.upper))


def davidson_board(rng: np.random.Generator, size: int, votes: int) -> tuple[Vector, Matrix]:
    """Independent votes of Davidson's model with propensities, and the strengths they were drawn from."""
    theta, own = rng.normal(0, 0.6, size), rng.normal(0, 0.3, size)
    d, s = theta[:, None] - theta, (own[:, None] + own) / 2
    weights = np.stack([np.exp(d / 2), np.exp(-d / 2), np.exp(s)])
    weights[:, np.arange(size), np.arange(size)] = 0
    table = np.zeros((4, size, size))
    table[:3] = rng.multinomial(
        votes, (weights / weights.sum(axis=0).clip(1e-9) / (size * (size - 1))).ravel()
    ).reshape(3, size, size)
    return theta - theta.mean(), table


def test_intervals_of_independent_votes_with_ties_hold() -> None:
    rng, covered, narrow = np.random.default_rng(5), [], []
    for _ in range(200):
        truth, table = davidson_board(rng, 10, 2000)
        fit = rating.fit(table)
        matrix = covariance.curvature(fit)[:10, :10]
        covered.append(held(fit, matrix, 1e9, truth))
        half = rating.fit(table, ties="half")
        narrow.append(held(half, covariance.curvature(half), 1e9, truth))
    assert 0.935 < np.mean(covered) < 0.965
    assert np.mean(narrow) < 0.8
