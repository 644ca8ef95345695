from dataclasses import replace

import numpy as np
import pytest

import rating
from rating import RatingError, bradley_terry, covariance, effects, reweighting, weights
from rating.counts import UNITS
from rating.effects import Verdict
from rating.scale import PER_LOGIT
from tests.rating import biased, boards


def test_a_mix_turned_round_moves_a_contender_and_post_stratifying_brings_it_back() -> None:
    """The boards of the specification (5.5): the first category from 70 % to 30 % of votes is -64.5 points raw."""
    assert biased.expected_move() == pytest.approx(-64.5, abs=0.1)
    rng = np.random.default_rng(3)
    before, _ = biased.mixed(rng, biased.MIX[0])
    after, category = biased.mixed(rng, biased.MIX[1])
    found = reweighting.measure(after, weights.post_stratified(category, dict(enumerate(biased.MIX))))
    start = bradley_terry.fit(before).theta[0]
    assert PER_LOGIT * (found.before[0] - start) == pytest.approx(-64.5, abs=15)
    assert PER_LOGIT * (found.after[0] - start) == pytest.approx(0, abs=15)
    moved = found.each[0]
    assert moved.lower < 64.5 / PER_LOGIT < moved.upper
    assert effects.judged([found.effect("category")])[0].verdict is Verdict.PRESENT
    assert found.effect("category").value == moved.value


def test_weights_that_are_all_one_change_nothing_and_tell_nothing() -> None:
    tally = boards.simulated(np.random.default_rng(4), np.linspace(-1, 1, 6), votes=900, voters=300)
    found = reweighting.measure(tally, np.full(len(tally), UNITS))
    assert not found.shift.any()
    assert found.swaps == ()
    assert found.effective == len(tally)
    assert not found.effect("same").known


@pytest.mark.parametrize("setting", ["public", "private"])
def test_the_errors_of_the_board_before_are_those_of_its_own_covariance(setting: str) -> None:
    board = biased.drawn(np.random.default_rng(5), setting)
    found = reweighting.measure(board.tally, reweighting.even(board.category))
    own = covariance.standard(board.tally, rating.fit(board.tally))
    assert found.errors == pytest.approx(np.sqrt(own.matrix.diagonal()), rel=1e-6)
    assert found.freedom <= own.degrees_of_freedom


def test_the_sandwich_of_the_difference_is_near_the_jackknife_s(monkeypatch: pytest.MonkeyPatch) -> None:
    board = biased.drawn(np.random.default_rng(6), "private")
    weight = reweighting.even(board.category)
    refitted = reweighting.measure(board.tally, weight)
    monkeypatch.setattr(reweighting, "FEW_CLUSTERS", 2)
    influence = reweighting.measure(board.tally, weight)
    assert np.sqrt(influence.covariance.diagonal()) == pytest.approx(np.sqrt(refitted.covariance.diagonal()), rel=0.25)


def test_where_prompts_repeat_errors_are_by_voter_and_prompt() -> None:
    """As many as every prompt voted on 25 times say less than votes on prompts of their own."""
    board = biased.drawn(np.random.default_rng(10), "public")
    often = replace(board.tally, prompt=np.arange(6000) % 240)
    apart = replace(board.tally, prompt=np.arange(6000))
    weight = reweighting.even(board.category)
    plain, alone, crossed = (reweighting.measure(tally, weight) for tally in (board.tally, apart, often))
    assert alone.errors == pytest.approx(plain.errors)
    own = covariance.standard(often, rating.fit(often))
    assert own.name == "CR1 two-way"
    assert crossed.errors == pytest.approx(np.sqrt(own.matrix.diagonal()), rel=1e-6)
    assert crossed.freedom == pytest.approx(min(239, plain.freedom), abs=60)
    by_prompt = reweighting.measure(often, weight, cluster="prompt")
    assert by_prompt.covariance.diagonal() != pytest.approx(crossed.covariance.diagonal())


def test_sides_turned_round_change_nothing() -> None:
    board = biased.drawn(np.random.default_rng(7), "public")
    weight = reweighting.once(board.prompt)
    one, other = (reweighting.measure(tally, weight) for tally in (board.tally, board.tally.swapped))
    assert one.shift == pytest.approx(other.shift, abs=1e-9)
    assert one.covariance == pytest.approx(other.covariance, abs=1e-12)


def test_left_out_votes_weigh_nothing_and_a_prompt_weighs_as_any_other_however_often_it_came() -> None:
    assert reweighting.without(np.array([True, False])).tolist() == [0, UNITS]
    assert reweighting.once(np.array([7, 9, 7, 7, 7])).tolist() == [
        5 * UNITS // 8,
        5 * UNITS // 2,
        *[5 * UNITS // 8] * 3,
    ]
    even = reweighting.even(np.array([1, 1, 1, 5]))
    assert even[:3].sum() == pytest.approx(even[3], abs=3)


def test_left_out_votes_give_the_board_of_the_others() -> None:
    board = biased.drawn(np.random.default_rng(8), "public")
    found = reweighting.measure(board.tally, reweighting.without(board.contaminated))
    assert found.after == pytest.approx(rating.fit(board.tally.only(~board.contaminated)).theta, abs=1e-9)


def test_of_several_the_largest_of_the_sure_ones_speaks_and_the_unknown_are_silent() -> None:
    """The first is surest, the second larger and sure, the third larger still and not sure."""
    each = [
        effects.measured(name, value, error, freedom=100, band=0.05, tests=4)
        for name, value, error in (("a", 0.1, 0.01), ("b", 0.3, 0.05), ("c", 0.5, 0.4))
    ]
    found = reweighting.foremost("it", [*each, effects.unknown("d", band=0.05)])
    assert (found.name, found.who, found.value) == ("it", "b", 0.3)
    assert reweighting.foremost("it", each[2:]).who == "c"
    assert not reweighting.foremost("it", [effects.unknown("d", band=0.05)]).known
    small = effects.measured("e", 0.0, 0.01, freedom=100, band=0.05)
    assert reweighting.foremost("it", [small, effects.unknown("d", band=0.05)]).equivalent
    assert not reweighting.foremost("it", [small, *each]).equivalent


def test_a_board_of_one_voter_tells_nothing_and_one_without_any_votes_is_refused() -> None:
    tally = boards.simulated(np.random.default_rng(9), np.linspace(-1, 1, 4), votes=200, voters=1)
    half = np.arange(200) % 2 == 0
    assert not reweighting.measure(tally, reweighting.without(half)).effect("half").known
    with pytest.raises(RatingError, match="weigh nothing"):
        reweighting.measure(tally, np.zeros(200, dtype=np.int64))
