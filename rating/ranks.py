"""Rank ranges that hold for all contenders at once."""

from dataclasses import dataclass

import numpy as np

from rating.arrays import Codes, Flags, Matrix, Vector, spread

DRAWS = 4000
CHUNK = 256


@dataclass(frozen=True, eq=False)
class Ranks:
    """The best and the worst rank each contender may hold; 1 is the top."""

    lower: Codes
    upper: Codes


def ranges(better: Flags) -> Ranks:
    """[1 + how many are certainly better, M - how many are certainly worse], from better[i, j] (M x M).

    If the probability of any false entry in `better` is at most 5 %, all true ranks lie in their ranges with 95 %
    (Mogstad, Romano, Shaikh & Wilhelm 2024).
    """
    return Ranks(1 + np.count_nonzero(better, axis=0), len(better) - np.count_nonzero(better, axis=1))


def holm(theta: Vector, covariance: Matrix, comparable: Flags, *, level: float, degrees_of_freedom: float) -> Flags:
    """better[i, j] by Holm's step-down test (1979) over all comparable pairs, each by t = |θᵢ - θⱼ| / se_ij.

    `comparable` (M x M, symmetric) marks the pairs that may be tested at all; the others are never decided.
    """
    low, high = np.nonzero(np.triu(comparable, 1))
    if not len(low) or degrees_of_freedom <= 0:
        return np.zeros_like(comparable)
    from scipy.special import stdtr  # Here, because few boards need it and it is slow to load.

    chance = 2 * stdtr(degrees_of_freedom, -_statistic(theta, covariance)[low, high])
    order = np.argsort(chance, kind="stable")
    bars = (1 - level) / np.arange(len(low), 0, -1)
    passed = np.logical_and.accumulate(chance[order] <= bars)
    rejected = np.zeros_like(comparable)
    rejected[low[order][passed], high[order][passed]] = True
    return (rejected | rejected.T) & (theta[:, None] > theta)


def max_t(theta: Vector, covariance: Matrix, comparable: Flags, *, level: float, rng: np.random.Generator) -> Flags:
    """better[i, j] by the step-down max-T test over all comparable pairs (Romano & Wolf 2005).

    A pair is decided when its |θᵢ - θⱼ| / se_ij exceeds the level's quantile of the largest such ratio, over the
    pairs not yet decided, among 4,000 draws from N(0, covariance); repeated until nothing more is decided.
    """
    statistic = _statistic(theta, covariance)
    draws = np.ascontiguousarray((rng.standard_normal((DRAWS, len(theta))) @ _root(covariance)).T)
    scale = np.sqrt(spread(covariance))
    remaining = np.triu(comparable, 1)
    rejected = np.zeros_like(comparable)
    while remaining.any():
        bar = np.quantile(_largest(draws, scale, remaining), level)
        decided = remaining & (statistic > bar)
        if not decided.any():
            break
        rejected |= decided
        remaining &= ~decided
    return (rejected | rejected.T) & (theta[:, None] > theta)


def overlap(lower: Vector, upper: Vector) -> Flags:
    """better[i, j] where i's marginal interval lies wholly above j's: the rule of public boards, for comparison only.

    It promises nothing for all ranks at once: of boards whose contenders are all alike it gets 55 % right.
    """
    return np.asarray(lower[:, None] > upper)


def _statistic(theta: Vector, covariance: Matrix) -> Matrix:
    scale = np.sqrt(spread(covariance))
    return np.abs(theta[:, None] - theta) / np.where(scale > 0, scale, np.inf)


def _root(covariance: Matrix) -> Matrix:
    """The symmetric square root: unlike a factor it is unique, whatever the signs of the eigenvectors."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def _largest(draws: Matrix, scale: Matrix, remaining: Flags) -> Vector:
    """The largest studentised difference of each draw (draws are M x draws).

    One contender's pairs and a few hundred draws at a time stay in the processor's cache.
    """
    largest = np.zeros(draws.shape[1])
    for start in range(0, len(largest), CHUNK):
        part, top = draws[:, start : start + CHUNK], largest[start : start + CHUNK]
        for contender in np.nonzero(remaining.any(axis=1))[0]:
            others = np.nonzero(remaining[contender])[0]
            ratios = part[others]
            ratios -= part[contender]
            np.abs(ratios, out=ratios)
            ratios /= scale[contender, others][:, None]
            np.maximum(top, ratios.max(axis=0), out=top)
    return largest
