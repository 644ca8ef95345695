import numpy as np
import pytest

import rating
from rating import covariance, replicates, streams
from rating.streams import Purpose
from tests.rating import boards


def test_a_replicate_recomputed_alone_is_that_of_the_run() -> None:
    tally = boards.simulated(np.random.default_rng(3), np.linspace(-1, 1, 5), votes=300, voters=40)
    fit = rating.fit(tally.counts.wins)
    thetas = replicates.run(tally, fit, seed=5, count=20)
    assert (replicates.draw(tally, fit, seed=5, replicate=17) == thetas[17]).all()
    assert not (replicates.draw(tally, fit, seed=6, replicate=17) == thetas[17]).any()
    assert len(np.unique(thetas[:, 0])) == 20


def test_a_replicate_is_a_fit_to_voters_drawn_whole_from_its_own_stream() -> None:
    tally = rating.Tally.of_votes([("ash", "birch", "a", "ann")] * 3 + [("ash", "birch", "b", "bob")] * 3)
    fit = rating.fit(tally.counts.wins)
    for replicate, theta in enumerate(replicates.run(tally, fit, seed=0, count=30)):
        drawn = streams.opened(0, Purpose.REPLICATES, replicate).integers(2, size=2)
        wins = np.array([[0.0, 3 * (drawn == 0).sum()], [3 * (drawn == 1).sum(), 0]])
        assert theta == pytest.approx(rating.fit(wins).theta, abs=1e-9)


def test_replicates_spread_as_the_analytic_error_says_where_votes_are_independent() -> None:
    rng = np.random.default_rng(4)
    tally = boards.simulated(rng, rng.normal(0, 0.6, 8), votes=4000, voters=4000, one_each=True)
    fit = rating.fit(tally.counts.wins)
    thetas = replicates.run(tally, fit, seed=0, count=300)
    ratios = replicates.ratio(thetas, covariance.clustered(tally, fit).diagonal())
    assert abs(ratios.mean() - 1) < 0.06
    assert np.isnan(replicates.ratio(thetas, np.zeros(8))).all()
