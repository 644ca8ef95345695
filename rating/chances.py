"""The chances of each outcome on a board whose truth is known, and what a fit to them estimates."""

from dataclasses import dataclass

import numpy as np

from rating import bradley_terry
from rating.arrays import Codes, Matrix, Vector
from rating.errors import RatingError

NODES = 16  # with tastes of .8 the chances are right to 1e-11


@dataclass(frozen=True, eq=False)
class Davidson:
    """P(a) ∝ e^{d/2}, P(b) ∝ e^{-d/2}, P(tie) ∝ exp(level + (kᵢ + kⱼ)/2) (Davidson 1970); no ties at level -inf.

    `propensity` (M) holds the k; None is 0 for everybody. Nobody says that both are bad.
    """

    level: float = -np.inf
    propensity: Vector | None = None

    def outcomes(self, left: Vector, right: Vector, first: Codes, second: Codes) -> Matrix:
        """The chances of a, b, tie and both_bad (4 x …), from the strengths of the two sides and who they are."""
        half = (left - right) / 2
        inclined = 0.0 if self.propensity is None else (self.propensity[first] + self.propensity[second]) / 2
        tie = self.level + inclined
        top = np.maximum(np.abs(half), tie)
        weight = np.stack([np.exp(half - top), np.exp(-half - top), np.exp(tie - top), np.zeros_like(top)])
        return np.asarray(weight / weight.sum(axis=0))


@dataclass(frozen=True)
class Grounded:
    """P(a) = f/(f + eta s + 1), P(b) = s/(s + eta f + 1), P(both bad) = 1/(1 + f + s), tie the rest; eta >= 1.

    f and s are e^{level + strength}: a strength is then a level too (grounded Rao-Kupper, Frick et al. 2025).
    """

    level: float = 0.0
    eta: float = 1.0

    def __post_init__(self) -> None:
        """Refuse an eta at which a tie would have a chance below zero."""
        if not 1 <= self.eta < np.inf:
            raise RatingError(f"eta is a number from 1 on, and not {self.eta}.")

    def outcomes(self, left: Vector, right: Vector, _first: Codes, _second: Codes) -> Matrix:
        """As Davidson.outcomes; who the contenders are plays no part."""
        f, s = np.exp(self.level + left), np.exp(self.level + right)
        won, lost, bad = f / (f + self.eta * s + 1), s / (s + self.eta * f + 1), 1 / (1 + f + s)
        return np.stack([won, lost, np.maximum(1 - won - lost - bad, 0.0), bad])


def averaged(strengths: Vector, rule: Davidson | Grounded, *, taste: float = 0.0, position: float = 0.0) -> Matrix:
    """table[o, i, j], the chance of outcome o when i is shown first and j second, averaged over voters' tastes.

    Shape 4 x M x M, 0 where i = j. A voter adds N(0, taste²) to each strength: Gauss-Hermite in both tastes.
    """
    size, nodes = len(strengths), NODES if taste else 1
    places, weights = np.polynomial.hermite_e.hermegauss(nodes)
    first, second = (codes[..., None, None] for codes in np.indices((size, size)))
    left = strengths[first] + taste * places[:, None] + position / 2
    right = strengths[second] + taste * places - position / 2
    shape = (size, size, nodes, nodes)
    said = rule.outcomes(np.broadcast_to(left, shape), np.broadcast_to(right, shape), first, second)
    table = said @ weights @ weights / weights.sum() ** 2
    table[:, np.arange(size), np.arange(size)] = 0.0
    return np.asarray(table)


def estimand(table: Matrix) -> Vector:
    """What decided votes on uniform pairs estimate: the Bradley-Terry fit to the chances, theta summing to zero.

    Without ties and both_bad it is the population board of every tie rule.
    """
    return bradley_terry.fit(table[0] + table[1].T, prior=0).theta
