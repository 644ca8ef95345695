from typing import Any

import numpy as np
import pytest

import rating
from rating import Counts, RatingError, bradley_terry, chord, replicates
from rating.likelihood import Ties


def board(seed: int = 0, votes: int = 3000) -> Counts:
    """Counts of six contenders, a third of them tied."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 6, votes)
    second = (first + rng.integers(1, 6, votes)) % 6
    chance = 1 / (1 + np.exp((second - first) / 3))
    said = np.where(rng.random(votes) < 1 / 3, 2 + rng.integers(0, 2, votes), rng.random(votes) > chance)
    return rating.Tally.of(first, second, said, contenders=[str(code) for code in range(6)]).counts


@pytest.mark.parametrize("prior", [0.0, 1.0])
@pytest.mark.parametrize("ties", list(Ties))
def test_its_gradient_is_that_of_the_likelihood_written_out(ties: Ties, prior: float) -> None:
    counts, other = board(), board(1)
    fit = rating.fit(counts, ties=ties, prior=prior)
    place = fit.place + np.random.default_rng(2).normal(0, 0.1, fit.layout.size)
    found = chord.slopes(fit, other.decided, other.ties)(place)
    written = bradley_terry.slopes_at(other.table, place, ties=ties, layout=fit.layout, prior=prior).gradient
    assert found == pytest.approx(written, abs=1e-9)


@pytest.mark.parametrize("prior", [0.0, 1.0])
@pytest.mark.parametrize("ties", list(Ties))
def test_it_finds_the_fit_of_newtons_method(ties: Ties, prior: float, monkeypatch: pytest.MonkeyPatch) -> None:
    fit, other = rating.fit(board(), ties=ties, prior=prior), board(1)
    expected = rating.fit(other, ties=ties, prior=prior).theta

    def refused(*_: Any) -> None:
        raise AssertionError("The chord was left.")

    monkeypatch.setattr(chord.Chord, "_whole", refused)
    assert chord.of(fit).refit(other.decided, other.ties) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("ties", list(Ties))
def test_a_board_far_away_is_refitted_from_scratch(ties: Ties) -> None:
    fit = rating.fit(board(), ties=ties)
    decided = np.triu(np.full((6, 6), 500.0), 1)
    assert chord.of(fit).refit(decided, np.zeros((6, 6))) == pytest.approx(
        rating.fit(np.stack([decided, *np.zeros((3, 6, 6))]), ties=ties).theta, abs=1e-7
    )


@pytest.mark.parametrize("ties", list(Ties))
def test_replicates_spread_as_the_curvature_of_every_rule_says(ties: Ties) -> None:
    # But for the half-win rule, whose curvature counts a tie as more than it says.
    fit = rating.fit(board(), ties=ties)
    thetas = replicates.run(board(), fit, seed=0, count=400)
    variances = rating.covariance.curvature(fit).diagonal()[:6]
    ratio = float(replicates.ratio(thetas, variances).mean())
    assert (0.7 < ratio < 0.9) if ties is Ties.HALF else abs(ratio - 1) < 0.05


def test_a_fit_with_a_position_effect_is_refused() -> None:
    with pytest.raises(RatingError, match="position"):
        chord.of(rating.fit(board(), position=True))


def test_a_replicate_in_which_wins_lead_from_nobody_to_everybody_is_refused_without_a_prior() -> None:
    fit = rating.fit(board(), ties=Ties.HALF, prior=0)
    near, decided = chord.of(fit), board().decided.copy()
    for loser in range(6):
        lost = decided.copy()
        lost[loser] = 0
        with pytest.raises(rating.NoMaximum):
            near.refit(lost, np.zeros((6, 6)))
    decided[0, 1] = decided[1, 0] = 0
    assert near.refit(decided, np.zeros((6, 6))) == pytest.approx(rating.fit(decided, prior=0).theta, abs=1e-8)
