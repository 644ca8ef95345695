"""Transitivity: how far pairs go otherwise than one strength for each contender says, with what a heat map shows."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri, fdtri

from rating import bradley_terry, cycles, effects, goodness
from rating.arrays import Matrix
from rating.bradley_terry import Fit
from rating.cycles import Cycles
from rating.effects import Effect
from rating.errors import NoMaximum, RatingError
from rating.goodness import Check
from rating.tally import Tally

BAND = 0.1  # log-odds: a pair that is off by so much goes 52.5 % instead of 50 %
TAILS = (0.975, 0.025)


@dataclass(frozen=True, eq=False)
class Transitivity:
    """The spread of what pairs add to strengths, `residuals` (M x M, in standard errors, antisymmetric), and cycles.

    A residual is not a number where a pair never met. `cycles` is None where the votes have no finite fit or weights.
    """

    spread: Effect
    residuals: Matrix
    cycles: Cycles | None


def measure(tally: Tally, *, seed: int = 0, replicates: int = 199) -> Transitivity:
    """Test decided votes against a fit of them, by voter where votes come in voters.

    The spread τ is the standard deviation of a pair's own log-odds. If X² / d is F(d, G - d) without any (chi-square
    over d if every vote is independent), it is about (1 + τ² c) times that with it, c being the information that pairs
    have on average; its interval inverts this, and is open above where the upper end can't be told. It is unknown with
    too few voters for the pairs that met (see `goodness.clustered`) or without a finite fit.
    """
    wins, unknown = tally.counts.decided, effects.unknown("transitivity", band=BAND)
    try:
        fit = bradley_terry.fit(wins, prior=0.0)
    except NoMaximum:
        return Transitivity(unknown, np.full(wins.shape, np.nan), None)
    residuals = goodness.residuals(wins, fit)
    counted = None if tally.counts.weighted else cycles.among(wins, fit, seed=seed, replicates=replicates)
    plain = goodness.pairs(wins, fit)
    try:
        check, clusters = _checked(tally, fit, plain)
    except RatingError:
        return Transitivity(unknown, residuals, counted)
    spread = _spread(wins, fit, check, plain, clusters) if check.degrees_of_freedom else unknown
    return Transitivity(spread, residuals, counted)


def _checked(tally: Tally, fit: Fit, plain: Check) -> tuple[Check, int | None]:
    """The test, and the number of clusters where it has them."""
    if tally.alone("voter"):
        return plain, None
    return goodness.clustered(tally.cells("voter"), fit), tally.clusters("voter")


def _spread(wins: Matrix, fit: Fit, check: Check, plain: Check, clusters: int | None) -> Effect:
    freedom = check.degrees_of_freedom
    games = wins + wins.T
    information = float(np.triu(games * fit.chances * fit.chances.T, 1).sum()) / np.count_nonzero(np.triu(games, 1))
    if clusters is None:
        ratio, ends = check.statistic / freedom, [float(chdtri(freedom, 1 - tail)) / freedom for tail in TAILS]
    else:
        rest = clusters - freedom
        ratio = check.statistic * rest / ((clusters - 1) * freedom)
        ends = [float(fdtri(freedom, rest, tail)) for tail in TAILS]
        # Votes of one voter are alike, so that they tell less of a pair than as many of strangers.
        information *= ratio / (plain.statistic / freedom) if plain.statistic > 0 else 1.0
    lower, upper = (math.sqrt(max(0.0, ratio / end - 1) / information) for end in ends)
    value = math.sqrt(max(0.0, ratio - 1) / information)
    return Effect("transitivity", value, lower, upper, BAND, check.chance, equivalent=upper <= BAND)
