import math

import numpy as np
import pytest

from rating import assertive
from rating.arrays import Codes, Vector, expit
from rating.effects import Effect
from rating.ratios import Ratio


def _voted(
    rng: np.random.Generator, votes: int, *, correct: float, sure: float, taste: float = 0.0, agrees: float = 0.0
) -> tuple[Vector, Vector, Vector, Codes]:
    tone, agreement = rng.choice([-1.0, 1.0], votes), rng.choice([-1.0, 0.0, 1.0], votes)
    voter = rng.integers(votes // 4, size=votes)
    leaning = taste * rng.standard_normal(votes // 4)
    right = (rng.random(votes) < expit(correct + (sure + leaning[voter]) * tone + agrees * agreement)).astype(float)
    return right, tone, agreement, voter


def _named(found: list[Effect]) -> dict[str, Effect]:
    return {effect.name: effect for effect in found}


def test_planted_worths_of_being_right_sounding_sure_and_agreeing_lie_in_their_intervals() -> None:
    found = _named(assertive.measure(*_voted(np.random.default_rng(4), 2400, correct=0.8, sure=0.5, agrees=1.2)))
    planted = {"correctness": 0.8, "assertiveness": 0.5, "belief": 1.2, "assertive wrong": -0.3, "agreeing wrong": 0.4}
    for name, true in planted.items():
        # A share of votes over both tones is a little nearer to a half than that of either.
        assert found[name].lower < true < found[name].upper, name
    assert found["belief"].lower > 0
    assert found["assertiveness"].lower > 0
    assert found["assertiveness"].band == 0.05
    assert expit(np.array(found["assertive wrong"].band)) == pytest.approx(0.6)


def test_where_tone_is_worth_nothing_intervals_say_so_as_often_as_they_should() -> None:
    """Voters lean to either tone by taste, which cancels out; 95 % of 100 intervals, less three standard errors."""
    rng, held = np.random.default_rng(2), 0
    for _ in range(100):
        effect = _named(assertive.measure(*_voted(rng, 400, correct=0.5, sure=0.0, taste=1.0)))["assertiveness"]
        held += effect.lower < 0 < effect.upper
    assert held >= 88


def test_power_is_as_stated_for_263_votes_on_the_pair_that_asks() -> None:
    """A share of 60 % is told from even in 90 % of cases (statistics: 263 votes), less three standard errors."""
    rng, found = np.random.default_rng(3), 0
    for _ in range(100):
        right = (rng.random(263) < 0.4).astype(float)
        effect = assertive.measure(right, np.full(263, -1.0), np.zeros(263), np.arange(263))[0]
        found += effect.lower > 0
    assert found >= 81


def test_sides_that_say_the_same_and_no_votes_tell_nothing() -> None:
    nobody = np.zeros(0)
    assert not any(one.known for one in assertive.measure(nobody, nobody, nobody, nobody.astype(int)))
    tone, nothing = np.tile([-1.0, 1.0], 25), np.zeros(50)
    alike = assertive.measure(np.ones(50), tone, nothing, np.arange(50))
    assert not any(one.known for one in alike)
    halves = _named(assertive.measure(np.full(50, 0.5), tone, nothing, np.arange(50)))
    assert not math.isfinite(halves["assertive wrong"].lower)


def test_swapping_what_is_right_turns_every_worth_of_a_tone_or_of_agreement_round() -> None:
    right, tone, agreement, voter = _voted(np.random.default_rng(6), 600, correct=0.4, sure=0.3, agrees=0.6)
    found = _named(assertive.measure(right, tone, agreement, voter))
    turned = _named(assertive.measure(1 - right, -tone, -agreement, voter))
    for name, sign in (("correctness", -1), ("assertiveness", 1), ("belief", 1)):
        assert turned[name].value == pytest.approx(sign * found[name].value)


def test_where_no_question_says_what_to_believe_agreement_is_unknown_and_all_else_is_as_it_was() -> None:
    right, tone, agreement, voter = _voted(np.random.default_rng(7), 400, correct=0.4, sure=0.3)
    found = _named(assertive.measure(right, tone, np.zeros(400), voter))
    assert [name for name, one in found.items() if not one.known] == ["agreeing wrong", "belief"]
    silent = agreement == 0
    alone = _named(assertive.measure(right[silent], tone[silent], agreement[silent], voter[silent]))
    mixed = _named(assertive.measure(right, tone, agreement, voter))
    assert mixed["assertive wrong"] == alone["assertive wrong"]


def _priced(found: list[Ratio]) -> dict[str, Ratio]:
    return {one.name: one for one in found}


def test_planted_prices_lie_in_their_intervals_and_are_the_ratios_of_the_worths() -> None:
    votes = _voted(np.random.default_rng(4), 2400, correct=0.8, sure=0.5, agrees=1.2)
    found, worth = _priced(assertive.prices(*votes)), _named(assertive.measure(*votes))
    for name, true in (("assertiveness", 0.625), ("belief", 1.5)):
        assert found[name].lower < true < found[name].upper
        assert found[name].value == pytest.approx(worth[name].value / worth["correctness"].value)
    # To agree wins over being right, and to sound sure does not.
    assert found["belief"].lower > 1 > found["assertiveness"].upper


def test_intervals_of_prices_hold_as_often_as_they_should() -> None:
    """95 % of 100 of each, less three standard errors; voters of uneven taste."""
    rng, held = np.random.default_rng(8), np.zeros(2)
    for _ in range(100):
        found = _priced(assertive.prices(*_voted(rng, 600, correct=0.8, sure=0.4, taste=0.5, agrees=0.8)))
        # What is left of each by differing tastes is the same share of all.
        held += [found[name].lower < true < found[name].upper for name, true in (("assertiveness", 0.5), ("belief", 1))]
    assert held.min() >= 88


def test_without_a_belief_or_a_worth_of_being_right_there_is_no_price() -> None:
    right, tone, agreement, voter = _voted(np.random.default_rng(9), 800, correct=0.8, sure=0.4)
    found = _priced(assertive.prices(right, tone, np.zeros(800), voter))
    assert found["assertiveness"].known
    assert not found["belief"].known
    for correct in (0.0, -0.8):
        votes = _voted(np.random.default_rng(9), 800, correct=correct, sure=0.4)
        assert not any(one.known for one in assertive.prices(*votes))
    nobody = np.zeros(0)
    for none in ((nobody, nobody, nobody, nobody.astype(int)), (np.ones(800), tone, agreement, voter)):
        assert not any(one.known for one in assertive.prices(*none))
    assert (agreement != 0).any()
