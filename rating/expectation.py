"""Expectation: what a snapshot lets one expect of a battle, before anybody has voted."""

from dataclasses import dataclass

import numpy as np

from rating import covariance
from rating.arrays import Integers, Matrix, Vector, expit
from rating.bradley_terry import Fit
from rating.errors import RatingError
from rating.likelihood import Ties

# What an outcome (0 a, 1 b, 2 tie, 3 both_bad) says of the first side, beyond half a point; both_bad is a tie.
HALVES = (0.5, -0.5, 0.0, 0.0)
TIED = (0.0, 0.0, 1.0, 1.0)


@dataclass(frozen=True, eq=False)
class Expectation:
    """Davidson's model as it was fitted: P(a) ∝ e^{d/2}, P(b) ∝ e^{-d/2}, P(tie) ∝ e^s, d = θ_first - θ_second + γ.

    `theta` (M) is in log-odds, `covariance` (M x M) how unsure it is; s is `tie_level` and the mean of the two
    `tie_propensity` (M), and no tie is expected at a level of -inf. `position` is γ.
    """

    theta: Vector
    covariance: Matrix
    tie_level: float = -np.inf
    tie_propensity: Vector | None = None
    position: float = 0.0

    @classmethod
    def of(cls, fit: Fit) -> "Expectation":
        """Of a board's fit, with the covariance of its curvature; ties must be Davidson's, or split or dropped."""
        if fit.ties is Ties.RAO_KUPPER:
            raise RatingError("The audit expects ties by Davidson's model; fit the board with it.")
        size = len(fit.theta)
        level = -np.inf if fit.tie_level is None else fit.tie_level
        return cls(fit.theta, covariance.curvature(fit)[:size, :size], level, fit.tie_propensity, fit.position or 0.0)

    def lead(self, first: Integers, second: Integers) -> Vector:
        """The d of these battles, in the shape of the codes."""
        return np.asarray(self.theta[first] - self.theta[second] + self.position)

    def tied(self, first: Integers, second: Integers) -> Vector:
        """The s of these battles."""
        if self.tie_propensity is None:
            return np.full(np.shape(first), self.tie_level)
        return np.asarray(self.tie_level + (self.tie_propensity[first] + self.tie_propensity[second]) / 2)


def volume(lead: Vector, tied: Vector) -> Vector:
    """Log Z = log(e^{d/2} + e^{-d/2} + e^s), so that log P(a) is d/2 - log Z."""
    return np.logaddexp(np.logaddexp(lead / 2, -lead / 2), tied)


def points(lead: Vector, tied: Vector) -> tuple[Vector, Vector]:
    """The mean of the first side's points beyond a half, and their variance, which is also the mean's slope in d."""
    whole = volume(lead, tied)
    won, lost = np.exp(lead / 2 - whole), np.exp(-lead / 2 - whole)
    mean = (won - lost) / 2
    return mean, (won + lost) / 4 - mean**2


def drawn(lead: Vector, tied: Vector, rng: np.random.Generator) -> Integers:
    """An outcome (0 a, 1 b, 2 tie) of each battle of these d and s, which broadcast."""
    chance = rng.random(lead.shape, dtype=np.float32)
    if np.isneginf(tied).all():
        return (chance >= expit(lead)).astype(np.int8)
    whole = volume(lead, tied)
    first = np.exp(lead / 2 - whole)
    second = first + np.exp(-lead / 2 - whole)
    return np.add(chance >= first, chance >= second, dtype=np.int8)
