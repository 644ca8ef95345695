"""Proportions: a share of trials with an interval that holds for few trials, and for trials that come in clusters."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from rating.arrays import Vector

CONFIDENCE = 0.95


@dataclass(frozen=True)
class Proportion:
    """A share and its interval; without trials the share is None and the interval everything there is."""

    hits: int
    trials: int
    share: float | None
    lower: float
    upper: float


def exact(hits: int, trials: int, *, confidence: float = CONFIDENCE) -> Proportion:
    """The share of hits in independent trials with the exact binomial interval (Clopper & Pearson 1934).

    lower = Beta⁻¹(α/2; x, n - x + 1) and upper = Beta⁻¹(1 - α/2; x + 1, n - x) for x hits in n trials; the interval
    covers the true share at least as often as the confidence says, whatever it is. ValueError where hits are more than
    trials or fewer than none.
    """
    if not 0 <= hits <= trials:
        raise ValueError("Hits are a part of the trials.")
    lower, upper = interval(hits, trials, confidence)
    return Proportion(hits, trials, hits / trials if trials else None, lower, upper)


def clustered(hits: Sequence[int], trials: Sequence[int], *, confidence: float = CONFIDENCE) -> Proportion | None:
    """The share of all hits in all trials, which clusters (voters) made; None where fewer than two made any.

    The interval is Clopper and Pearson's with the effective number of trials (Korn & Graubard 1998, Survey Methodology
    24): n* = n / deff · (t(n - 1) / t(m - 1))² for m clusters, where deff is the linearised variance of the ratio,
    m / (m - 1) · Σ(xᵢ - p nᵢ)² / n², over p (1 - p) / n. It is never taken for more than n; where all trials went one
    way nothing tells how alike those of a cluster are, and n* is m.
    """
    sizes = np.asarray(trials, dtype=float)
    found = np.asarray(hits, dtype=float)[sizes > 0]
    sizes = sizes[sizes > 0]
    if len(sizes) < 2:
        return None
    total, share = float(sizes.sum()), float(found.sum() / sizes.sum())
    effective = _effective(found, sizes, share, confidence)
    lower, upper = interval(share * effective, effective, confidence)
    return Proportion(int(found.sum()), int(total), share, lower, upper)


def _effective(found: Vector, sizes: Vector, share: float, confidence: float) -> float:
    """How many independent trials the clustered ones are worth."""
    total, clusters = float(sizes.sum()), len(sizes)
    if share in (0.0, 1.0):
        return float(clusters)
    variance = clusters / (clusters - 1) * float(((found - share * sizes) ** 2).sum()) / total**2
    independent = share * (1 - share) / variance if variance else total
    narrower = float(narrowing(np.array(total), np.array(clusters), confidence))
    return min(total, independent * narrower)


def narrowing(trials: Vector, clusters: Vector, confidence: float) -> Vector:
    """(t(n - 1) / t(m - 1))² for n trials in m clusters: what few clusters take from the effective number of trials."""
    tail = (1 + confidence) / 2
    return np.asarray((special.stdtrit(np.maximum(trials - 1, 1), tail) / special.stdtrit(clusters - 1, tail)) ** 2)


def interval(hits: float, trials: float, confidence: float) -> tuple[float, float]:
    """Clopper and Pearson's ends for this many hits, which need not be whole, in this many trials."""
    tail = (1 - confidence) / 2
    lower = float(special.betaincinv(hits, trials - hits + 1, tail)) if hits > 0 else 0.0
    upper = float(special.betaincinv(hits + 1, trials - hits, 1 - tail)) if hits < trials else 1.0
    return lower, upper
