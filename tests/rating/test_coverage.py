"""Intervals must hold what they promise on boards of a few voters with tastes of their own."""

import numpy as np
import pytest

import rating
from rating import covariance, intervals
from rating.arrays import Flags, Matrix, Vector
from rating.bradley_terry import Fit
from tests.rating import boards

TASTE = 0.8
# Settings of simulated company boards: votes, voters, log-sd of busyness, boards; and the range that coverage by voter
# must lie in: it was 95.0 and 95.2 % in 2,000 boards each, and by vote 77.3 and 78.2 %.
SETTINGS = {"private": (3000, 60, 1.0, 80, 0.925, 0.975), "lab": (1000, 15, 0.8, 250, 0.93, 0.97)}


def held(fit: Fit, matrix: Matrix, freedom: float, truth: Vector) -> Flags:
    ends = intervals.of_ratings(fit.theta, matrix.diagonal(), level=0.95, degrees_of_freedom=freedom)
    return np.asarray((ends.lower <= truth) & (truth <= ends.upper))


@pytest.mark.parametrize("setting", SETTINGS)
def test_intervals_by_voter_hold_and_intervals_by_vote_do_not(setting: str) -> None:
    votes, voters, activity, count, least, most = SETTINGS[setting]
    rng = np.random.default_rng(2024)
    by_vote, by_voter = [], []
    for _ in range(count):
        strengths = rng.normal(0, 0.6, 15)
        strengths -= strengths.mean()
        tally = boards.simulated(rng, strengths, votes=votes, voters=voters, activity=activity, taste=TASTE)
        truth = rating.fit(boards.population(strengths, TASTE), prior=0).theta
        fit = rating.fit(tally)
        chosen = covariance.standard(tally, fit)
        assert chosen.name == "CR3"
        by_voter.append(held(fit, chosen.matrix, chosen.degrees_of_freedom, truth))
        by_vote.append(held(fit, covariance.clustered(tally, fit, "none"), 1e9, truth))
    assert np.mean(by_vote) < 0.82
    assert least < np.mean(by_voter) < most


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
