"""What a board is by the voters who were fooled less: planted and found, and silent where there is nothing."""

from dataclasses import replace

import numpy as np
import pytest

from rating import RatingError, Tally, effects, fooled, reweighting
from rating.arrays import Codes, Flags, Vector, expit
from rating.effects import Verdict
from tests.rating import biased

TRUTH = np.array([1.0, 0.3, 0.1, -0.1, -0.3, -0.5])


def _probed(rng: np.random.Generator, chance: Vector, most: int = 4) -> tuple[Vector, Codes]:
    """One to `most` votes of each voter (V), of which the wrong one gets its chance."""
    voter = np.repeat(np.arange(len(chance)), rng.integers(1, most + 1, len(chance)))
    return (rng.random(len(voter)) < chance[voter]).astype(float), voter


def _planted(rng: np.random.Generator, favour: float, *, voters: int = 300, votes: int = 6000) -> tuple[Tally, Flags]:
    """A board on which half of the voters are easily fooled and favour the second contender, and the careful rows."""
    gullible = np.arange(voters) % 2 == 0
    wrong, probed = _probed(rng, np.where(gullible, 0.9, 0.1))
    first = rng.integers(len(TRUTH), size=votes)
    second = (first + rng.integers(1, len(TRUTH), size=votes)) % len(TRUTH)
    voter = rng.integers(voters, size=votes)
    more = favour * gullible[voter] * ((first == 1).astype(int) - (second == 1))
    outcome = np.where(rng.random(votes) < expit(TRUTH[first] - TRUTH[second] + more), 0, 1)
    return Tally(tuple("abcdef"), first, second, outcome, voter), fooled.shares(wrong, probed).less[voter]


def test_shares_of_few_votes_stay_near_all_and_half_votes_count_half() -> None:
    found = fooled.shares(np.array([1.0, 0, 0, 0, 0.5, 1, 1, 1]), np.array([0, 1, 1, 1, 2, 3, 3, 3]))
    assert found.mean == 4.5 / 8
    assert found.votes.tolist() == [1, 3, 1, 3]
    assert found.share[1] < found.share[2] < found.mean < found.share[0] < found.share[3]
    expected = (np.array([1, 0, 0.5, 3]) + found.strength * found.mean) / (found.votes + found.strength)
    assert found.share == pytest.approx(expected)


@pytest.mark.parametrize("strength", [2.0, 8.0])
def test_the_prior_is_found_again_where_voters_vote_often(strength: float) -> None:
    rng = np.random.default_rng(3)
    own = rng.beta(0.4 * strength, 0.6 * strength, 4000)
    wrong, voter = _probed(rng, own, most=8)
    found = fooled.shares(wrong, voter)
    assert found.mean == pytest.approx(0.4, abs=0.02)
    assert found.strength == pytest.approx(strength, rel=0.15)


def test_where_nothing_says_that_voters_differ_the_prior_is_as_strong_as_it_gets() -> None:
    once = fooled.shares(np.array([0.0, 1, 0, 1]), np.arange(4))
    alike = fooled.shares(np.array([0.0, 1, 0, 1]), np.array([0, 0, 1, 1]))
    assert once.strength == alike.strength == fooled.MOST_PRIOR
    assert not alike.less.any()
    apart = fooled.shares(np.array([0.0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 1, 1]))
    assert apart.strength == fooled.LEAST_PRIOR
    with pytest.raises(RatingError):
        fooled.shares(np.zeros(0), np.zeros(0, dtype=np.int64))


def test_the_median_weighs_voters_by_their_probe_votes_and_parts_no_equals() -> None:
    """Five voters with one vote each, two fooled, beside one with five votes of which two fooled."""
    wrong = np.array([0.0, 0, 0, 1, 1, 0, 0, 0, 1, 1])
    voter = np.array([0, 1, 2, 3, 4, 5, 5, 5, 5, 5])
    # By votes 3 of 10 lie below the busy voter, and 8 up to it: 3 is nearer to a half.
    assert fooled.shares(wrong, voter).less.tolist() == [True] * 3 + [False] * 3
    # Four of five voters were never fooled: equals are not parted, so that all of them are below.
    assert fooled.shares(np.array([0.0, 0, 0, 0, 1]), np.arange(5)).less.tolist() == [True] * 4 + [False]
    assert not fooled.shares(np.ones(5), np.arange(5)).less.any()


def test_neither_the_order_of_votes_nor_the_names_of_voters_matter() -> None:
    rng = np.random.default_rng(5)
    wrong, voter = _probed(rng, rng.random(80))
    found = fooled.shares(wrong, voter)
    order, names = rng.permutation(len(wrong)), rng.permutation(80)
    again = fooled.shares(wrong[order], names[voter][order])
    assert again.share[names] == pytest.approx(found.share, abs=1e-12)
    assert (again.less[names] == found.less).all()
    tally, careful = _planted(rng, 1.0, votes=2000)
    order = rng.permutation(2000)
    one, other = fooled.beside(tally, careful), fooled.beside(tally.only(order), careful[order])
    assert other.both.shift == pytest.approx(one.both.shift, abs=1e-9)
    assert other.both.covariance == pytest.approx(one.both.covariance, abs=1e-9)


def test_sides_turned_round_change_nothing() -> None:
    tally, careful = _planted(np.random.default_rng(6), 1.0)
    one, other = fooled.beside(tally, careful), fooled.beside(tally.swapped, careful)
    assert other.both.after == pytest.approx(one.both.after, abs=1e-9)
    assert other.both.covariance == pytest.approx(one.both.covariance, abs=1e-12)
    assert [ranks.tolist() for ranks in one.ranks] == [ranks.tolist() for ranks in other.ranks]


def test_a_contender_whom_the_fooled_favour_falls_with_those_fooled_less() -> None:
    tally, careful = _planted(np.random.default_rng(7), 2.0)
    found = fooled.beside(tally, careful)
    effect = found.both.effect("fooled")
    assert (effect.who, effect.upper < 0) == ("b", True)
    assert effects.judged([effect])[0].verdict is Verdict.PRESENT
    # By everybody it is first, by those fooled less the second that it is.
    assert [int(ranks[1]) for ranks in found.ranks] == [1, 2]
    assert (0, 1) in [(swap.riser, swap.faller) for swap in found.swaps]
    turned = fooled.beside(tally, ~careful)
    assert turned.both.effect("fooled").lower > 0
    restricted = reweighting.measure(tally, reweighting.without(~careful))
    assert found.both.shift == pytest.approx(restricted.shift)


def test_the_difference_is_surer_than_that_of_two_boards_of_other_people() -> None:
    """The part is in the whole: Var(part - whole) is near Var(part) - Var(whole), and never their sum."""
    tally, careful = _planted(np.random.default_rng(8), 0.0)
    found = fooled.beside(tally, careful)
    part = reweighting.measure(tally.only(careful), reweighting.without(np.zeros(careful.sum(), dtype=bool)))
    apart = (part.errors**2 - found.both.errors**2).mean()
    assert found.both.covariance.diagonal().mean() == pytest.approx(apart, rel=0.2)
    assert apart < 0.5 * (part.errors**2 + found.both.errors**2).mean()


def test_clean_boards_are_called_otherwise_no_oftener_than_they_should() -> None:
    """5 % of 100 boards of the public setting with 300 voters on probes, and three standard errors."""
    rng, loud = np.random.default_rng(9), 0
    for _ in range(100):
        tally = biased.drawn(rng, "public").tally
        assert tally.voter is not None
        people = rng.choice(np.unique(tally.voter), 300, replace=False)
        wrong, probed = _probed(rng, expit(rng.normal(-0.5, 1.0, 300)))
        careful = np.isin(tally.voter, people[fooled.shares(wrong, probed).less])
        loud += fooled.beside(tally, careful).both.effect("fooled").chance <= 0.05
    assert loud <= 11


def test_whom_those_fooled_less_never_met_is_not_rated_and_moves_nobody_else() -> None:
    tally, careful = _planted(np.random.default_rng(10), 1.0)
    stray = (tally.first == 5) | (tally.second == 5)
    found = fooled.beside(tally, careful & ~stray)
    assert found.places.tolist() == [0, 1, 2, 3, 4]
    assert found.both.contenders == tuple("abcde")
    assert len(found.full) == 6
    assert found.both.shift.sum() == pytest.approx(0, abs=1e-9)
    ranks = found.ranks[0].tolist()
    assert sorted(ranks) == [1, 2, 3, 4, 5]
    alone = reweighting.measure(tally.only(~stray), reweighting.without(~careful[~stray]))
    # Gaps between those who are rated are those of a board of their own.
    assert np.diff(found.both.after) == pytest.approx(np.diff(alone.after[:5]), abs=0.02)


def test_swaps_are_told_by_the_places_of_all_contenders() -> None:
    tally, careful = _planted(np.random.default_rng(12), -2.0)
    found = fooled.beside(tally, careful & (tally.first != 0) & (tally.second != 0))
    assert found.places.tolist() == [1, 2, 3, 4, 5]
    # The fooled are against the second contender, so that it rises without them.
    assert found.swaps
    assert {swap.riser for swap in found.swaps} == {1}
    swap = found.swaps[0]
    assert found.full[swap.riser] < found.full[swap.faller]
    assert swap.faller_rank == int(found.ranks[0][found.places.tolist().index(swap.faller)])


def test_voters_who_rate_nobody_are_refused_and_one_voter_tells_nothing() -> None:
    tally, careful = _planted(np.random.default_rng(11), 1.0)
    nobody = np.zeros(len(tally), dtype=np.bool_)
    with pytest.raises(RatingError):
        fooled.beside(tally, nobody)
    winless = careful & (tally.outcome == 0) & (tally.first == 0)
    with pytest.raises(RatingError):
        fooled.beside(tally, winless)
    one = replace(tally, voter=np.zeros(len(tally), dtype=np.int64))
    assert not fooled.beside(one, careful).both.effect("fooled").known
