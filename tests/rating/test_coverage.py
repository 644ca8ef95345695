"""Intervals must hold what they promise on a board of a few voters with tastes of their own."""

import numpy as np

import rating
from rating import covariance, intervals
from rating.arrays import Flags
from tests.rating import boards

BOARDS = 400


def covered(rng: np.random.Generator) -> tuple[Flags, Flags]:
    """Which of 15 contenders' true strengths lie in the vote-level and in the voter-level interval."""
    strengths = rng.normal(0, 0.6, 15)
    strengths -= strengths.mean()
    tally = boards.simulated(rng, strengths, votes=1000, voters=15, activity=0.8, taste=0.8)
    truth = rating.fit(boards.population(strengths, 0.8), prior=0).theta
    fit = rating.fit(tally.counts.wins)
    chosen = covariance.standard(tally, fit)
    ends = (
        intervals.of_ratings(fit.theta, matrix.diagonal(), level=0.95, degrees_of_freedom=freedom)
        for matrix, freedom in ((covariance.curvature(fit), 1e9), (chosen.matrix, chosen.degrees_of_freedom))
    )
    votes, voters = ((end.lower <= truth) & (truth <= end.upper) for end in ends)
    return votes, voters


def test_with_15_voters_intervals_by_voter_hold_and_intervals_by_vote_do_not() -> None:
    # 15 voters, 1,000 votes, tastes of .8: simulated beforehand at 78 % by vote and 95 % by voter.
    rng = np.random.default_rng(2024)
    votes, voters = zip(*(covered(rng) for _ in range(BOARDS)), strict=True)
    assert np.mean(votes) < 0.82
    assert 0.935 < np.mean(voters) < 0.965
