"""Marginal intervals for strengths and for their differences."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from rating.arrays import Flags, Matrix, Vector, spread
from rating.errors import RatingError

SUMS_TO_ZERO = 1e-9
MANY = 10_000  # Degrees of freedom from which the series for t has all digits.


@dataclass(frozen=True, eq=False)
class Intervals:
    """Lower and upper ends, in log-odds; infinite where an end can't be estimated."""

    lower: Vector
    upper: Vector


def quantile(level: float, degrees_of_freedom: float) -> float:
    """How many standard errors a two-sided interval reaches; infinite without degrees of freedom."""
    if not 0 < level < 1:
        raise RatingError(f"A level lies between 0 and 1, as 0.95 does, and {level} does not.")
    if degrees_of_freedom <= 0:
        return math.inf
    if degrees_of_freedom >= MANY:
        return _far(-NormalDist().inv_cdf((1 - level) / 2), degrees_of_freedom)
    from scipy.special import stdtrit  # Here, because it is slow to load.

    return float(stdtrit(degrees_of_freedom, (1 + level) / 2))


def _far(z: float, n: float) -> float:
    """Student's quantile from the normal one (Abramowitz & Stegun 1964, 26.7.5)."""
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / n**power for power, term in enumerate(terms, 1))


def of_ratings(
    theta: Vector,
    variances: Vector,
    *,
    level: float,
    degrees_of_freedom: float,
    open_below: Flags | None = None,
    open_above: Flags | None = None,
) -> Intervals:
    """theta ± t √variance for each contender (both of length M), opened on the sides that are marked."""
    nowhere = np.zeros(len(theta), dtype=np.bool_)
    reach = _reach(variances, level, degrees_of_freedom)
    lower = np.where(nowhere if open_below is None else open_below, -np.inf, theta - reach)
    upper = np.where(nowhere if open_above is None else open_above, np.inf, theta + reach)
    return Intervals(lower, upper)


def of_differences(theta: Vector, covariance: Matrix, *, level: float, degrees_of_freedom: float) -> Intervals:
    """θᵢ - θⱼ ± t √(V_ii + V_jj - 2 V_ij) for each pair (M x M); a contender differs from itself by 0, surely."""
    away = theta[:, None] - theta
    reach = _reach(spread(covariance), level, degrees_of_freedom)
    np.fill_diagonal(reach, 0.0)
    return Intervals(away - reach, away + reach)


def of_contrasts(
    theta: Vector, covariance: Matrix, contrasts: Matrix, *, level: float, degrees_of_freedom: float
) -> Intervals:
    """c'θ ± t √(c'Vc) for each row c of `contrasts` (C x M), which must sum to zero: no other sum is on a scale."""
    if np.abs(contrasts.sum(axis=1)).max(initial=0.0) > SUMS_TO_ZERO * max(
        1.0, float(np.abs(contrasts).max(initial=0.0))
    ):
        raise RatingError("A contrast must sum to zero: strengths have no zero of their own.")
    variances = np.maximum(np.einsum("ci,ij,cj->c", contrasts, covariance, contrasts, optimize=True), 0.0)
    middle, reach = contrasts @ theta, _reach(variances, level, degrees_of_freedom)
    return Intervals(np.asarray(middle - reach), np.asarray(middle + reach))


def _reach(variances: Matrix, level: float, degrees_of_freedom: float) -> Matrix:
    # With an infinite quantile even a variance of 0 says nothing, and inf times 0 would not be a number.
    times = quantile(level, degrees_of_freedom)
    return np.full(variances.shape, np.inf) if math.isinf(times) else times * np.sqrt(variances)
