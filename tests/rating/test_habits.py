import numpy as np
import pytest
from scipy import stats

from rating import habits


def test_who_reads_in_no_time_or_votes_like_a_clock_stands_out() -> None:
    rng = np.random.default_rng(1)
    voter = np.repeat(np.arange(60), 20)
    tokens = rng.integers(100, 900, size=1200).astype(float)
    seconds = tokens / 20 * rng.lognormal(0, 0.4, 1200) * np.repeat(rng.lognormal(0, 0.3, 60), 20)
    at = rng.exponential(60, (60, 20)).cumsum(axis=1)
    seconds[voter == 7] = 0.4
    at[9] = np.arange(20) * 30.0
    found = habits.tempo(voter, seconds, tokens, at.ravel())
    assert np.flatnonzero(found.p < 0.01).tolist() == [7, 9]
    assert found.hurry[7] > 5
    assert found.regular[9] > 5


def test_a_voter_of_few_votes_has_no_tempo() -> None:
    found = habits.tempo(np.zeros(3, dtype=int), np.ones(3), np.ones(3), np.arange(3.0))
    assert np.isnan(found.p).all()


def test_repeated_prompts_are_counted_and_turned_outcomes_contradict() -> None:
    voter, cluster = np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.array([5, 5, 5, 6, 1, 2, 3, 4])
    first, second = np.array([0, 1, 0, 0, 0, 0, 0, 0]), np.array([1, 0, 2, 1, 1, 1, 1, 1])
    found = habits.repetition(voter, cluster, first, second, np.array([0, 0, 0, 0, 0, 0, 0, 0]))
    assert found.repeated.tolist() == [2, 0]
    assert found.contradicted.tolist() == [1, 0]
    assert found.p == pytest.approx([stats.binom.sf(1, 3, 0.5 / 3), 1.0])


def test_votes_that_follow_a_leaked_name_are_told_from_votes_that_do_not() -> None:
    rng = np.random.default_rng(2)
    voter, leaked = np.repeat(np.arange(40), 50), rng.choice([-1, 0, 1], p=[0.1, 0.8, 0.1], size=2000)
    points = rng.choice([0.5, -0.5], size=2000)
    points = np.where((voter == 3) & (leaked != 0), leaked / 2, points)
    found = habits.leaks(voter, leaked, points, np.zeros(2000), np.full(2000, 0.25))
    assert found.p.argmin() == 3
    assert found.agreement[3] > 2.5
    assert found.votes[3] == np.count_nonzero(leaked[voter == 3])
