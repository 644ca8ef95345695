"""Oracles and simulated boards for prediction-powered ratings (Angelopoulos, Duchi & Zrnic 2023, arXiv 2311.01453)."""

from dataclasses import replace

import numpy as np
import pytest

from rating import RatingError, assisted, bradley_terry
from rating.assisted import Verdicts
from tests.rating.judged import CONTENDERS, board


def test_a_judge_that_is_not_believed_leaves_peoples_own_fit() -> None:
    _, labelled, judged = board(np.random.default_rng(1), "biased", 500, 2000)
    found = assisted.join(labelled, judged, CONTENDERS, believed=0.0)
    wins = np.zeros((CONTENDERS, CONTENDERS))
    assert labelled.people is not None
    np.add.at(wins, (labelled.first, labelled.second), labelled.people)
    np.add.at(wins, (labelled.second, labelled.first), 1 - labelled.people)
    assert np.array_equal(found.theta, bradley_terry.fit(wins).theta)
    assert found.worth == 1.0


def test_a_judge_that_always_says_what_people_say_is_believed_as_one_of_them() -> None:
    """λ comes to N/(n + N), and the fit to that of all votes together."""
    _, labelled, judged = board(np.random.default_rng(2), "sharp", 4000, 12_000)
    assert labelled.people is not None
    same = replace(labelled, judge=labelled.people)
    found = assisted.join(same, judged, CONTENDERS)
    assert found.believed == pytest.approx([0.75], abs=0.02)
    everything = Verdicts(
        first=np.concatenate([same.first, judged.first]),
        second=np.concatenate([same.second, judged.second]),
        judge=np.concatenate([same.judge, judged.judge]),
        cluster=np.arange(16_000),
        stratum=np.zeros(16_000, dtype=np.int64),
        people=np.concatenate([same.judge, judged.judge]),
    )
    pooled = assisted.join(everything, judged, CONTENDERS, believed=0.0)
    assert np.abs(found.theta - pooled.theta).max() < 0.02
    assert found.worth == pytest.approx(4, rel=0.1)


def test_a_judge_whose_words_are_shuffled_is_hardly_believed() -> None:
    rng = np.random.default_rng(3)
    _, labelled, judged = board(rng, "sharp", 2000, 20_000)
    shuffled = replace(labelled, judge=rng.permutation(labelled.judge))
    assert assisted.join(shuffled, judged, CONTENDERS).believed[0] < 0.05


def test_sides_turned_round_change_nothing() -> None:
    _, labelled, judged = board(np.random.default_rng(4), "biased", 600, 3000)
    one = assisted.join(labelled, judged, CONTENDERS)
    other = assisted.join(turned(labelled), turned(judged), CONTENDERS)
    assert other.theta == pytest.approx(one.theta, abs=1e-9)
    assert other.covariance == pytest.approx(one.covariance, abs=1e-9)


def turned(verdicts: Verdicts) -> Verdicts:
    people = None if verdicts.people is None else 1 - verdicts.people
    return replace(verdicts, first=verdicts.second, second=verdicts.first, judge=1 - verdicts.judge, people=people)


def test_the_order_of_the_battles_changes_nothing() -> None:
    rng = np.random.default_rng(5)
    _, labelled, judged = board(rng, "biased", 600, 3000)
    order = rng.permutation(600)
    assert labelled.people is not None
    mixed = Verdicts(
        *(getattr(labelled, name)[order] for name in ("first", "second", "judge", "cluster", "stratum", "people"))
    )
    one, other = (assisted.join(battles, judged, CONTENDERS) for battles in (labelled, mixed))
    assert other.theta == pytest.approx(one.theta, abs=1e-9)
    assert other.covariance == pytest.approx(one.covariance, abs=1e-9)


def test_clusters_widen_the_intervals_as_if_each_were_one_battle() -> None:
    """Every battle eight times over by the same cluster tells no more than once."""
    _, labelled, judged = board(np.random.default_rng(6), "sharp", 800, 4000)
    once = assisted.join(labelled, judged, CONTENDERS, believed=0.3)
    again = assisted.join(repeated(labelled), repeated(judged), CONTENDERS, believed=0.3)
    assert np.diag(again.covariance) == pytest.approx(np.diag(once.covariance), rel=0.05)


def repeated(verdicts: Verdicts) -> Verdicts:
    names = ("first", "second", "judge", "cluster", "stratum", "people")
    columns = {name: getattr(verdicts, name) for name in names if getattr(verdicts, name) is not None}
    return Verdicts(**{name: np.repeat(column, 8) for name, column in columns.items()})


def test_each_stratum_believes_the_judge_for_itself() -> None:
    """A judge that is sharp on one category and tosses a coin on the other (Fisch et al. 2024, stratified PPI)."""
    rng = np.random.default_rng(7)
    _, labelled, judged = board(rng, "sharp", 4000, 20_000)
    labelled, judged = (coin(rng, one) for one in (labelled, judged))
    found = assisted.join(labelled, judged, CONTENDERS)
    assert found.believed[0] > 0.35
    assert found.believed[1] < 0.05
    joined = assisted.join(replace(labelled, stratum=labelled.stratum * 0), judged, CONTENDERS)
    assert found.worth > joined.worth


def coin(rng: np.random.Generator, verdicts: Verdicts) -> Verdicts:
    stratum = rng.integers(0, 2, len(verdicts))
    tossed = rng.integers(0, 2, len(verdicts)).astype(float)
    return replace(verdicts, stratum=stratum, judge=np.where(stratum == 0, verdicts.judge, tossed))


def test_a_stratum_with_few_labels_or_nothing_judged_is_not_corrected_by_itself() -> None:
    _, labelled, judged = board(np.random.default_rng(8), "sharp", 500, 3000)
    rare = replace(labelled, stratum=np.where(np.arange(500) < 20, 7, 0))
    found = assisted.join(rare, judged, CONTENDERS)
    assert len(found.believed) == 2
    assert found.believed[1] == 0.0


def test_battles_chosen_unequally_count_by_one_over_their_chance() -> None:
    """Half of the battles of the first three contenders are labelled, and all others: weights take it back."""
    rng = np.random.default_rng(9)
    truth, labelled, judged = board(rng, "biased", 40_000, 40_000)
    familiar = (labelled.first < 3) & (labelled.second >= 3) & (labelled.people == 1)
    kept = ~familiar | (rng.random(40_000) < 0.5)
    names = ("first", "second", "judge", "cluster", "stratum", "people")
    chosen = Verdicts(*(getattr(labelled, name)[kept] for name in names))
    weighed = replace(chosen, weight=np.where(familiar, 2.0, 1.0)[kept])
    off, right = (np.abs(assisted.join(one, judged, CONTENDERS).theta - truth).max() for one in (chosen, weighed))
    assert right < 0.12 < off


def test_without_people_there_is_nothing_to_hold_a_judge_against() -> None:
    _, labelled, judged = board(np.random.default_rng(10), "sharp", 300, 300)
    with pytest.raises(RatingError, match="a judge alone"):
        assisted.join(judged, judged, CONTENDERS)
    with pytest.raises(RatingError, match="a judge alone"):
        assisted.join(replace(labelled, cluster=labelled.cluster * 0), judged, CONTENDERS)


# The benchmark `assisted` draws 2,000 boards and holds them to 94 to 96.5 %; these are fewer, so the ends are wider.
@pytest.mark.slow
@pytest.mark.parametrize(("judge", "least"), [("sharp", 1.1), ("biased", 1.05), ("useless", 0.98)])
def test_boards_are_covered_and_worth_what_is_promised(judge: str, least: float) -> None:
    rng = np.random.default_rng(20)
    covered, errors, alone = [], [], []
    for _ in range(200):
        truth, labelled, judged = board(rng, judge, 500, 20_000)
        found, human = (assisted.join(labelled, judged, CONTENDERS, believed=believed) for believed in (None, 0.0))
        covered.append(np.abs(found.theta - truth) < 1.96 * np.sqrt(np.diag(found.covariance)))
        errors.append(((found.theta - truth) ** 2).mean())
        alone.append(((human.theta - truth) ** 2).mean())
    assert 0.925 <= np.mean(covered) <= 0.975
    assert np.mean(alone) / np.mean(errors) >= least


def test_battles_that_people_alone_have_seen_add_their_own_and_change_no_weight() -> None:
    """With λ at 0 the fit is that of all votes, judged or not; and what is told of the judge is not taken from them."""
    _, labelled, judged = board(np.random.default_rng(9), "sharp", 900, 4000)
    assert labelled.people is not None
    names = ("first", "second", "judge", "cluster", "stratum", "people")
    both, alone = (
        Verdicts(*(getattr(labelled, name)[place] for name in names)) for place in (slice(600), slice(600, None))
    )
    plain = assisted.join(labelled, judged, CONTENDERS, believed=0.0)
    apart = assisted.join(both, judged, CONTENDERS, unjudged=replace(alone, judge=np.full(300, np.nan)), believed=0.0)
    assert np.array_equal(apart.theta, plain.theta)
    assert apart.covariance == pytest.approx(plain.covariance, rel=0.05, abs=1e-4)
    found = assisted.join(both, judged, CONTENDERS, unjudged=alone)
    assert found.believed == pytest.approx(assisted.join(both, judged, CONTENDERS).believed, abs=0.05)
    assert 1.0 < found.worth < assisted.join(both, judged, CONTENDERS).worth
