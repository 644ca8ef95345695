"""The position effect: how much it helps to be shown first, and whether that is too little to matter."""

import math
from dataclasses import dataclass

import numpy as np

from rating import bradley_terry, cells, intervals, likelihood, positive
from rating.arrays import Codes, Matrix, Vector
from rating.bradley_terry import Fit
from rating.counts import UNITS
from rating.likelihood import Ties
from rating.tally import Tally

BAND = 0.05  # log-odds: a win rate of 51.2 % between equals
SIZE = 0.05
PRIOR = 1.0
# Influences are rounded to this part of the largest: sums of whole numbers are exact in any order.
GRAIN = 2.0**-30


@dataclass(frozen=True)
class Position:
    """The effect γ of being shown first, in log-odds, its standard error and its interval at the board's level.

    `equivalent` is the verdict of two one-sided tests at 5 % (Schuirmann 1987): γ lies surely within ±0.05. The ends
    are infinite, and nothing is equivalent, where the differences between voters can't be seen.
    """

    effect: float
    error: float
    lower: float
    upper: float
    equivalent: bool


def effect(tally: Tally, *, ties: str = Ties.DAVIDSON, level: float = 0.95, start: Fit | None = None) -> Position:
    """Estimate γ in logit P(first wins) = θ_first - θ_second + γ, beside the strengths, clustered by voter (CR1).

    Unlike a rating it depends on which side came first. One drawn phantom game keeps it finite.
    """
    fit = bradley_terry.fit(tally, ties=ties, prior=PRIOR, position=True, start=start)
    gamma, freedom = fit.place[-1], tally.effective("voter") - 1
    if freedom < 1:
        return Position(float(gamma), math.inf, -math.inf, math.inf, equivalent=False)
    clusters = tally.clusters("voter")
    error = math.sqrt(clusters / (clusters - 1) * _squared(tally, _influence(fit, tally)))
    reach = intervals.quantile(level, freedom) * error
    equivalent = error > 0 and abs(gamma) + intervals.quantile(1 - 2 * SIZE, freedom) * error <= BAND
    return Position(float(gamma), error, float(gamma - reach), float(gamma + reach), equivalent=bool(equivalent))


def _influence(fit: Fit, tally: Tally) -> Matrix:
    """What a vote by outcome, side shown first and second (4 x M x M) adds to γ: a row of H⁻¹ times its score."""
    layout, size = fit.layout, fit.layout.contenders
    axis = np.zeros(layout.size)
    axis[-1] = 1
    row = positive.solved(fit.information, axis)
    d = fit.theta[:, None] - fit.theta + fit.place[-1]
    s = None
    if layout.level:
        s = fit.place[size] + (fit.tie_propensity[:, None] + fit.tie_propensity) / 2
    found = likelihood.slopes(fit.ties, d, s, np.zeros((3, size, size)))
    influence = found.along_d * (row[:size, None] - row[:size] + row[-1])
    if layout.level:
        own = row[layout.propensities] if layout.propensity else np.zeros(size)
        influence += found.along_s * (row[size] + (own[:, None] + own) / 2)
    tie = np.zeros_like(influence[2]) if fit.ties is Ties.DROP else influence[2]
    return np.stack([influence[0], influence[1], tie, tie])


def _squared(tally: Tally, influence: Matrix) -> float:
    """Σ over voters of the square of what their votes add to γ; no order of votes moves a bit."""
    if tally.voter is None and tally.weight is None:
        return float((tally.counts.table * influence**2).sum())
    size = len(tally.contenders)
    places: Codes = tally.outcome.astype(np.int64) * size + tally.first
    own: Vector = influence.reshape(-1)[places * size + tally.second]
    if tally.weight is not None:
        own = own * (tally.weight / UNITS)
    grain = float(np.abs(own).max(initial=0.0)) * GRAIN
    if tally.voter is None or grain == 0:
        return float(np.sort(own**2).sum())
    return float((np.bincount(cells.renumbered(tally.voter), np.rint(own / grain)) ** 2).sum()) * grain**2
