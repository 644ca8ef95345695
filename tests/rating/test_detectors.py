import math

import numpy as np
import pytest
from scipy import stats

from rating.detectors import Battles, Detector, Lens
from rating.expectation import Expectation

THETA = np.array([0.9, 0.2, -0.1, -1.0])
COVARIANCE = 0.02 * np.eye(4) - 0.005


def lens(battles: Battles, *, tau2: float = 0.0, known: bool = True) -> Lens:
    return Lens(Expectation(THETA, COVARIANCE if known else 20 * COVARIANCE), tau2, battles)


def drawn(seed: int, voters: int = 3, votes: int = 12) -> Battles:
    rng = np.random.default_rng(seed)
    first = rng.integers(4, size=(voters, votes))
    second = (first + rng.integers(1, 4, size=first.shape)) % 4
    return Battles(first, second, rng.integers(2, size=first.shape))


def chances(battles: Battles) -> np.ndarray:
    return np.asarray(1 / (1 + np.exp(THETA[battles.second] - THETA[battles.first])))


def value(found: np.ndarray, detector: Detector) -> np.ndarray:
    return np.asarray(found[..., detector])


def test_the_likelihood_is_in_standard_deviations_of_chance_and_taste() -> None:
    battles = drawn(1)
    p = chances(battles)
    x = np.zeros((*p.shape, 4))
    np.put_along_axis(x, battles.first[..., None], 1.0, axis=2)
    np.put_along_axis(x, battles.second[..., None], -1.0, axis=2)
    lead = np.log(p / (1 - p))
    surprise = -np.log(np.where(battles.outcome == 0, p, 1 - p))
    mean = -(p * np.log(p) + (1 - p) * np.log(1 - p))
    pull = np.einsum("vk,vkm->vm", p * (1 - p) * lead, x)
    variance = (p * (1 - p) * lead**2).sum(axis=1) + np.einsum("vm,mn,vn->v", pull, COVARIANCE + 0.3 * np.eye(4), pull)
    expected = (surprise - mean).sum(axis=1) / np.sqrt(variance)
    found = lens(battles, tau2=0.3).statistics(battles.outcome).values
    assert value(found, Detector.LIKELIHOOD) == pytest.approx(expected)


def test_the_ratio_is_that_of_the_contender_helped_most_by_two_log_odds() -> None:
    battles = drawn(2)
    found = lens(battles).statistics(battles.outcome)
    for voter in range(3):
        ratios = []
        for contender in range(4):
            lead = THETA[battles.first[voter]] - THETA[battles.second[voter]]
            moved = lead + 2.0 * ((battles.first[voter] == contender) * 1.0 - (battles.second[voter] == contender))
            sign = np.where(battles.outcome[voter] == 0, 1, -1)
            ratios.append(float(np.sum(np.log1p(np.exp(-sign * lead)) - np.log1p(np.exp(-sign * moved)))))
        assert found.values[voter, Detector.RATIO] == pytest.approx(max(ratios))
        assert found.contender[voter, 1] == int(np.argmax(ratios))


def test_nobody_is_held_to_favour_a_contender_that_the_snapshot_hardly_knows() -> None:
    battles = drawn(2)
    found = lens(battles, known=False).statistics(battles.outcome).values
    assert (value(found, Detector.RATIO) == 0).all()


def test_position_is_the_exact_binomial_test() -> None:
    battles = Battles(np.zeros((1, 12), dtype=int), np.ones((1, 12), dtype=int), np.array([[0] * 9 + [1] * 2 + [2]]))
    found = lens(battles).statistics(battles.outcome).values
    assert math.exp(-value(found, Detector.POSITION)[0]) == pytest.approx(stats.binomtest(9, 11).pvalue)


def test_turning_every_battle_round_changes_nothing() -> None:
    battles = drawn(3)
    turned = Battles(battles.second, battles.first, 1 - battles.outcome)
    one, other = (lens(each, tau2=0.2).statistics(each.outcome).values for each in (battles, turned))
    assert one == pytest.approx(other)


def test_replays_have_the_shape_and_the_place_of_honest_votes() -> None:
    battles = drawn(4, voters=2, votes=40)
    found = lens(battles, tau2=0.25).replayed(3000, np.random.default_rng(1))
    assert found.shape == (2, 3000, 6)
    likelihood = value(found, Detector.LIKELIHOOD)
    assert likelihood.mean(axis=1) == pytest.approx([0, 0], abs=0.25)
    assert likelihood.std(axis=1) == pytest.approx([1, 1], abs=0.15)


def test_votes_that_push_one_past_the_next_are_aligned_with_it() -> None:
    battles = drawn(5, voters=1, votes=60)
    push = COVARIANCE[:, 2] - COVARIANCE[:, 1]
    pushing = (push[battles.first] < push[battles.second]).astype(int)
    seen = lens(battles)
    found = seen.statistics(pushing)
    honest = seen.replayed(500, np.random.default_rng(2))
    assert found.values[0, Detector.ALIGNMENT] > np.quantile(value(honest, Detector.ALIGNMENT), 0.99)
    assert found.contender[0, 2] == 2


def test_clicks_are_the_likelihood_ratio_of_coins_with_tastes_integrated_out_and_no_ties() -> None:
    battles = drawn(8)
    tastes = np.random.default_rng(9).multivariate_normal(THETA, COVARIANCE + 0.1 * np.eye(4), size=200_000)
    ratios = []
    for voter in range(3):
        sign = np.where(battles.outcome[voter] == 0, 1, -1)
        lead = sign * (tastes[:, battles.first[voter]] - tastes[:, battles.second[voter]])
        ratios.append(12 * math.log(0.5) - math.log(np.mean(np.exp(-np.log1p(np.exp(-lead)).sum(axis=1)))))
    found = value(lens(battles, tau2=0.1).statistics(battles.outcome).values, Detector.CLICKS)
    assert found == pytest.approx(ratios, abs=0.05)
    # Where a tie is possible, as ever: the last three votes are none, or, as ties, say nothing.
    tied = Lens(Expectation(THETA, 1e-9 * np.eye(4), tie_level=-1.0), 0.0, battles)
    outcome = battles.outcome.copy()
    outcome[:, 9:] = 2
    sure = np.log(np.where(battles.outcome == 0, chances(battles), 1 - chances(battles)))[:, :9].sum(axis=1)
    assert value(tied.statistics(outcome).values, Detector.CLICKS) == pytest.approx(9 * math.log(0.5) - sure, abs=1e-5)
