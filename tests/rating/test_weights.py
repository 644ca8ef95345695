from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

import rating
from rating import RatingError, Tally, VotesWrong, weights
from rating.arrays import Codes, Vector
from rating.counts import UNITS
from rating.scale import PER_LOGIT

MIX = {"code": 0.3, "prose": 0.7}
SWING = 187.0  # Elo; of this the shift specified below follows.


def mixed(rng: np.random.Generator, share: float, *, votes: int = 200_000) -> tuple[Tally, Codes]:
    """Votes on 15 contenders, of which the first is SWING Elo worse on code (category 1) than on prose (0)."""
    code = (rng.random(votes) < share).astype(np.int64)
    strengths = np.linspace(-0.6, 0.6, 15)
    first = rng.integers(15, size=votes)
    second = (first + rng.integers(1, 15, size=votes)) % 15
    slant = (0.5 - code) * SWING / PER_LOGIT
    logit = strengths[first] - strengths[second] + slant * ((first == 0).astype(int) - (second == 0))
    outcome = (rng.random(votes) >= expit(logit)).astype(np.int8)
    return Tally(tuple(f"contender {place:02}" for place in range(15)), first, second, outcome), code


def first_rating(tally: Tally) -> float:
    return float(PER_LOGIT * rating.fit(tally.counts.wins).theta[0])


def test_a_moved_mix_moves_a_contender_that_did_not_change_and_post_stratification_holds_it() -> None:
    # Measured when the rating was specified: a share moving from 30 to 70 % shifts a contender by -64.5 Elo,
    # and by 2.6 once post-stratified.
    rng = np.random.default_rng(55)
    before, after = mixed(rng, 0.3), mixed(rng, 0.7)
    raw = first_rating(after[0]) - first_rating(before[0])
    assert raw == pytest.approx(-64.5, abs=6)
    names = np.array(["prose", "code"])
    held = [replace(tally, weight=weights.post_stratified(names[code], MIX)) for tally, code in (before, after)]
    assert first_rating(held[1]) - first_rating(held[0]) == pytest.approx(0, abs=6)


def test_post_stratified_categories_have_their_declared_shares() -> None:
    category = np.array(["code"] * 8 + ["prose"] * 2)
    weight = weights.post_stratified(category, {**MIX, "chat": 0.0})
    assert weight.dtype == np.int64
    assert weight[category == "code"].sum() == pytest.approx(3 * UNITS, abs=8)
    assert weight.sum() == pytest.approx(10 * UNITS, abs=10)


@pytest.mark.parametrize(
    ("category", "shares", "fault"),
    [
        (["code"], MIX, "'prose' has the declared share 0.7 and no votes"),
        (["code", "prose", "chat"], MIX, "'chat' has votes and no declared share"),
        (["code"], {"code": 0.9}, "sum to 1"),
        (["code"], {"code": 1.5, "prose": -0.5}, "sum to 1"),
        (["code"], {"code": float("nan")}, "sum to 1"),
        (["code", "prose"], {"code": 1e-12, "prose": 1 - 1e-12}, "too small to be told from none"),
    ],
)
def test_a_mix_that_cannot_be_reached_is_refused(category: list[str], shares: dict[str, float], fault: str) -> None:
    with pytest.raises(RatingError, match=fault):
        weights.post_stratified(category, shares)


def test_a_pair_drawn_rarely_weighs_more_up_to_five_votes() -> None:
    weight = weights.inverse_propensity(np.array([1 / 10, 1 / 5, 1 / 20, 1 / 1000]), pairs=10)
    assert (weight == np.array([1.0, 0.5, 2.0, 5.0]) * UNITS).all()
    assert weights.inverse_propensity(np.array([1 / 1000]), pairs=10, clip=100).tolist() == [100 * UNITS]


def test_weighted_by_propensity_every_pair_counts_alike() -> None:
    rng = np.random.default_rng(3)
    chance = np.array([0.5, 0.3, 0.2])
    pair = rng.choice(3, 60_000, p=chance)
    sums = np.bincount(pair, weights.inverse_propensity(chance[pair], pairs=3)) / UNITS
    assert sums == pytest.approx(np.full(3, 20_000), rel=0.02)


@pytest.mark.parametrize("wrong", [0.0, -0.1, 1.1, float("nan")])
def test_a_propensity_that_is_no_probability_is_refused_by_row(wrong: float) -> None:
    with pytest.raises(VotesWrong, match="Row 2 has a propensity"):
        weights.inverse_propensity(np.array([0.5, wrong]), pairs=3)


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.floats(0.1, 20))
def test_no_voter_weighs_more_than_the_cap_and_those_below_it_keep_theirs(given: list[int], most: float) -> None:
    voter = np.array(given)
    weight = weights.capped(voter, most)
    sums, counts = np.bincount(voter, weight), np.bincount(voter)
    assert (sums <= most * UNITS).all()
    assert (sums[(counts <= most)] == counts[counts <= most] * UNITS).all()
    assert (sums >= np.minimum(counts, most) * UNITS - counts).all()


def test_a_cap_counts_what_votes_weigh_already() -> None:
    before = np.array([4, 4, 1]) * UNITS
    assert (weights.capped(np.array([7, 7, 9]), 2.0, before) == np.array([1, 1, 1]) * UNITS).all()


def test_weights_are_composed_in_whole_units() -> None:
    one, other = np.array([UNITS, 3 * UNITS, UNITS // 3]), np.array([UNITS // 2, 2 * UNITS, 3 * UNITS])
    assert weights.composed(one, other).tolist() == [UNITS // 2, 6 * UNITS, UNITS // 3 * 3]
    assert weights.composed(one).tolist() == one.tolist()


@given(st.lists(st.integers(1, 5 * UNITS), min_size=1, max_size=50), st.randoms())
def test_composing_commutes_and_follows_permutations(given: list[int], random: object) -> None:
    one = np.array(given)
    other = one[::-1].copy()
    assert (weights.composed(one, other) == weights.composed(other, one)).all()
    assert (weights.composed(one, other) == weights.composed(one[::-1], other[::-1])[::-1]).all()
    assert weights.effect(one) == weights.effect(other)


@pytest.mark.parametrize("wrong", [(), (np.ones(2, np.int64), np.ones(3, np.int64)), (np.full(1, 1 << 31),) * 2])
def test_weights_that_cannot_be_composed_are_refused(wrong: tuple[Codes, ...]) -> None:
    with pytest.raises(RatingError):
        weights.composed(*wrong)


def test_the_effect_of_weights_is_kishs() -> None:
    assert weights.effect(np.full(9, 3 * UNITS)) == 1.0
    assert weights.effect(np.array([UNITS, 3 * UNITS])) == pytest.approx(2 * 10 / 16)
    assert weights.effect(np.array([UNITS, 0])) == 2.0
    with pytest.raises(RatingError, match="sum to nothing"):
        weights.effect(np.zeros(3, np.int64))


@pytest.mark.parametrize("votes", [np.array([0.0]), np.array([-1.0])])
def test_caps_and_clips_are_above_zero(votes: Vector) -> None:
    with pytest.raises(RatingError):
        weights.capped(np.zeros(1, np.int64), float(votes[0]))
    with pytest.raises(RatingError):
        weights.inverse_propensity(np.ones(1), pairs=1, clip=float(votes[0]))
    with pytest.raises(RatingError):
        weights.inverse_propensity(np.ones(1), pairs=0)
