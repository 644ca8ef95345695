import math

import numpy as np
import pytest

from rating import RatingError, sequential
from rating.sequential import Watch

THETA = np.array([1.0, 0.4, -1.4])
MATRIX = np.array([[0.04, 0.01, -0.05], [0.01, 0.02, -0.03], [-0.05, -0.03, 0.08]])
EVERYBODY = ~np.eye(3, dtype=np.bool_)


def test_the_reach_is_that_of_the_formula_and_narrowest_near_the_planned_number() -> None:
    # At t = t*: t r² = -2 ln .05 + ln(1 - 2 ln .05) = 5.9915 + 1.9447, and √(2 · 8.9362/7.9362 · ln(√8.9362/.05)).
    assert sequential.reach(5000, Watch()) == pytest.approx(3.0352, abs=1e-4)
    at = np.arange(400, 50_000, 100)
    reaches = [math.sqrt(5000 / t) * sequential.reach(t, Watch()) for t in at.tolist()]
    assert (np.diff(reaches) < 0).all()
    fixed = [sequential.reach(5000, Watch(planned=planned)) for planned in (1000, 4000, 5000, 6000, 25_000)]
    assert min(fixed) == fixed[2]


def test_more_claims_and_a_higher_level_reach_farther() -> None:
    plain = sequential.reach(1000, Watch())
    assert sequential.reach(1000, Watch(claims=45)) > plain
    assert sequential.reach(1000, Watch(level=0.99)) > plain


@pytest.mark.parametrize("votes", [0.0, 399.9, float("nan")])
def test_before_the_four_hundredth_vote_nothing_is_said(votes: float) -> None:
    low, high = sequential.of_contrast(np.array([1.0, -1, 0]), THETA, MATRIX, votes=votes)
    assert (low, high) == (-math.inf, math.inf)
    ends = sequential.of_differences(THETA, MATRIX, votes=votes)
    assert np.isinf(ends.lower[EVERYBODY]).all()
    assert not sequential.decided(THETA, np.zeros((3, 3)), EVERYBODY, votes=votes).any()


def test_a_contrast_and_the_pairs_interval_agree_but_for_the_number_of_claims() -> None:
    theta, matrix = np.array([1.0, 0.4, -1.4, 0.0]), np.diag([0.04, 0.02, 0.08, 0.01])
    ends = sequential.of_differences(theta, matrix, votes=3000)
    contrast = np.array([1.0, 0, -1, 0])
    low, high = sequential.of_contrast(contrast, theta, matrix, votes=3000, watch=Watch(claims=6))
    assert (ends.lower[0, 2], ends.upper[0, 2]) == pytest.approx((low, high))
    assert high - low == pytest.approx(2 * sequential.reach(3000, Watch(claims=6)) * math.sqrt(0.12))
    assert ends.lower == pytest.approx(-ends.upper.T)
    assert not ends.upper.diagonal().any()


def test_a_pair_is_decided_when_its_interval_leaves_zero() -> None:
    ends = sequential.of_differences(THETA, MATRIX, votes=3000)
    decided = sequential.decided(THETA, MATRIX, EVERYBODY, votes=3000)
    assert np.argwhere(decided).tolist() == [[0, 2], [1, 2]]
    assert decided.tolist() == (ends.lower > 0).tolist()
    apart = EVERYBODY.copy()
    apart[1, 2] = apart[2, 1] = False
    assert np.argwhere(sequential.decided(THETA, MATRIX, apart, votes=3000)).tolist() == [[0, 2]]


def test_a_difference_without_variance_is_never_decided() -> None:
    assert not sequential.decided(THETA, np.zeros((3, 3)), EVERYBODY, votes=3000).any()


def test_a_promise_that_cannot_be_kept_is_refused() -> None:
    for level in (0.0, 1.0, float("nan")):
        with pytest.raises(RatingError, match="between 0 and 1"):
            Watch(level=level)
    for claims, planned in ((0, 5000.0), (1, 0.0), (1, math.inf)):
        with pytest.raises(RatingError, match="a claim and a planned number"):
            Watch(claims=claims, planned=planned)


def test_a_pair_watched_at_two_hundred_looks_is_wrong_once_in_a_twentieth_of_the_cases() -> None:
    # 2,000 pairs of 60:40, looked at every 98 votes from 400 to 20,000; z = 1.96 is the interval for one look.
    looks, boards = np.linspace(400, 20_000, 201).astype(np.int64), 2000
    rng = np.random.default_rng(33)
    won = rng.binomial(np.diff(looks, prepend=0)[:, None], 0.6, (201, boards)).cumsum(axis=0)
    share = won / looks[:, None]
    errors = np.abs(np.log(share / (1 - share)) - np.log(1.5)) * np.sqrt(looks[:, None] * share * (1 - share))
    reach = np.array([sequential.reach(look, Watch()) for look in looks.tolist()])
    ever, fixed = (errors > reach[:, None]).any(axis=0).mean(), (errors > 1.96).any(axis=0).mean()
    assert 0.005 < ever < 0.05
    assert fixed > 0.3
