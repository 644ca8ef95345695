from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from rating import chances, simulate, streams
from rating.arrays import Matrix
from rating.chances import Davidson, Grounded
from rating.settings import SETTINGS, Setting
from rating.simulate import Truth
from rating.streams import Purpose
from rating.tally import Tally

TRUTH = Truth(strengths=np.array([0.8, 0.3, -0.2, -0.9]))
MANY = Setting(contenders=4, votes=200_000)


def drawn(truth: Truth, setting: Setting, board: int = 0) -> Tally:
    return simulate.draw(truth, setting, streams.opened(3, Purpose.SIMULATION, board))


def seen(tally: Tally) -> Matrix:
    """The share of each outcome on each ordered pair."""
    size = len(tally.contenders)
    counts = np.zeros((4, size, size))
    np.add.at(counts, (tally.outcome, tally.first, tally.second), 1)
    return np.asarray(counts / np.maximum(counts.sum(axis=0), 1))


@pytest.mark.parametrize(
    "truth",
    [
        TRUTH,
        replace(TRUTH, rule=Davidson(-0.4, np.array([0.6, 0, 0, 0.6]))),
        replace(TRUTH, rule=Grounded(0.5, 1.4)),
        replace(TRUTH, position=0.5),
    ],
)
def test_outcomes_come_as_often_as_their_chances(truth: Truth) -> None:
    table = chances.averaged(truth.strengths, truth.rule, position=truth.position)
    # 16,667 votes on each ordered pair: four standard errors are .0155.
    assert np.abs(seen(drawn(truth, MANY)) - table).max() < 0.0155


def test_tastes_are_a_voters_own_and_averaged_they_are_the_populations() -> None:
    setting = replace(MANY, voters=50_000, taste=0.8)
    table = chances.averaged(TRUTH.strengths, TRUTH.rule, taste=0.8)
    assert np.abs(seen(drawn(TRUTH, setting)) - table).max() < 0.02
    lone = drawn(TRUTH, replace(MANY, voters=1, taste=0.8))
    assert np.abs(seen(lone) - table).max() > 0.05


def test_pairs_and_sides_are_uniform() -> None:
    tally = drawn(TRUTH, MANY)
    met = np.bincount(tally.first * 4 + tally.second, minlength=16).reshape(4, 4)
    assert not met.diagonal().any()
    assert np.abs(met[~np.eye(4, dtype=bool)] - MANY.votes / 12).max() < 4 * np.sqrt(MANY.votes / 12)


def test_busyness_is_log_normal_and_without_voters_every_vote_has_its_own() -> None:
    private = drawn(Truth(strengths=np.zeros(15)), SETTINGS["private"])
    assert 55 < private.clusters("voter") <= 60
    # Kish's number is G / (1 + CV²), and CV² of a log-normal with sd 1 is e - 1; sixty draws vary around it.
    assert 12 < private.effective("voter") < 40
    even = drawn(Truth(strengths=np.zeros(15)), replace(SETTINGS["private"], activity=0.0))
    assert even.effective("voter") > 55
    assert drawn(Truth(strengths=np.zeros(15)), SETTINGS["new board"]).effective("voter") == 300


def test_a_style_moves_the_log_odds_by_its_coefficient() -> None:
    truth = Truth(strengths=np.zeros(4), style=(0.7, 0.0))
    tally, covariates = simulate.draw_styled(truth, MANY, streams.opened(3, Purpose.SIMULATION))
    assert covariates.shape == (MANY.votes, 2)
    won = tally.outcome == 0
    for column, coefficient in ((0, 0.7), (1, 0.0)):
        near = np.abs(covariates[:, column] - 1) < 0.1
        assert won[near].mean() == pytest.approx(expit(coefficient), abs=0.02)


def test_equal_streams_give_equal_votes_and_others_others() -> None:
    one, again, other = (drawn(TRUTH, Setting(contenders=4, votes=50), board) for board in (1, 1, 2))
    assert np.array_equal(one.outcome, again.outcome)
    assert np.array_equal(one.first, again.first)
    assert not np.array_equal(one.first, other.first)


def test_what_a_prompt_adds_is_its_own_and_averaged_it_is_a_taste() -> None:
    setting = replace(MANY, prompts=50_000, affinity=0.8)
    table = chances.averaged(TRUTH.strengths, TRUTH.rule, taste=setting.whim)
    assert np.abs(seen(drawn(TRUTH, setting)) - table).max() < 0.02
    lone = drawn(TRUTH, replace(setting, prompts=1))
    assert lone.prompt is not None
    assert lone.clusters("prompt") == 1
    assert np.abs(seen(lone) - table).max() > 0.05
    assert SETTINGS["two-way"].whim == pytest.approx(0.8 * np.sqrt(2))
