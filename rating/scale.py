"""The displayed scale: 400 points are odds of ten to one, and where a thousand lies."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rating.arrays import Matrix, Vector, expit
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


def logits(ratings: Sequence[float], *, level: float = 1000.0) -> list[float]:
    """Ratings of the displayed scale as log-odds against the reference: (R - level) · ln 10/400."""
    return [(rating - level) / PER_LOGIT for rating in ratings]


def win_rates(
    ratings: Sequence[float], own: Sequence[tuple[int, float]], field: Sequence[tuple[int, float]]
) -> list[float | None]:
    """How often each would be preferred to the others of its group, if it met them equally often and none drew.

    w_i = mean over j ≠ i of σ((R_i - R_j) · ln 10/400), the mean of Bradley & Terry's (1952) probabilities. `ratings`
    (N) are ratings or ends of their intervals, `own` (N) the groups and ratings of those they belong to, and `field`
    (M) those of everybody, who are among them. As w grows with R, an interval's ends give an interval's ends. None
    for somebody who is alone.
    """
    groups, strengths = (np.array(values, dtype=np.float64) for values in zip(*field, strict=True))
    at = np.asarray(ratings, dtype=np.float64)
    mine, selves = (np.array([pair[place] for pair in own], dtype=np.float64) for place in (0, 1))
    together = mine[:, None] == groups
    chances = np.where(together, expit((at[:, None] - strengths) / PER_LOGIT), 0.0).sum(axis=1)
    others = together.sum(axis=1) - 1
    chances -= expit((at - selves) / PER_LOGIT)
    return [float(chance / count) if count else None for chance, count in zip(chances, others, strict=True)]


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
