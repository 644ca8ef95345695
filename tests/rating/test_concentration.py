import numpy as np
import pytest

import rating
from rating import Tally, concentration
from rating.arrays import Codes
from tests.rating import boards


def test_gini_is_that_of_the_mean_difference_and_its_interval_that_of_the_jackknife() -> None:
    """G = Σ|xᵢ - xⱼ| / (2 n (n - 1) μ), and the delete-one jackknife of it."""
    votes = np.rint(np.random.default_rng(1).lognormal(2, 1.1, 400)).astype(np.int64) + 1

    def plain(sizes: Codes) -> float:
        n = len(sizes)
        return float(np.abs(sizes[:, None] - sizes).sum() / (2 * n * (n - 1) * sizes.mean()))

    found = concentration.shared(votes)
    assert found.gini == pytest.approx(plain(votes))
    left = np.array([plain(np.delete(votes, place)) for place in range(400)])
    error = np.sqrt(399 / 400 * ((left - left.mean()) ** 2).sum())
    assert (found.upper - found.lower) / 2 == pytest.approx(1.966 * error, rel=0.06)


def test_equal_voters_have_no_gini_and_one_voter_is_everything() -> None:
    found = concentration.shared(np.full(200, 3))
    assert (found.gini, found.effective, found.top) == pytest.approx((0, 200, 0.01))
    assert not found.few
    alone = concentration.shared(np.array([40]))
    assert (alone.effective, alone.busiest, alone.lower, alone.upper) == (1.0, 1.0, 0.0, 1.0)
    assert alone.few


def test_the_voter_without_whom_a_rank_changes_is_named() -> None:
    """Ten contenders 0.2 apart; voter 0 alone votes 300 times for the fifth against the fourth."""
    rng = np.random.default_rng(2)
    tally = boards.simulated(rng, np.linspace(0.9, -0.9, 10), votes=9000, voters=900)
    extra = 300
    voter = np.concatenate([np.asarray(tally.voter) + 1, np.zeros(extra, dtype=np.int64)])
    whole = Tally(
        tally.contenders,
        np.append(tally.first, np.full(extra, 4)),
        np.append(tally.second, np.full(extra, 3)),
        np.append(tally.outcome, np.zeros(extra, dtype=np.int8)),
        voter,
    )
    found = concentration.alone(whole)
    assert found is not None
    assert (found.voter, found.votes) == (0, extra)
    assert found.contender in (3, 4)
    without = rating.fit(tally).theta
    assert found.rank_without == 1 + np.count_nonzero(without > without[found.contender])


def test_where_ranks_are_far_apart_nobody_alone_moves_one() -> None:
    tally = boards.simulated(np.random.default_rng(3), np.linspace(2, -2, 5), votes=4000, voters=800)
    assert concentration.alone(tally) is None
    assert concentration.alone(Tally(tally.contenders, tally.first, tally.second, tally.outcome)) is None
