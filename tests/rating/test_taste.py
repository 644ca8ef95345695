import numpy as np
import pytest

from rating import Tally, bradley_terry, settings, simulate, taste
from rating.expectation import Expectation
from rating.settings import Setting
from rating.simulate import Truth


def history(sd: float, seed: int) -> tuple[Tally, np.random.Generator]:
    rng = np.random.default_rng(seed)
    voting = Setting(contenders=20, votes=40_000, voters=1500, activity=0.5, taste=sd)
    return simulate.draw(Truth(strengths=settings.strengths(rng, 20)), voting, rng), rng


def variance(tally: Tally, rng: np.random.Generator) -> float:
    expected = Expectation.of(bradley_terry.of_wins(tally.counts.wins))
    assert tally.voter is not None
    return taste.History(expected, tally.voter, tally.first, tally.second, tally.outcome).variance(rng)


@pytest.mark.parametrize("sd", [0.3, 0.5, 0.8])
def test_the_taste_that_votes_were_drawn_with_is_recovered(sd: float) -> None:
    assert np.sqrt(variance(*history(sd, 4))) == pytest.approx(sd, abs=0.07)


def test_where_all_are_of_one_mind_there_is_no_taste() -> None:
    assert variance(*history(0.0, 5)) < 0.04


def test_attackers_in_the_history_hardly_widen_what_passes_for_taste() -> None:
    tally, rng = history(0.5, 6)
    clean = variance(tally, np.random.default_rng(1))
    # 45 voters (3 %) with 25 votes for one contender each.
    opponents = rng.integers(1, 20, size=45 * 25)
    rigged = Tally(
        tally.contenders,
        np.concatenate([tally.first, np.zeros_like(opponents)]),
        np.concatenate([tally.second, opponents]),
        np.concatenate([tally.outcome, np.zeros_like(opponents)]),
        np.concatenate([tally.voter, 1500 + np.repeat(np.arange(45), 25)]),
    )
    assert np.sqrt(variance(rigged, np.random.default_rng(1))) == pytest.approx(np.sqrt(clean), abs=0.1)


def test_sharpened_strengths_averaged_over_tastes_are_the_strengths_again() -> None:
    rng = np.random.default_rng(2)
    own = 0.9 * taste.sharpened(0.25) + np.sqrt(0.5) * rng.standard_normal(400_000)
    assert np.mean(1 / (1 + np.exp(-own))) == pytest.approx(1 / (1 + np.exp(-0.9)), abs=0.005)
