import numpy as np
import pytest

from rating import drift


def test_the_sums_are_those_of_page() -> None:
    rng = np.random.default_rng(1)
    chance, points = rng.uniform(0.2, 0.8, 300), rng.integers(0, 3, 300) / 2
    found = drift.watch(chance, points)
    for sums, step in ((found.better, drift.STEP), (found.worse, -drift.STEP)):
        held = 0.0
        for ratio, value in zip(drift.ratios(chance, points, step), sums, strict=True):
            held = max(0.0, held + ratio)
            assert value == pytest.approx(held)


def test_a_changed_contender_is_found_at_the_first_vote_beyond_the_threshold() -> None:
    found = drift.watch(np.full(400, 0.5), np.ones(400))
    assert found.found is not None
    assert found.better[found.found] > drift.THRESHOLD >= found.better[found.found - 1]
    assert (found.worse == 0).all()


def test_an_unchanged_contender_is_left_alone() -> None:
    assert drift.watch(np.full(400, 0.5), np.tile([0.0, 1.0], 200)).found is None


@pytest.mark.parametrize(("change", "votes"), [(50, 592), (80, 360)])
def test_a_change_is_found_as_soon_as_designed(change: float, votes: int) -> None:
    """Simulated beforehand at a median of 592 battles for 50 points and 2.4 days of 150 for 80."""
    found = drift.delays(np.full((400, 2500), 0.5), change, np.random.default_rng(2))
    assert np.median(found) == pytest.approx(votes, rel=0.15)


@pytest.mark.slow
def test_an_unchanged_contender_is_called_changed_about_once_a_year() -> None:
    found = drift.delays(np.full((40, 54_750), 0.5), 0.0, np.random.default_rng(3))
    assert 0.2 < np.isfinite(found).mean() < 0.8
