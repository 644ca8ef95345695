"""Shares with intervals: known answers, and coverage where trials come in clusters."""

import numpy as np
import pytest

from rating import proportions


@pytest.mark.parametrize(
    ("hits", "trials", "lower", "upper"),
    [
        # R 4.3, binom.test(x, n)$conf.int.
        (5, 10, 0.1870860, 0.8129140),
        (0, 10, 0.0, 0.3084971),
        (10, 10, 0.6915029, 1.0),
        # The closed form for no hit: 1 - (α/2)^(1/n).
        (0, 100, 0.0, 1 - 0.025 ** (1 / 100)),
    ],
)
def test_the_exact_interval_is_that_of_clopper_and_pearson(hits: int, trials: int, lower: float, upper: float) -> None:
    found = proportions.exact(hits, trials)
    assert found.lower == pytest.approx(lower, abs=1e-6)
    assert found.upper == pytest.approx(upper, abs=1e-6)
    assert found.share == hits / trials


def test_without_trials_nothing_is_known() -> None:
    found = proportions.exact(0, 0)
    assert (found.share, found.lower, found.upper) == (None, 0.0, 1.0)
    assert proportions.clustered([], []) is None
    assert proportions.clustered([3, 0], [5, 0]) is None


def test_more_hits_than_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="part of the trials"):
        proportions.exact(3, 2)


def test_clusters_that_agree_within_widen_the_interval_and_none_ever_narrows_it() -> None:
    alone = proportions.exact(50, 100)
    together = proportions.clustered([10, 0] * 5, [10] * 10)
    mixed = proportions.clustered([5] * 10, [10] * 10)
    assert together is not None
    assert mixed is not None
    assert together.upper - together.lower > 2 * (alone.upper - alone.lower)
    assert alone.upper - alone.lower <= mixed.upper - mixed.lower < together.upper - together.lower


def test_where_all_went_one_way_each_cluster_is_one_trial() -> None:
    found = proportions.clustered([0] * 10, [50] * 10)
    assert found is not None
    assert found.upper == pytest.approx(0.3084971, abs=1e-6)


def test_the_clustered_interval_covers_where_the_plain_one_does_not() -> None:
    rng, truth, plain, clustered = np.random.default_rng(5), 0.3, 0, 0
    for _ in range(400):
        own = rng.beta(0.6, 1.4, size=20)  # Voters differ much; their mean is the truth.
        hits = rng.binomial(15, own)
        one = proportions.exact(int(hits.sum()), 300)
        other = proportions.clustered(hits.tolist(), [15] * 20)
        assert other is not None
        plain += one.lower <= truth <= one.upper
        clustered += other.lower <= truth <= other.upper
    assert plain / 400 < 0.8
    assert clustered / 400 > 0.92
