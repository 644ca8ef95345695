"""Intervals from replicates: percentile, basic and BCa; what was resampled matters more than which of them is taken."""

import math

import numpy as np
from scipy.special import ndtr, ndtri

from rating.arrays import Flags, Matrix, Vector
from rating.errors import RatingError
from rating.intervals import Intervals

# Beyond this share of a column's size a spread is rounding.
VANISHING = 1e-12


def percentile(replicates: Matrix, *, level: float = 0.95) -> Intervals:
    """The quantiles (1 ± level)/2 of each column of replicates (B x M; Efron 1979), interpolated linearly.

    A column without spread gives an infinite interval: nothing was seen of what it does not know.
    """
    ends = _quantiles(replicates, np.full((2, replicates.shape[1]), _tails(replicates, level)[:, None]))
    return _opened(ends[0], ends[1], _still(replicates))


def basic(replicates: Matrix, estimate: Vector, *, level: float = 0.95) -> Intervals:
    """2 estimate - the percentile interval's ends, turned round (Davison & Hinkley 1997); estimate has length M."""
    ends = percentile(replicates, level=level)
    return Intervals(2 * estimate - ends.upper, 2 * estimate - ends.lower)


def bca(replicates: Matrix, estimate: Vector, left_out: Matrix, *, level: float = 0.95) -> Intervals:
    """Percentiles corrected for bias and acceleration (Efron 1987), Φ(z₀ + (z₀ + z)/(1 - a (z₀ + z))).

    left_out (G x M) holds the estimates without each cluster in turn, from which a = Σ d³/(6 (Σ d²)^{3/2}), d being
    their mean less each; the clusters must be what was resampled. Where all replicates lie on one side of the
    estimate, or the correction runs out of the normal's range, the interval is infinite.
    """
    tails = _tails(replicates, level)
    if not np.isfinite(left_out).all():
        raise RatingError("An estimate with a cluster left out is not a finite number.")
    below = (replicates < estimate).sum(axis=0) + (replicates == estimate).sum(axis=0) / 2
    bias = ndtri(below / len(replicates))
    away = left_out.mean(axis=0) - left_out
    squares = (away**2).sum(axis=0)
    acceleration = (away**3).sum(axis=0) / (6 * np.where(squares > 0, squares, 1.0) ** 1.5)
    lost = np.isinf(bias) | (squares == 0) | _still(replicates)
    shifted = np.where(lost, 0.0, bias) + ndtri(tails)[:, None]
    shrunk = 1 - acceleration * shifted
    lost |= (shrunk <= 0).any(axis=0)
    ends = _quantiles(replicates, ndtr(np.where(lost, 0.0, bias) + shifted / np.where(shrunk > 0, shrunk, 1.0)))
    return _opened(ends[0], ends[1], lost)


def _tails(replicates: Matrix, level: float) -> Vector:
    if not 0 < level < 1:
        raise RatingError(f"A level lies between 0 and 1, as 0.95 does, and {level} does not.")
    fewest = math.ceil(2 / (1 - level) - 1e-9)
    if len(replicates) < fewest:
        raise RatingError(f"An interval at {level} takes {fewest} replicates or more, and not {len(replicates)}.")
    broken = ~np.isfinite(replicates).all(axis=1)
    if broken.any():
        raise RatingError(f"Replicate {int(np.argmax(broken))} holds what is not a finite number.")
    return np.array([(1 - level) / 2, (1 + level) / 2])


def _quantiles(replicates: Matrix, at: Matrix) -> Matrix:
    """The quantiles at[e, m] of each column m, each of its own (E x M)."""
    ranked, place = np.sort(replicates, axis=0), at * (len(replicates) - 1)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, len(replicates) - 1)
    columns = np.arange(replicates.shape[1])
    return np.asarray(ranked[low, columns] + (place - low) * (ranked[high, columns] - ranked[low, columns]))


def _still(replicates: Matrix) -> Flags:
    return np.asarray(np.ptp(replicates, axis=0) <= VANISHING * np.abs(replicates).max(axis=0))


def _opened(lower: Vector, upper: Vector, lost: Flags) -> Intervals:
    return Intervals(np.where(lost, -np.inf, lower), np.where(lost, np.inf, upper))
