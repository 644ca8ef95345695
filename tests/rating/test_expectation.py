import numpy as np
import pytest

from rating import RatingError, Ties, bradley_terry, expectation
from rating.chances import Davidson
from rating.expectation import Expectation
from tests.rating import boards


def test_chances_are_those_of_davidsons_model() -> None:
    theta, propensity = np.array([0.8, 0.1, -0.9]), np.array([0.2, 0.0, -0.4])
    first, second = np.array([0, 1, 2]), np.array([1, 2, 0])
    expected = Expectation(theta, np.zeros((3, 3)), -0.5, propensity, position=0.3)
    lead, tied = expected.lead(first, second), expected.tied(first, second)
    won, lost, tie, _ = Davidson(-0.5, propensity).outcomes(theta[first] + 0.3, theta[second], first, second)
    mean, variance = expectation.points(lead, tied)
    assert np.exp(lead / 2 - expectation.volume(lead, tied)) == pytest.approx(won)
    assert mean == pytest.approx(won + tie / 2 - 0.5)
    assert variance == pytest.approx(won + tie / 4 - (won + tie / 2) ** 2)
    assert (lost > 0).all()


def test_the_variance_of_points_is_the_slope_of_their_mean() -> None:
    lead, tied = np.linspace(-3, 3, 7), np.full(7, 0.4)
    above, below = (expectation.points(lead + step, tied)[0] for step in (1e-5, -1e-5))
    assert expectation.points(lead, tied)[1] == pytest.approx((above - below) / 2e-5, rel=1e-6)


@pytest.mark.parametrize("level", [-np.inf, 0.2])
def test_outcomes_are_drawn_as_often_as_they_are_expected(level: float) -> None:
    lead, tied = np.full(100_000, 0.7), np.full(100_000, level)
    found = np.bincount(expectation.drawn(lead, tied, np.random.default_rng(1)), minlength=3) / 100_000
    whole = expectation.volume(lead[0], tied[0])
    assert found == pytest.approx([np.exp(0.35 - whole), np.exp(-0.35 - whole), np.exp(level - whole)], abs=0.006)


def test_a_boards_fit_with_ties_is_taken_over_whole() -> None:
    tally = boards.llmfao()
    fit = bradley_terry.fit(tally.counts)
    expected = Expectation.of(fit)
    shares = np.bincount(tally.outcome, minlength=4) / len(tally)
    lead, tied = expected.lead(tally.first, tally.second), expected.tied(tally.first, tally.second)
    tie = np.exp(tied - expectation.volume(lead, tied)).mean()
    assert tie == pytest.approx(shares[2], abs=0.01)


def test_a_rule_of_ties_that_is_not_davidsons_is_refused() -> None:
    fit = bradley_terry.fit(boards.llmfao().counts, ties=Ties.RAO_KUPPER)
    with pytest.raises(RatingError, match="Davidson"):
        Expectation.of(fit)
