import math

import numpy as np
import pytest

import rating
from rating import NoMaximum, Tally, position


def board(
    rng: np.random.Generator, gamma: float, *, votes: int, voters: int, habit: float = 0.0, lean: float = 0.5
) -> Tally:
    """Six contenders, ties at 25 %; being shown first is worth gamma, and to each voter something of their own.

    The better of two is shown first in a share `lean` of the battles.
    """
    theta = np.linspace(-1, 1, 6)
    first = rng.integers(6, size=votes)
    second = (first + rng.integers(1, 6, size=votes)) % 6
    turned = (first < second) != (rng.random(votes) < lean)
    if lean != 0.5:
        first, second = np.where(turned, second, first), np.where(turned, first, second)
    voter = rng.integers(voters, size=votes)
    d = theta[first] - theta[second] + gamma + habit * rng.standard_normal(voters)[voter]
    weights = np.stack([np.exp(d / 2), np.exp(-d / 2), np.full(votes, 0.7)])
    chances = np.cumsum(weights / weights.sum(axis=0), axis=0)
    outcome = (rng.random(votes) > chances).sum(axis=0)
    return Tally(tuple("abcdef"), first, second, outcome, voter)


@pytest.mark.parametrize("lean", [0.5, 0.9])
def test_the_effect_is_that_of_the_joint_fit_and_its_error_that_of_refits_without_a_voter(lean: float) -> None:
    tally = board(np.random.default_rng(1), 0.4, votes=3000, voters=60, habit=0.6, lean=lean)
    found = position.effect(tally)
    assert found.effect == rating.fit(tally, position=True).position
    left = [rating.fit(tally.only(np.asarray(tally.voter) != voter), position=True).place[-1] for voter in range(60)]
    jackknife = math.sqrt(59 / 60 * float(((left - np.mean(left)) ** 2).sum()))
    assert found.error == pytest.approx(jackknife, rel=0.05)
    assert found.lower < 0.4 < found.upper
    assert not found.equivalent


@pytest.mark.parametrize("ties", ["davidson", "rao-kupper", "half", "drop"])
def test_without_voters_the_error_is_the_plain_one(ties: str) -> None:
    tally = board(np.random.default_rng(2), 0.0, votes=20000, voters=20000)
    alone = Tally(tally.contenders, tally.first, tally.second, tally.outcome)
    numbered = Tally(tally.contenders, tally.first, tally.second, tally.outcome, np.arange(len(tally)))
    found, fit = position.effect(alone, ties=ties), rating.fit(alone, ties=ties, position=True)
    assert position.effect(numbered, ties=ties).error == pytest.approx(found.error, rel=1e-6)
    if ties != "half":  # where a tie is half a win, votes vary less than the model says
        assert found.error == pytest.approx(math.sqrt(np.linalg.inv(fit.information)[-1, -1]), rel=0.03)


def test_an_effect_too_small_to_matter_is_called_equivalent_only_when_that_is_sure() -> None:
    few, many = (board(np.random.default_rng(3), 0.0, votes=votes, voters=votes) for votes in (2000, 60000))
    assert not position.effect(few).equivalent
    assert position.effect(many).equivalent
    assert not position.effect(board(np.random.default_rng(3), 0.06, votes=60000, voters=60000)).equivalent


def test_nothing_is_sure_with_one_voter() -> None:
    found = position.effect(board(np.random.default_rng(4), 0.0, votes=500, voters=1))
    assert math.isinf(found.error)
    assert not found.equivalent


def test_an_effect_without_end_stays_finite() -> None:
    turns = np.arange(40) % 2
    tally = Tally(("a", "b"), turns, 1 - turns, np.zeros(40, dtype=np.int64), np.arange(40))
    assert 2 < position.effect(tally).effect < 8


def test_without_a_prior_an_effect_without_end_is_an_error() -> None:
    table = np.zeros((4, 3, 3))
    table[0, 0, 1] = table[0, 1, 0] = table[0, 1, 2] = table[0, 2, 1] = 5
    for votes in (table, table[[1, 0, 2, 3]]):
        with pytest.raises(NoMaximum, match="shown first"):
            rating.fit(votes, prior=0, position=True)
    table[1, 0, 1] = table[1, 1, 0] = 1
    assert 1 < rating.fit(table, prior=0, position=True).place[-1] < 4


def test_the_order_of_votes_moves_no_bit_of_it() -> None:
    rng = np.random.default_rng(5)
    tally = board(rng, 0.1, votes=2000, voters=50, habit=0.5)
    assert position.effect(tally) == position.effect(tally.only(rng.permutation(len(tally))))
