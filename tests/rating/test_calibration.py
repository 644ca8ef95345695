import numpy as np
import pytest

from rating import calibration

RNG = np.random.default_rng(3)


def test_a_judge_that_is_as_right_as_it_says_has_no_excess() -> None:
    confidence = RNG.uniform(0.5, 1.0, 5000)
    found = calibration.measure(confidence, (RNG.random(5000) < confidence).astype(float), RNG)
    assert found is not None
    assert abs(found.excess) < 0.01
    assert found.ece_expected > 0.01


def test_a_judge_that_is_always_sure_and_half_right_is_off_by_a_half() -> None:
    found = calibration.measure(np.full(4000, 0.99), np.tile([0.0, 1.0], 2000), RNG)
    assert found is not None
    assert found.ece == pytest.approx(0.49)
    assert found.resolution == pytest.approx(0, abs=1e-3)
    assert found.uncertainty == 0.25
    assert found.brier == pytest.approx(0.25 + 0.49**2)


def test_the_brier_score_is_its_three_parts_where_bins_are_even() -> None:
    """Murphy 1973: exact where confidence is one number within each bin."""
    confidence = np.repeat([0.6, 0.7, 0.8], 500)
    right = np.concatenate([np.arange(500) < 250, np.arange(500) < 400, np.arange(500) < 410]).astype(float)
    found = calibration.measure(confidence, right, RNG)
    assert found is not None
    assert found.brier == pytest.approx(np.mean((confidence - right) ** 2))
    assert found.reliability >= (0.1**2 + 0.1**2 + 0.02**2) / 3 - 1e-12
    assert found.bins[:, 2].sum() == 1500


def test_a_sure_judge_is_talked_down_to_what_it_is_worth() -> None:
    confidence = RNG.uniform(0.5, 1.0, 8000)
    right = (RNG.random(8000) < 0.5 + (confidence - 0.5) / 2).astype(float)
    told = calibration.recalibrated(confidence, right, np.array([0.55, 0.75, 0.95]))
    assert told == pytest.approx([0.525, 0.625, 0.725], abs=0.04)
    assert (np.diff(told) >= 0).all()


def test_nothing_stated_is_nothing_measured() -> None:
    assert calibration.measure(np.empty(0), np.empty(0), RNG) is None
    one = calibration.measure(np.array([0.8]), np.array([1.0]), RNG)
    assert one is not None
    assert one.ece == pytest.approx(0.2)
