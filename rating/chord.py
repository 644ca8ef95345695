"""Refits close to a fit: its own curvature stands in for theirs, so that no step factors a matrix."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit

from rating import bradley_terry
from rating.arrays import Matrix, Vector
from rating.bradley_terry import Fit

Slope: TypeAlias = Callable[[Vector], Vector]

CLOSE = 1e-8  # in log-odds
MOST_STEPS = 40


@dataclass(frozen=True, eq=False)
class Chord:
    """How to refit other outcomes of the same contenders, given as `decided` and `ties` (M x M, as in Counts).

    `place` holds the fit's free parameters, the strengths first and the phantom at 0; `inverse` is the inverse of
    its information. `slopes` makes, of a board's outcomes, the function from a place to the log-likelihood's
    gradient there, prior included. `whole` is the refit from scratch, for boards too far away.
    """

    place: Vector
    inverse: Matrix
    slopes: Callable[[Matrix, Matrix], Slope]
    whole: Callable[[Matrix, Matrix], Vector]

    def refit(self, decided: Matrix, ties: Matrix) -> Vector:
        """theta (M, sums to zero), settled to 1e-8 in every difference; or the error of the refit from scratch."""
        found = self._settled(decided, ties)
        return self.whole(decided, ties) if found is None else found

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def _settled(self, decided: Matrix, ties: Matrix) -> Vector | None:
        """None where the chord leads away; its steps are then not numbers, or don't shrink."""
        slope, place, size = self.slopes(decided, ties), self.place, len(decided)
        before = np.inf
        for _ in range(MOST_STEPS if size else 0):
            step = self.inverse @ slope(place)
            place = place + step
            reach = float(np.ptp(step[:size]))
            # They shrink by a steady ratio, so the last two say how far the next one would go.
            ahead = reach * reach / before if np.isfinite(before) else reach
            if reach <= before / 2 and ahead < CLOSE / 2:
                return np.asarray(place[:size] - place[:size].mean())
            if not reach < bradley_terry.LONGEST_STEP:
                break
            before = reach
        return None


def of(fit: Fit) -> Chord:
    """The chord of a fit in which a tie is half a win to each."""
    size = len(fit.theta)
    inverse = np.zeros((size, size))
    if size:
        factor = cho_factor(bradley_terry.gauged(fit.information, fit.prior), lower=True, check_finite=False)
        inverse = np.asarray(cho_solve(factor, np.eye(size), check_finite=False))
    return Chord(
        fit.theta - fit.phantom,
        inverse,
        lambda decided, ties: _halves(decided, ties, fit.prior),
        lambda decided, ties: bradley_terry.fit(decided + ties / 2, prior=fit.prior, start=fit).theta,
    )


def _halves(decided: Matrix, ties: Matrix, prior: float) -> Slope:
    """g_i = Σ_j (w_ij - n_ij p_ij) + prior (1/2 - σ(θ_i)), with n_ij p_ij = e_i n_ij / (e_i + e_j) and e = exp θ."""
    wins = decided + ties / 2
    games = wins + wins.T
    won = wins.sum(axis=1)
    shares = np.empty_like(games)

    def slope(place: Vector) -> Vector:
        odds = np.exp(place)
        np.add(odds[:, None], odds, out=shares)
        np.divide(games, shares, out=shares)
        return np.asarray(won - odds * shares.sum(axis=1) + prior * (0.5 - expit(place)))

    return slope
