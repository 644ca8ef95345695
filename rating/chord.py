"""Refits close to a fit: its own curvature stands in for theirs, so that no step factors a matrix."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from rating import bradley_terry, newton, positive
from rating.arrays import Matrix, Vector, expit
from rating.bradley_terry import Fit
from rating.errors import RatingError
from rating.likelihood import RIDGE, Layout, Ties

Slope: TypeAlias = Callable[[Vector], Vector]

CLOSE = 1e-8  # in log-odds
LONGEST_STEP = 10.0
MOST_STEPS = 40


@dataclass(frozen=True, eq=False)
class Chord:
    """How to refit other outcomes of the fit's contenders, given as `decided` and `ties` (M x M, as in Counts).

    `inverse` is the inverse of the fit's information, over all of its free parameters.
    """

    fit: Fit
    inverse: Matrix

    def refit(self, decided: Matrix, ties: Matrix) -> Vector:
        """theta (M, sums to zero), settled to 1e-8 in every parameter; or the error of the refit from scratch."""
        # Whoever has no votes left pulls nowhere, so that without a prior the steps shrink as if there were an optimum.
        if self.fit.prior == 0 and not self._joined(decided):
            bradley_terry.refuse_unbounded(_table(decided, ties), self.fit.ties)
        found = self._settled(decided, ties)
        return self._whole(decided, ties) if found is None else found

    @cached_property
    def _hub(self) -> int:
        """The contender about whom the votes say most."""
        return int(np.argmax(self.fit.information.diagonal()[: len(self.fit.theta)]))

    def _joined(self, decided: Matrix) -> bool:
        """Whether one contender beat all others and was beaten by all: then wins lead from everyone to everyone.

        So it is on most boards, and told by one row and one column.
        """
        others = len(decided) - 1
        if others < 1:
            return True
        won, lost = np.count_nonzero(decided[self._hub]), np.count_nonzero(decided[:, self._hub])
        return bool(won == others == lost)

    @np.errstate(over="ignore", invalid="ignore", divide="ignore")
    def _settled(self, decided: Matrix, ties: Matrix) -> Vector | None:
        """None where the chord leads away; its steps are then not numbers, or don't shrink."""
        slope, place, size = slopes(self.fit, decided, ties), self.fit.place, len(decided)
        before = np.inf
        for _ in range(MOST_STEPS if size else 0):
            step = self.inverse @ slope(place)
            place = place + step
            reach = max(float(np.ptp(step[:size])), float(np.abs(step[size:]).max(initial=0.0)))
            # They shrink by a steady ratio, so the last two say how far the next one would go.
            ahead = reach * reach / before if np.isfinite(before) else reach
            if reach <= before / 2 and ahead < CLOSE / 2:
                return np.asarray(place[:size] - place[:size].mean())
            if not reach < LONGEST_STEP:
                break
            before = reach
        return None

    def _whole(self, decided: Matrix, ties: Matrix) -> Vector:
        fit = self.fit
        counts = _table(decided, ties) if fit.layout.level else _wins(fit, decided, ties)
        return bradley_terry.fit(counts, ties=fit.ties, prior=fit.prior, start=fit).theta


def of(fit: Fit) -> Chord:
    """The chord of a fit without a position effect, which redraws by unordered pairs can't tell."""
    if fit.layout.position:
        raise RatingError("A fit with a position effect can't be replicated; leave the position out.")
    if not len(fit.theta):
        return Chord(fit, np.zeros((0, 0)))
    grounded = fit.prior == 0
    information = newton.ground(fit.information) if grounded else fit.information
    inverse = positive.solved(information, np.eye(fit.layout.size))
    if grounded:
        inverse[0], inverse[:, 0] = 0, 0
    return Chord(fit, inverse)


def slopes(fit: Fit, decided: Matrix, ties: Matrix) -> Slope:
    """The gradient of the log-likelihood of these outcomes, prior included, as a function of the place."""
    if fit.layout == Layout(len(decided)):
        return _plain(_wins(fit, decided, ties), fit.prior)
    if fit.ties in (Ties.DAVIDSON, Ties.DAVIDSON_COMMON):
        return _davidson(fit, decided, ties)
    table = _table(decided, ties)
    return lambda place: (
        bradley_terry.slopes_at(table, place, ties=fit.ties, layout=fit.layout, prior=fit.prior).gradient
    )


def _wins(fit: Fit, decided: Matrix, ties: Matrix) -> Matrix:
    if fit.ties is Ties.DROP:
        return decided
    wins = np.asarray(ties / 2)
    wins += decided
    return wins


def _table(decided: Matrix, ties: Matrix) -> Matrix:
    return np.stack([decided, np.zeros_like(decided), np.triu(ties), np.zeros_like(decided)])


def _plain(wins: Matrix, prior: float) -> Slope:
    """g_i = Σ_j (w_ij - n_ij p_ij) + prior (1/2 - σ(θ_i)), with n_ij p_ij = e_i n_ij / (e_i + e_j) and e = exp θ.

    n_ij / (e_i + e_j) is the same both ways, so that its lower left quarter is never divided.
    """
    games, won, half = wins + wins.T, wins.sum(axis=1), len(wins) // 2
    upper, lower = games[:half], games[half:, half:]
    above, below = np.empty_like(upper), np.empty_like(lower)
    ones, sums = np.ones(len(wins)), np.empty(len(wins))

    def slope(place: Vector) -> Vector:
        odds = np.exp(place)
        for part, met, own, other in ((above, upper, odds[:half], odds), (below, lower, odds[half:], odds[half:])):
            np.add(own[:, None], other, out=part)
            np.divide(met, part, out=part)
        sums[:half] = above @ ones
        sums[half:] = below @ ones[half:] + ones[:half] @ above[:, half:]
        along = won - odds * sums
        return np.asarray(along + prior * (0.5 - expit(place)) if prior else along)

    return slope


def _davidson(fit: Fit, decided: Matrix, ties: Matrix) -> Slope:
    """The same with ties: with e = exp θ and u = exp((θ + k)/2) the chances are (e_i, e_j, ν u_i u_j) by their sum."""
    size, own, prior = len(decided), fit.layout.propensities, fit.prior
    games = decided + decided.T + ties
    ahead, tied = decided.sum(axis=1) - decided.sum(axis=0), ties.sum(axis=1)
    shares = np.empty_like(games)

    def slope(place: Vector) -> Vector:
        theta, level = place[:size], np.exp(place[size])
        odds = np.exp(theta)
        pull = np.exp((theta + (place[own] if fit.layout.propensity else 0.0)) / 2)
        np.multiply(level * pull[:, None], pull, out=shares)
        np.add(shares, odds, out=shares)
        np.add(shares, odds[:, None], out=shares)
        np.divide(games, shares, out=shares)
        whole, lost, drawn = shares.sum(axis=1), shares @ odds, level * pull * (shares @ pull)
        above = tied - drawn
        # The prior's game between equals is a win, a loss and a tie, a third of each.
        equals = prior * (1 / 3 - level / (2 + level))
        strengths = (ahead - odds * whole + lost) / 2 + prior * (0.5 - expit(theta))
        parts = [strengths, np.array([above.sum() / 2 + equals])]
        return np.concatenate([*parts, above / 2 - RIDGE * place[own]] if fit.layout.propensity else parts)

    return slope
