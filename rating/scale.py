"""The displayed scale: 400 points are odds of ten to one, and where a thousand lies."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from rating.arrays import Matrix, Vector
from rating.errors import RatingError

PER_LOGIT = 400 / math.log(10)


@dataclass(frozen=True)
class Scale:
    """R = level + 400/ln 10 · (θ - reference); applied once, when strengths become ratings."""

    reference: float = 0.0
    level: float = 1000.0

    def ratings(self, theta: Vector) -> Vector:
        """Strengths, or the ends of their intervals, as ratings; infinite ends stay infinite."""
        return np.asarray(self.level + PER_LOGIT * (theta - self.reference))


def shares(contenders: tuple[str, ...], weights: Mapping[str, float]) -> Vector:
    """The weights as shares (M) summing to 1: those of a frozen reference set, or of a single anchor, {name: 1}.

    Ratings relative to a set do not move when a contender outside it is added, or when the others' mean moves.
    """
    missing = sorted(weights.keys() - set(contenders))
    if missing:
        raise RatingError(f"The reference set names contenders that are not on the board: {', '.join(missing)}.")
    found = np.array([weights.get(contender, 0.0) for contender in contenders], dtype=np.float64)
    if not (np.isfinite(found).all() and (found >= 0).all() and found.any()):
        raise RatingError("A reference set needs weights that are finite, not below zero, and not all zero.")
    return np.asarray(found / found.sum())


def of_reference(theta: Vector, share: Vector, *, level: float = 1000.0) -> Scale:
    """The scale on which the weighted mean rating of the reference set is `level`; share (M) is from `shares`."""
    return Scale(float(share @ theta), level)


def covariance(matrix: Matrix, share: Vector) -> Matrix:
    """P V P' with P = I - 1 w', the covariance (M x M) of strengths relative to the reference set w.

    With a single anchor its own variance is 0, and its noise is in everybody else's: differences are as they were.
    """
    half = matrix - share @ matrix
    return np.asarray(half - (half @ share)[:, None])
