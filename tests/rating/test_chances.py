import numpy as np
import pytest
from scipy.special import expit

from rating import RatingError, chances
from rating.chances import Davidson, Grounded

STRENGTHS = np.array([0.9, 0.1, -0.3, -0.7])
PLACES = np.zeros(3, dtype=np.int64), np.ones(3, dtype=np.int64)


def test_without_ties_davidson_is_bradley_terry() -> None:
    table = chances.averaged(STRENGTHS, Davidson())
    expected = expit(STRENGTHS[:, None] - STRENGTHS)
    np.fill_diagonal(expected, 0)
    assert table[0] == pytest.approx(expected)
    assert table[1] == pytest.approx(expected.T)
    assert not table[2:].any()
    assert chances.estimand(table) == pytest.approx(STRENGTHS, abs=1e-9)


def test_two_draw_prone_contenders_tie_more_and_win_in_the_same_proportion() -> None:
    # Davidson 1970: P(tie) is nu √(P(a) P(b)), with nu = exp(level + (k + k')/2).
    rule = Davidson(-1.0, np.array([0.8, 0.4, 0.0, 0.0]))
    table = chances.averaged(STRENGTHS, rule)
    assert table[2, 0, 1] == pytest.approx(np.exp(-0.4) * np.sqrt(table[0, 0, 1] * table[1, 0, 1]))
    assert chances.estimand(table) == pytest.approx(STRENGTHS, abs=1e-9)


@pytest.mark.parametrize("eta", [1.0, 1.7])
def test_grounded_chances_sum_to_one_and_come_to_rao_kupper_as_both_grow(eta: float) -> None:
    f = np.linspace(-2, 2, 3)
    said = Grounded(0.4, eta).outcomes(f, f[::-1], *PLACES)
    assert said.sum(axis=0) == pytest.approx(np.ones(3))
    assert said.min() >= 0
    high = Grounded(30.0, eta).outcomes(f, f[::-1], *PLACES)
    assert high[3] == pytest.approx(np.zeros(3), abs=1e-10)
    assert high[0] == pytest.approx(expit(2 * f - np.log(eta)))


@pytest.mark.parametrize("eta", [0.9, float("nan")])
def test_an_eta_that_leaves_ties_less_than_no_chance_is_refused(eta: float) -> None:
    with pytest.raises(RatingError, match="eta is a number from 1 on"):
        Grounded(eta=eta)


def test_turning_the_sides_turns_the_outcome_unless_position_counts() -> None:
    for rule in (Davidson(-0.5), Grounded(0.2, 1.3)):
        even, biased = (chances.averaged(STRENGTHS, rule, taste=0.6, position=position) for position in (0.0, 0.4))
        assert even[0] == pytest.approx(even[1].T)
        assert (biased[0] - biased[1].T)[0, 1] > 0.03


@pytest.mark.parametrize("rule", [Davidson(), Davidson(-0.5), Grounded(0.5, 1.4)])
def test_chances_averaged_over_tastes_are_those_of_many_voters(rule: Davidson | Grounded) -> None:
    rng = np.random.default_rng(11)
    left, right = 0.9 + 0.8 * rng.standard_normal(200_000), 0.1 + 0.8 * rng.standard_normal(200_000)
    said = rule.outcomes(left, right, np.zeros(200_000, np.int64), np.ones(200_000, np.int64)).mean(axis=1)
    assert chances.averaged(STRENGTHS, rule, taste=0.8)[:, 0, 1] == pytest.approx(said, abs=0.002)


def test_tastes_bring_the_population_closer_together() -> None:
    found = chances.estimand(chances.averaged(STRENGTHS, Davidson(), taste=0.8))
    assert 0.8 < np.ptp(found) / np.ptp(STRENGTHS) < 0.9
