import numpy as np
import pytest
from scipy import stats

from rating import RatingError, exposure
from rating.exposure import Draws, Seen


def test_tails_of_equal_chances_are_binomial() -> None:
    found = exposure.tails(np.full((1, 12), 0.3))[0]
    assert found == pytest.approx(stats.binom.sf(np.arange(13) - 1, 12, 0.3))


def test_tails_of_unequal_chances_are_the_sum_over_all_outcomes() -> None:
    chances = np.array([0.1, 0.5, 0.7])
    ends = np.array(np.meshgrid(*[[0, 1]] * 3)).reshape(3, -1).T
    mass = np.prod(np.where(ends, chances, 1 - chances), axis=1)
    expected = [mass[ends.sum(axis=1) >= least].sum() for least in range(4)]
    assert exposure.tails(chances) == pytest.approx(expected)


def test_pairs_are_drawn_by_the_rule_of_their_battle() -> None:
    pairs = np.zeros((2, 3, 3))
    pairs[0, 0, 1], pairs[1, 2, 0], pairs[1, 1, 2] = 1.0, 0.75, 0.25
    first, second = Draws(pairs).drawn(np.repeat([0, 1], 20_000), np.random.default_rng(1))
    assert set(zip(first[:20_000].tolist(), second[:20_000].tolist(), strict=True)) == {(0, 1)}
    assert np.mean(first[20_000:] == 0) == pytest.approx(0.75, abs=0.01)


def test_chances_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(RatingError, match="sum to one"):
        Draws(np.ones((1, 3, 3)))


def test_the_contender_met_too_often_is_named_with_the_tail_of_its_count() -> None:
    first, second = np.array([[0, 0, 0, 0, 2]]), np.array([[1, 2, 3, 4, 3]])
    surprise, contender = Seen(Draws.uniform(5), np.zeros((1, 5), dtype=np.int64)).of(first, second)
    assert contender.tolist() == [0]
    assert np.exp(-surprise[0]) == pytest.approx(stats.binom.sf(3, 5, 0.4))


def test_a_voter_of_two_rules_is_held_against_both() -> None:
    pairs = np.zeros((2, 3, 3))
    pairs[0, 0, 1] = pairs[1, 1, 2] = 1.0
    rule = np.array([[0, 0, 1]])
    surprise, _ = Seen(Draws(pairs), rule).of(np.array([[0, 0, 1]]), np.array([[1, 1, 2]]))
    assert surprise[0] == pytest.approx(0.0)


def test_skipping_until_one_contender_comes_is_told_by_the_hypergeometric_tail() -> None:
    served, voted = np.array([[12, 30, 30], [12, 30, 30]]), np.array([[9, 5, 6], [2, 5, 5]])
    p, contender = exposure.skips(served, voted, np.array([60, 60]), np.array([10, 10]))
    assert contender[0] == 0
    assert p[0] == pytest.approx(3 * stats.hypergeom.sf(8, 60, 12, 10))
    assert p[1] == 1.0


def test_who_skips_nothing_is_not_suspected_of_skipping() -> None:
    p, _ = exposure.skips(np.array([[7, 3]]), np.array([[7, 3]]), np.array([9]), np.array([9]))
    assert p.tolist() == [1.0]


def test_more_votes_than_battles_are_refused() -> None:
    with pytest.raises(RatingError, match="part of the battles"):
        exposure.skips(np.array([[7, 3]]), np.array([[8, 3]]), np.array([9]), np.array([9]))
