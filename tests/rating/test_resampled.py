from typing import Literal, TypeAlias

import numpy as np
import pytest
from scipy.stats import bootstrap

from rating import RatingError, resampled
from rating.arrays import Matrix, Vector

Name: TypeAlias = Literal["percentile", "basic", "bca"]

SAMPLE = np.random.default_rng(4).lognormal(0, 1, (2, 25))
SAMPLE[1] = np.rint(SAMPLE[1])  # Then replicates often equal the estimate.


def oracle(name: Name, level: float, sample: Vector) -> tuple[float, float, Vector]:
    """scipy's interval of a sample's mean, and the replicates it was made of."""
    rng = np.random.default_rng(8)
    found = bootstrap([sample], np.mean, confidence_level=level, n_resamples=2000, method=name, rng=rng)
    interval = found.confidence_interval
    return float(interval.low), float(interval.high), np.ravel(found.bootstrap_distribution)


def left_out(sample: Vector) -> Vector:
    return np.asarray((sample.sum() - sample) / (len(sample) - 1))


@pytest.mark.parametrize("level", [0.9, 0.95])
@pytest.mark.parametrize("name", ["percentile", "basic", "bca"])
def test_the_interval_of_a_mean_is_scipys(name: Name, level: float) -> None:
    known = [oracle(name, level, sample) for sample in SAMPLE]
    replicates = np.stack([drawn for _, _, drawn in known], axis=1)
    estimate, without = SAMPLE.mean(axis=1), np.stack([left_out(sample) for sample in SAMPLE], axis=1)
    found = {
        "percentile": lambda: resampled.percentile(replicates, level=level),
        "basic": lambda: resampled.basic(replicates, estimate, level=level),
        "bca": lambda: resampled.bca(replicates, estimate, without, level=level),
    }[name]()
    assert found.lower == pytest.approx([low for low, _, _ in known], rel=1e-9)
    assert found.upper == pytest.approx([high for _, high, _ in known], rel=1e-9)


def still() -> tuple[Matrix, Vector, Matrix]:
    """Three columns: an ordinary one, one without spread, and one whose replicates all lie above the estimate."""
    rng = np.random.default_rng(5)
    replicates = rng.normal(0, 1, (200, 3))
    replicates[:, 1] = 2.0
    return replicates, np.array([0.0, 2.0, -9.0]), rng.normal(0, 1, (30, 3))


def test_a_column_without_spread_has_an_infinite_interval() -> None:
    replicates, estimate, without = still()
    for found in (
        resampled.percentile(replicates),
        resampled.basic(replicates, estimate),
        resampled.bca(replicates, estimate, without),
    ):
        assert np.isinf(found.lower[1])
        assert np.isinf(found.upper[1])
        assert np.isfinite([found.lower[0], found.upper[0]]).all()


def test_replicates_on_one_side_of_the_estimate_have_an_infinite_bca_interval() -> None:
    found = resampled.bca(*still())
    assert (found.lower[2], found.upper[2]) == (-np.inf, np.inf)


def test_a_correction_beyond_the_normals_range_has_an_infinite_bca_interval() -> None:
    replicates, without = np.linspace(0, 1, 20_000)[:, None], np.zeros((3000, 1))
    without[0] = -1e3
    found = resampled.bca(replicates, replicates[-2], without, level=0.99)
    assert (found.lower[0], found.upper[0]) == (-np.inf, np.inf)


def test_what_is_not_finite_is_an_error_that_names_its_replicate() -> None:
    replicates, estimate, without = still()
    replicates[17, 2] = np.nan
    with pytest.raises(RatingError, match="Replicate 17 "):
        resampled.percentile(replicates)
    without[3, 0] = np.inf
    with pytest.raises(RatingError, match="cluster left out"):
        resampled.bca(still()[0], estimate, without)


def test_too_few_replicates_for_the_level_are_refused() -> None:
    replicates = still()[0]
    assert resampled.percentile(replicates[:40]).lower[0] < 0
    with pytest.raises(RatingError, match="takes 40 replicates or more, and not 39"):
        resampled.percentile(replicates[:39])
    with pytest.raises(RatingError, match="between 0 and 1"):
        resampled.percentile(replicates, level=1)
