import numpy as np
import pytest

from rating import Tally, biases, covariates, diagnosis, leanings
from rating.arrays import expit
from rating.effects import Verdict
from rating.settings import SETTINGS
from tests.rating import biased

PLANTED = {"position": 0.25, "length": 0.3}
TONE = {"certainty": -0.3, "agreement": 0.3}


@pytest.mark.parametrize("planted", [PLANTED, TONE])
def test_what_is_planted_is_found_within_its_interval_and_nothing_else_is(planted: dict[str, float]) -> None:
    style = tuple(planted.get(name, 0.0) for name in biased.FEATURES)
    board = biased.drawn(np.random.default_rng(3), "public", position=planted.get("position", 0.0), style=style)
    told = {each.effect.name: each for each in biased.looked_at(board)}
    left = biased.attenuation(SETTINGS["public"].taste)
    for name, true in planted.items():
        assert told[name].verdict is Verdict.PRESENT
        assert told[name].effect.lower < true * left < told[name].effect.upper
    others = {name for name, each in told.items() if each.verdict in (Verdict.PRESENT, Verdict.SLIGHT)}
    # To be first is worth something on short answers, too, and length something to whoever writes at length.
    assert others - set(diagnosis.LENGTHS) - {"style"} == set(planted)


def test_clean_boards_are_silent_about_as_often_as_is_said() -> None:
    """At most 5 % of clean boards say anything; the chance of 3 or more of 10 is then near 1 %."""
    rng, loud = np.random.default_rng(2), 0
    for _ in range(10):
        told = biased.looked_at(biased.drawn(rng, "public"))
        loud += any(each.verdict in (Verdict.PRESENT, Verdict.SLIGHT) for each in told)
    assert loud < 3


def test_at_equal_style_the_wordy_one_and_the_terse_one_swap() -> None:
    """Ten contenders 0.05 apart; the sixth writes three times as much as the fifth, and length is worth 0.5."""
    rng, votes = np.random.default_rng(3), 40_000
    truth, words = np.linspace(0.225, -0.225, 10), np.full(10, 300.0)
    words[[4, 5]] = 150.0, 450.0
    first = rng.integers(10, size=votes)
    second = (first + rng.integers(1, 10, size=votes)) % 10
    lengths = {f"length_{side}": rng.poisson(words[who]).astype(float) for side, who in (("a", first), ("b", second))}
    seen = covariates.of(lengths, ["length"])
    gap = truth[first] - truth[second] + 0.5 * seen.values[0]
    outcome = np.where(rng.random(votes) < expit(gap), 0, 1)
    found = biases.of_features(Tally(tuple("abcdefghij"), first, second, outcome, rng.integers(4000, size=votes)), seen)
    assert found.features[0].lower < 0.5 < found.features[0].upper
    assert (5, 4) in {(swap.faller, swap.riser) for swap in found.swaps}
    assert found.moved[4].value > 0.2
    assert found.moved[4].lower > 0


def test_being_first_is_not_taken_for_being_long() -> None:
    """Longer answers come first in nine of ten battles, and what counts is to be first, not to be long."""
    rng = np.random.default_rng(9)
    board = biased.drawn(rng, "public")
    tally, longer = board.tally, np.where(rng.random(6000) < 0.9, 0, 1)
    words = {f"length_{side}": np.where(longer == code, 400.0, 200.0) for code, side in enumerate("ab")}
    lean = np.where(rng.random(6000) < 0.2, 0, tally.outcome)
    leaning = Tally(tally.contenders, tally.first, tally.second, lean, tally.voter)
    length = biases.of_features(leaning, covariates.of(words, ["length"])).features[0]
    assert length.lower < 0 < length.upper


def test_few_voters_are_left_out_one_by_one_and_many_are_not() -> None:
    few, many = (biased.drawn(np.random.default_rng(10), setting) for setting in ("private", "public"))
    found = [biases.of_features(board.tally, board.covariates) for board in (few, many)]
    assert [each.fit.method for each in found] == ["CR3 one-step", "CR1"]


def test_a_feature_that_never_differs_and_one_voter_tell_nothing() -> None:
    board = biased.drawn(np.random.default_rng(4), "private")
    same = {f"length_{side}": np.full(len(board.tally), 5.0) for side in "ab"}
    seen = covariates.of(same, ["length"])
    assert not biases.of_features(board.tally, seen).features[0].known
    lonely = Tally(
        board.tally.contenders, board.tally.first, board.tally.second, board.tally.outcome, np.zeros(3000, int)
    )
    assert not any(effect.known for effect in biases.of_features(lonely, board.covariates).features)
    assert not biases.of_position(lonely).known


def test_voters_who_answer_at_random_when_hasty_are_noticed() -> None:
    rng = np.random.default_rng(5)
    board = biased.drawn(rng, "public")
    tally = board.tally
    hasty = board.dwell < np.median(board.dwell)
    coin = np.where(hasty, rng.integers(0, 2, len(tally)), tally.outcome)
    noticed = biases.of_attention(Tally(tally.contenders, tally.first, tally.second, coin, tally.voter), board.dwell)
    assert noticed.lower > 0.1
    assert biases.of_attention(tally, board.dwell).lower < 0 < biases.of_attention(tally, board.dwell).upper
    assert not biases.of_attention(tally, np.ones(len(tally))).known


def test_a_judge_s_own_family_is_found_beside_people_s_ratings() -> None:
    rng = np.random.default_rng(6)
    offset, same = rng.normal(0, 1, 2000), rng.integers(-1, 2, 2000).astype(float)
    points = (rng.random(2000) < expit(offset + 0.6 * same)).astype(float)
    features, prompts = np.column_stack([same, np.ones(2000)]), rng.integers(500, size=2000)
    family, slot = biases.of_offset(("family", "slot"), points, offset, features, prompts)
    assert family.lower < 0.6 < family.upper
    assert slot.lower < 0 < slot.upper
    plain = leanings.measure(points, offset, features, prompts)
    assert plain is not None
    assert (family.value, slot.value) == pytest.approx(tuple(plain.coefficients))
    alone = biases.of_offset("family", points, offset, same[:, None], np.zeros(2000, dtype=np.int64))
    assert [effect.known for effect in alone] == [False]


def test_position_is_told_apart_by_how_long_answers_are() -> None:
    board = biased.drawn(np.random.default_rng(7), "public", position=0.0)
    part = biases.terciles(board.dwell)
    assert np.bincount(part).tolist() == [2000, 2000, 2000]
    tally = board.tally
    lean = np.where((part == 2) & (np.random.default_rng(8).random(6000) < 0.3), 0, tally.outcome)
    leaning = Tally(tally.contenders, tally.first, tally.second, lean, tally.voter)
    short, middle, long = biases.of_positions(leaning, part, ("short", "middle", "long"))
    assert long.lower > 0.3
    assert max(short.lower, middle.lower) < 0 < min(short.upper, middle.upper)
    assert not biases.of_positions(leaning, part, ("short", "middle", "long", "none"))[3].known


def test_ranks_are_standardised_and_equal_amounts_level() -> None:
    found = biases.ranked(np.array([3.0, 1.0, 3.0, 10.0]))
    assert found[0] == found[2]
    assert (found.mean(), found.std()) == pytest.approx((0, 1))
    assert biases.terciles(np.array([1.0, 1, 1, 1, 2, 2])).tolist() == [0, 0, 0, 0, 2, 2]
