import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rating import RatingError, Tally, diagnosis, reweighting, votefile, weights
from rating.diagnosis import Kind, Known
from rating.effects import Verdict
from rating.scale import PER_LOGIT
from tests.rating import biased


def test_a_board_is_looked_through_for_all_that_is_known_of_its_votes_and_for_no_more() -> None:
    board = biased.drawn(np.random.default_rng(1), "private")
    found = diagnosis.of(board.tally, biased.known(board), replicates=9)
    kinds = {each.told.effect.name: each.kind for each in found.found}
    assert list(kinds) == [
        *("position", *diagnosis.LENGTHS, *biased.FEATURES, "style"),
        *("category", "language", "time of day", "hasty votes", "duplicates", "contamination"),
        *("attention", "transitivity"),
    ]
    assert kinds["length"] is Kind.PREFERENCE
    assert kinds["style"] is kinds["category"] is Kind.SHIFT
    assert found.shared is not None
    assert found.shared.votes == 3000
    assert found.duplicated is not None
    assert found.contaminated == pytest.approx(float(board.contaminated.mean()))
    assert sum(each.votes for each in found.categories.values()) == 3000
    bare = diagnosis.of(board.tally, Known(), replicates=9)
    assert [each.told.effect.name for each in bare.found] == ["position", "transitivity"]
    assert (bare.duplicated, bare.contaminated, bare.categories) == (None, None, {})


def test_the_declared_mix_names_who_gains_by_it_and_who_swaps() -> None:
    tally, category = biased.mixed(np.random.default_rng(2), biased.MIX[1])
    known = Known(category=category, mix=dict(enumerate(biased.MIX)))
    found = diagnosis.of(tally, known, replicates=1)
    mix = next(each for each in found.found if each.told.effect.name == "category")
    assert mix.told.verdict is Verdict.PRESENT
    assert mix.told.effect.who == "a"
    assert PER_LOGIT * mix.told.effect.value == pytest.approx(64.5, abs=15)
    own = reweighting.measure(tally, weights.post_stratified(category, known.mix or {}))
    assert mix.swaps == own.swaps
    assert {found.contenders[swap.riser] for swap in mix.swaps} == {"a"}


def test_votes_of_which_something_is_not_known_are_left_out_of_that_question_alone() -> None:
    board = biased.drawn(np.random.default_rng(3), "public")
    half = np.arange(6000) < 3000
    some = replace(
        biased.known(board),
        dwell=np.where(half, board.dwell, math.nan),
        category=np.where(half, board.category, -1),
        language=np.full(6000, -1),
    )
    found = {each.told.effect.name: each.told.effect for each in diagnosis.of(board.tally, some, replicates=1).found}
    alone = diagnosis.of(board.tally.only(half), Known(dwell=board.dwell[half], category=board.category[half]))
    for each in alone.found:
        if each.told.effect.name in ("category", "hasty votes", "attention"):
            assert found[each.told.effect.name] == each.told.effect
    assert not found["language"].known


def test_contenders_that_share_no_scale_with_the_others_are_left_out() -> None:
    board = biased.drawn(np.random.default_rng(4), "private")
    tally = board.tally
    names = (*tally.contenders, "p", "q")
    extra = np.full(20, len(tally.contenders))
    apart = Tally(
        names,
        np.append(tally.first, extra),
        np.append(tally.second, extra + 1),
        np.append(tally.outcome, np.arange(20) % 2),
        np.append(np.asarray(tally.voter), np.arange(20)),
    )
    known = Known(dwell=np.append(board.dwell, np.ones(20)))
    found, own = diagnosis.of(apart, known, replicates=1), diagnosis.of(tally, Known(dwell=board.dwell), replicates=1)
    assert found.contenders == own.contenders
    assert [each.told for each in found.found] == [each.told for each in own.found]


def test_a_handful_of_votes_is_unknown_and_no_votes_are_refused() -> None:
    board = biased.drawn(np.random.default_rng(5), "public")
    few = diagnosis.of(board.tally.only(np.arange(6000) < 3), biased.known(board).only(np.arange(6000) < 3))
    assert few.found[0].told.effect.name == "position"
    assert not any(each.told.verdict is Verdict.PRESENT for each in few.found)
    with pytest.raises(RatingError, match="no votes"):
        diagnosis.of(board.tally.only(np.zeros(6000, dtype=bool)), Known())


def test_people_preferred_the_first_of_two_answers_and_prompts_asked_equally_often_change_nothing() -> None:
    """LLMFAO: 13 prompts, each voted on about 690 times by 124 people, 40 of them if all were equally busy."""
    tally = votefile.load(Path("deploy/demo/llmfao.csv.gz")).tally
    found = diagnosis.of(tally, Known(cluster=tally.prompt), replicates=9)
    told = {each.told.effect.name: each.told for each in found.found}
    assert told["position"].verdict is Verdict.PRESENT
    assert (told["position"].effect.lower, told["position"].effect.upper) == pytest.approx((0.04, 0.27), abs=0.005)
    assert told["duplicates"].verdict in (Verdict.UNCLEAR, Verdict.NEGLIGIBLE)
    assert told["transitivity"].verdict is Verdict.UNKNOWN
    assert found.shared is not None
    assert found.shared.voters == 124
    assert found.shared.busiest == pytest.approx(343 / 8931)
    assert found.shared.effective == pytest.approx(40, abs=0.5)


def test_the_hastiest_quarter_of_votes_is_left_out() -> None:
    board = biased.drawn(np.random.default_rng(7), "public")
    found = diagnosis.of(board.tally, Known(dwell=board.dwell), replicates=1)
    hasty = next(each for each in found.found if each.told.effect.name == "hasty votes")
    quickest = np.argsort(np.argsort(board.dwell)) < 1500
    own = reweighting.measure(board.tally, reweighting.without(quickest))
    assert hasty.told.effect == own.effect("hasty votes")


def test_parts_that_are_tiny_keep_their_votes_weight() -> None:
    """Votes at night, 1 % of all, are not weighed up to a quarter of the board."""
    board = biased.drawn(np.random.default_rng(6), "public")
    hour = np.where(np.arange(6000) < 60, 2, np.where(np.arange(6000) < 2000, 9, 15))
    found = diagnosis.of(board.tally, Known(hour=hour), replicates=1)
    day = next(each for each in found.found if each.told.effect.name == "time of day")
    part = hour // 4
    shares = {0: 0.01, 2: 0.495, 3: 0.495}
    own = reweighting.measure(board.tally, weights.post_stratified(part, shares))
    assert day.told.effect.value == pytest.approx(own.effect("time of day").value)
