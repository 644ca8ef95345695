from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.special import expit

from rating import RatingError, allocation, bradley_terry, covariance, settings, streams
from rating.allocation import Known, Shares
from rating.arrays import Flags, Matrix, Vector
from rating.bradley_terry import Fit
from rating.scale import PER_LOGIT
from rating.streams import Purpose

NOBODY = np.zeros(8, dtype=np.bool_)
ONE = np.arange(8) == 3


def fitted(size: int = 8) -> tuple[Fit, Matrix]:
    """A fit to a board with unequal numbers of games, and its wins."""
    rng = streams.opened(9, Purpose.SIMULATION)
    wins = rng.integers(1, 30, (size, size)).astype(np.float64)
    np.fill_diagonal(wins, 0)
    return bradley_terry.fit(wins, prior=0), wins


FIT, WINS = fitted()
CURVATURE = covariance.curvature(FIT)
RULES: dict[str, Callable[[], Matrix]] = {
    "uniform": lambda: allocation.uniform(8),
    "chatbot arena": lambda: allocation.chatbot_arena(FIT.theta, WINS + WINS.T),
    "a-optimal": lambda: allocation.a_optimal(FIT.theta, CURVATURE),
    "d-optimal": lambda: allocation.d_optimal(FIT.theta, CURVATURE),
    "adjacent": lambda: allocation.adjacent(FIT.theta, CURVATURE),
    "closest": lambda: allocation.closest(FIT.theta, ONE),
    "mixture": lambda: allocation.mixture(FIT.theta, CURVATURE, ONE),
}


@pytest.mark.parametrize("rule", RULES)
def test_the_probabilities_of_pairs_sum_to_one(rule: str) -> None:
    drawn = RULES[rule]()
    assert np.triu(drawn).sum() == pytest.approx(1)
    assert drawn == pytest.approx(drawn.T)
    assert not drawn.diagonal().any()
    assert drawn.min() >= 0


def after(low: int, high: int) -> Matrix:
    """The information once one more vote on the pair has come."""
    one = np.zeros(8)
    one[low], one[high] = 1, -1
    chance = FIT.chances[low, high]
    return np.asarray(FIT.information + chance * (1 - chance) * np.outer(one, one))


def nonzero_roots(information: Matrix) -> Vector:
    return np.asarray(np.linalg.eigvalsh(information)[1:])


def test_a_optimal_is_in_proportion_to_what_a_vote_takes_off_the_trace() -> None:
    drawn = RULES["a-optimal"]()
    gains = np.array(
        [[CURVATURE.trace() - np.linalg.pinv(after(i, j)).trace() if i != j else 0 for j in range(8)] for i in range(8)]
    )
    assert drawn == pytest.approx(gains / np.triu(gains).sum(), abs=1e-9)


def test_d_optimal_is_in_proportion_to_the_growth_of_the_determinant() -> None:
    drawn = RULES["d-optimal"]()
    now = np.log(nonzero_roots(FIT.information)).sum()
    gains = np.array(
        [
            [np.expm1(np.log(nonzero_roots(after(i, j))).sum() - now) if i != j else 0 for j in range(8)]
            for i in range(8)
        ]
    )
    assert drawn == pytest.approx(gains / np.triu(gains).sum(), abs=1e-9)


def test_chatbot_arenas_rule_is_equation_nine() -> None:
    drawn = RULES["chatbot arena"]()
    games, variance = WINS + WINS.T, FIT.chances * FIT.chances.T

    def fall(i: int, j: int) -> float:
        return float(np.sqrt(variance[i, j] / games[i, j]) - np.sqrt(variance[i, j] / (games[i, j] + 1)))

    assert drawn[0, 1] / drawn[2, 5] == pytest.approx(fall(0, 1) / fall(2, 5))
    never = (WINS + WINS.T) * (np.arange(8) > 0) * (np.arange(8) > 0)[:, None]
    assert np.isfinite(allocation.chatbot_arena(FIT.theta, never)).all()


def test_adjacent_is_its_formula_written_out() -> None:
    drawn, order = RULES["adjacent"](), np.argsort(-FIT.theta)

    def worth(i: int, j: int) -> float:
        gain = 0.0
        for above, below in pairwise(order.tolist()):
            contrast = np.eye(8)[above] - np.eye(8)[below]
            variance = contrast @ CURVATURE @ contrast
            z = (FIT.theta[above] - FIT.theta[below]) / np.sqrt(variance)
            gain += np.exp(-(z**2) / 2) / variance * (contrast @ CURVATURE @ (np.eye(8)[i] - np.eye(8)[j])) ** 2
        return float(FIT.chances[i, j] * FIT.chances[j, i] * gain)

    assert drawn[0, 1] / drawn[2, 5] == pytest.approx(worth(0, 1) / worth(2, 5))
    assert drawn[0, 1] / drawn[4, 7] == pytest.approx(worth(0, 1) / worth(4, 7))


def test_adjacent_prefers_the_neighbours_that_are_hard_to_tell_apart() -> None:
    theta = np.array([2.0, 1.95, 0.0, -2.0])
    drawn = allocation.adjacent(theta, np.eye(4) / 50)
    assert drawn[0, 1] == drawn.max()
    far = allocation.adjacent(np.array([2.0, -2.0, 0.0, 1.95]), np.eye(4) / 50)
    assert far[0, 3] == far.max()


def test_a_newcomer_meets_the_settled_that_are_rated_closest() -> None:
    theta = np.array([0.0, 0.1, 0.5, -0.2, -3.0, 0.05])
    newcomers = np.array([True, False, False, False, False, True])
    drawn = allocation.closest(theta, newcomers, opponents=2)
    assert np.argwhere(np.triu(drawn)).tolist() == [[0, 1], [0, 3], [1, 5], [3, 5]]
    assert drawn[0, 1] == pytest.approx(0.25)
    with pytest.raises(RatingError, match="Newcomers are paired"):
        allocation.closest(theta, np.zeros(6, dtype=np.bool_))


def test_newcomers_meet_each_other_where_too_few_are_settled() -> None:
    everybody = allocation.closest(np.array([0.0, 0.1, 3.0]), np.ones(3, dtype=np.bool_), opponents=1)
    assert np.triu(everybody) == pytest.approx(np.array([[0, 2 / 3, 0], [0, 0, 1 / 3], [0, 0, 0]]))


def test_the_mixture_is_half_uniform_and_keeps_its_floor_whatever_the_shares() -> None:
    pairs = 28
    mixed = allocation.mixture(FIT.theta, CURVATURE, ONE)
    expected = 0.5 * RULES["uniform"]() + 0.3 * RULES["closest"]() + 0.2 * RULES["a-optimal"]()
    assert mixed == pytest.approx(expected)
    without = allocation.mixture(FIT.theta, CURVATURE, NOBODY)
    assert without == pytest.approx(0.8 * RULES["uniform"]() + 0.2 * RULES["a-optimal"]())
    greedy = allocation.mixture(FIT.theta, CURVATURE, ONE, shares=Shares(uniform=0.0, newcomers=1.0, a_optimal=0.0))
    off = ~np.eye(8, dtype=np.bool_)
    assert greedy[off].min() == pytest.approx(0.2 / pairs)
    assert np.triu(greedy).sum() == pytest.approx(1)


def test_shares_that_are_no_shares_are_refused() -> None:
    for shares in ((0.5, 0.5, 0.5), (1.2, -0.2, 0.0)):
        with pytest.raises(RatingError, match="sum to 1"):
            Shares(uniform=shares[0], newcomers=shares[1], a_optimal=shares[2])


def test_nothing_can_be_drawn_without_a_pair_or_a_covariance() -> None:
    with pytest.raises(RatingError, match="No pair can be drawn"):
        allocation.uniform(1)
    with pytest.raises(RatingError, match="No pair can be drawn"):
        allocation.a_optimal(np.zeros(3), np.full((3, 3), np.nan))


def test_twenty_contenders_ten_points_apart_take_189_000_votes() -> None:
    assert allocation.votes_needed(20, 10) == pytest.approx(189_000, rel=0.003)
    assert allocation.votes_needed(20, 10, tie_rate=0.5) == pytest.approx(2 * allocation.votes_needed(20, 10))
    for wrong in ({"gap": 0.0}, {"gap": float("nan")}, {"gap": 10, "tie_rate": 1.0}, {"gap": 10, "power": 1.0}):
        with pytest.raises(RatingError, match="Votes can be planned"):
            allocation.votes_needed(20, **wrong)


def joined(rule: Callable[[Vector, Flags], Matrix], number: int, *, error: float = 15.0, batch: int = 20) -> int:
    """The votes a newcomer to 20 settled contenders takes until its standard error is 15 points, paired as told."""
    rng = streams.opened(30, Purpose.SIMULATION, number)
    settled = settings.strengths(rng, 20) * 1.5 / 0.6
    own, known = rng.normal(0, 1.5 / 2), 1e9
    theta, new = np.append(settled, 0.0), np.arange(21) == 20
    met, won = np.zeros(20), np.zeros(20)
    while known > error:
        row = rule(theta, new)[20, :20]
        opponents = rng.choice(20, batch, p=row / row.sum())
        met += np.bincount(opponents, minlength=20)
        won += np.bincount(opponents, rng.random(batch) < expit(own - settled[opponents]), minlength=20)
        theta[20], known = estimated(settled, met, won)
    return int(met.sum())


def estimated(settled: Vector, met: Vector, won: Vector) -> tuple[float, float]:
    """The newcomer's strength with the others' known, one game drawn at 0, and its standard error in points."""
    place = 0.0
    for _ in range(50):
        chance = expit(place - settled)
        slope = (won - met * chance).sum() + 0.5 - expit(place)
        information = (met * chance * (1 - chance)).sum() + expit(place) * expit(-place)
        place += np.clip(slope / information, -1, 1)
    return float(place), float(PER_LOGIT / np.sqrt(information))


def test_newcomers_against_their_closest_save_a_quarter_of_their_votes() -> None:
    # A wide board (sd 260 points); simulated beforehand: uniform opponents 794 votes, the closest 574.
    uniform, close = (
        np.mean([joined(rule, number) for number in range(8)])
        for rule in (lambda theta, _: allocation.uniform(len(theta)), allocation.closest)
    )
    assert close < 0.75 * uniform
    assert 536 < close < 620


def known(**changes: Any) -> Known:
    parts: dict[str, Any] = {
        "theta": FIT.theta,
        "gain": allocation.trace_gain(FIT.theta, CURVATURE),
        "rated": ~NOBODY,
        "newcomers": ONE,
        "group": np.zeros(8, dtype=np.int64),
    }
    return Known(**parts | changes)


def test_weights_are_those_of_the_uniform_share_and_hold_in_every_other_rule() -> None:
    rates = np.array([1.0] * 7 + [0.2])
    weights = np.outer(rates, rates) * (1 - np.eye(8))
    weights[0, 1] = weights[1, 0] = 0
    drawn = allocation.mixed(weights, known())
    assert drawn[0, 1] == 0
    assert np.triu(drawn).sum() == pytest.approx(1)
    even = weights / np.triu(weights).sum()
    assert (drawn >= 0.2 * even - 1e-15).all()
    assert drawn[7, 2] < 0.3 * drawn[6, 2]
    nothing = allocation.mixed(weights, known(rated=NOBODY))
    assert nothing == pytest.approx(even)


def test_a_newcomer_that_may_not_meet_its_closest_meets_the_next() -> None:
    order = np.argsort(np.abs(FIT.theta - FIT.theta[3]))
    weights = 1 - np.eye(8)
    weights[3, order[1]] = weights[order[1], 3] = 0
    only = Shares(uniform=0, newcomers=1, a_optimal=0)
    drawn = allocation.mixed(weights, known(), shares=only)
    assert {*np.argsort(-drawn[3])[:5]} == {*order[2:7]}


def test_with_fewer_than_five_settled_nobody_is_a_newcomer() -> None:
    many = np.arange(8) > 3
    weights = 1 - np.eye(8)
    expected = 0.8 * RULES["uniform"]() + 0.2 * RULES["a-optimal"]()
    assert allocation.mixed(weights, known(newcomers=many)) == pytest.approx(expected)


def test_contenders_that_were_never_compared_get_their_own_share_until_they_were() -> None:
    group = np.array([0] * 6 + [1] * 2)
    apart = group[:, None] != group
    weights = 1 - np.eye(8)
    joined = allocation.mixed(weights, known())
    drawn = allocation.mixed(weights, known(group=group))
    assert np.triu(drawn * apart).sum() == pytest.approx(0.3 + 0.7 * np.triu(joined * apart).sum())
    # Whose votes don't count can't be joined to anybody.
    alone = allocation.mixed(weights, known(group=group, rated=np.arange(8) < 6))
    assert alone == pytest.approx(allocation.mixed(weights, known(rated=np.arange(8) < 6)))
    with pytest.raises(RatingError, match="The share that connects"):
        Shares(connecting=1.0)
