"""Drift: whether a contender has changed since the snapshot, watched vote by vote."""

from dataclasses import dataclass

import numpy as np

from rating.arrays import Flags, Vector, expit
from rating.scale import PER_LOGIT

STEP = 40.0  # the change that is watched for, in points
THRESHOLD = 6.99  # one false alarm in 54,750 votes: a year of 150 a day


@dataclass(frozen=True, eq=False)
class Drift:
    """Two sums (N each), one for better and one for worse, and the first vote at which either passed (None: never)."""

    better: Vector
    worse: Vector
    found: int | None


def watch(chance: Vector, points: Vector, *, step: float = STEP, threshold: float = THRESHOLD) -> Drift:
    """Two-sided CUSUM of log-likelihood ratios (Page 1954) over one contender's votes in order.

    C⁺ = max(0, C⁺ + y log(q/p) + (1 - y) log((1 - q)/(1 - p))), q = σ(logit p + k), and C⁻ with -k: `chance` (N) is
    the snapshot's p of a win, `points` (N) 1, ½ or 0, `step` k in points of the scale.
    """
    better, worse = (_summed(ratios(chance, points, sign * step)) for sign in (1, -1))
    passed: Flags = (better > threshold) | (worse > threshold)
    return Drift(better, worse, int(passed.argmax()) if passed.any() else None)


def ratios(chance: Vector, points: Vector, step: float) -> Vector:
    """The log-likelihood ratio of each vote for a change of `step` points; any shape."""
    inside = np.clip(chance, 1e-12, 1 - 1e-12)
    moved = expit(np.log(inside) - np.log1p(-inside) + step / PER_LOGIT)
    ratio = points * np.log(moved / inside) + (1 - points) * np.log((1 - moved) / (1 - inside))
    return np.asarray(ratio)


def delays(chance: Vector, change: float, rng: np.random.Generator, *, threshold: float = THRESHOLD) -> Vector:
    """Votes until a change of `change` points is found, or an unchanged contender wrongly called changed.

    Simulated on B rows (B x N, the chances the snapshot gives); infinite where N votes don't do. This is where a
    threshold comes from: the one at which an unchanged contender is called changed once a year.
    """
    inside = np.clip(chance, 1e-12, 1 - 1e-12)
    true = expit(np.log(inside) - np.log1p(-inside) + change / PER_LOGIT)
    points = (rng.random(chance.shape) < true).astype(np.float64)
    found = np.full(len(chance), np.inf)
    sums = np.zeros((2, len(chance)))
    up, down = ratios(chance, points, STEP), ratios(chance, points, -STEP)
    for vote in range(chance.shape[1]):
        sums = np.maximum(sums + np.stack([up[:, vote], down[:, vote]]), 0.0)
        now = (sums > threshold).any(axis=0) & np.isinf(found)
        found[now] = vote + 1
    return found


def _summed(steps: Vector) -> Vector:
    """The sum that starts again whenever it falls below zero: S_t - min(0, S_0 … S_t)."""
    total = steps.cumsum()
    return np.asarray(total - np.minimum.accumulate(np.minimum(total, 0.0)))
