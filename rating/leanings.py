"""Leanings: what a judge prefers besides what people prefer: the first answer, the longer one, its own family."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from rating.arrays import Codes, Matrix, Vector, expit
from rating.errors import DidNotConverge

Z = float(special.ndtri(0.975))
MOST_STEPS = 50


@dataclass(frozen=True, eq=False)
class Leanings:
    """Coefficients (K) in log-odds, with clustered covariance (K x K) and 95 % intervals; 0 is no leaning."""

    coefficients: Vector
    covariance: Matrix

    @property
    def errors(self) -> Vector:
        """Standard errors (K)."""
        return np.asarray(np.sqrt(np.diag(self.covariance)))

    @property
    def lower(self) -> Vector:
        """The lower ends (K)."""
        return np.asarray(self.coefficients - Z * self.errors)

    @property
    def upper(self) -> Vector:
        """The upper ends (K)."""
        return np.asarray(self.coefficients + Z * self.errors)


def measure(points: Vector, offset: Vector, features: Matrix, cluster: Codes) -> Leanings | None:
    """Fit P = σ(offset + features β) to what the first side got (N, from 0 to 1; a tie is 1/2) by Newton's method.

    The offset (N) is what people's ratings expect in log-odds, so β (K) is what the judge adds to it; a column of ones
    is the first slot's. The covariance is the sandwich with clusters' scores, times C / (C - 1) (Liang & Zeger 1986).
    None where β can't be told: fewer clusters than coefficients and one more, or features that say the same.
    DidNotConverge where some feature decides every battle.
    """
    clusters = np.unique(cluster, return_inverse=True)[1]
    count = int(clusters.max(initial=-1)) + 1
    if count <= features.shape[1] or np.linalg.matrix_rank(features) < features.shape[1]:
        return None
    beta = np.zeros(features.shape[1])
    for _ in range(MOST_STEPS):
        expected = expit(offset + features @ beta)
        hessian = (features * (expected * (1 - expected))[:, None]).T @ features
        step = np.linalg.lstsq(hessian, features.T @ (points - expected), rcond=None)[0]
        beta = beta + np.clip(step, -2, 2)
        if np.abs(step).max() < 1e-10:
            return Leanings(beta, _covariance(points - expected, features, hessian, clusters, count))
    raise DidNotConverge("A feature decides every battle, so no finite leaning fits.")


def _covariance(residual: Vector, features: Matrix, hessian: Matrix, clusters: Codes, count: int) -> Matrix:
    scores = np.zeros((count, features.shape[1]))
    np.add.at(scores, clusters, features * residual[:, None])
    inverse = np.linalg.pinv(hessian)
    return np.asarray(inverse @ (scores.T @ scores) @ inverse * count / (count - 1))
