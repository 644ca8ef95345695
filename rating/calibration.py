"""Calibration: whether a judge that says it is 80 % sure is right four times of five."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

from rating.arrays import Codes, Matrix, Vector

BINS = 15
REPLICATES = 500


@dataclass(frozen=True, eq=False)
class Calibration:
    """What stated confidence is worth over N verdicts.

    `brier` is reliability - resolution + uncertainty (Murphy 1973) up to what confidences differ within a bin. `ece` is
    the mean gap between confidence and share right over 15 bins of equal mass, `ece_expected` what a calibrated judge
    of the same confidences would show, and `excess` the difference. `bins` (K x 3) has each bin's mean confidence,
    share right and number of verdicts.
    """

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    ece: float
    ece_expected: float
    bins: Matrix

    @property
    def excess(self) -> float:
        """How much of the gap is no chance."""
        return self.ece - self.ece_expected


def measure(confidence: Vector, right: Vector, rng: np.random.Generator) -> Calibration | None:
    """Measure confidences (N, from 0 to 1) in verdicts that were `right` or not (N, 1 or 0); None where N is 0."""
    if len(confidence) == 0:
        return None
    order = np.argsort(confidence, kind="stable")
    stated, held = confidence[order], right[order].astype(float)
    edges = np.unique(np.linspace(0, len(stated), min(BINS, len(stated)) + 1).round().astype(int))
    sizes = np.diff(edges)
    means, shares = _means(stated, edges), _means(held, edges)
    base = float(held.mean())
    simulated = rng.random((REPLICATES, len(stated))) < stated
    gaps = np.abs(np.add.reduceat(simulated, edges[:-1], axis=1, dtype=float) / sizes - means)
    return Calibration(
        brier=float(((stated - held) ** 2).mean()),
        reliability=float((sizes * (means - shares) ** 2).sum() / len(stated)),
        resolution=float((sizes * (shares - base) ** 2).sum() / len(stated)),
        uncertainty=base * (1 - base),
        ece=float((sizes * np.abs(means - shares)).sum() / len(stated)),
        ece_expected=float((gaps @ sizes).mean() / len(stated)),
        bins=np.column_stack([means, shares, sizes]),
    )


def recalibrated(confidence: Vector, right: Vector, asked: Vector) -> Vector:
    """What confidences `asked` (K) come to by an isotonic fit (Zadrozny & Elkan 2002) of N whose truth is known.

    Fit on one half of the doubly labelled battles and ask for the other. Beyond the known ones the nearest holds.
    """
    order = np.argsort(confidence, kind="stable")
    stated, places = np.unique(confidence[order], return_inverse=True)
    weights = np.bincount(places).astype(float)
    shares = np.bincount(places, weights=right[order].astype(float)) / weights
    return np.asarray(np.interp(asked, stated, isotonic_regression(shares, weights=weights).x))


def _means(values: Vector, edges: Codes) -> Vector:
    return np.asarray(np.add.reduceat(values, edges[:-1]) / np.diff(edges))
