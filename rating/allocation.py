"""Which pairs would teach the board most: the probability with which each pair is drawn next.

Every rule returns a symmetric M x M matrix of the probabilities of unordered pairs: its diagonal is 0, and its upper
triangle sums to 1. theta is in log-odds; w = p(1 - p) is the information of a vote; A (M x M) is the fit's
covariance; x = eᵢ - eⱼ.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtri

from rating.arrays import Flags, Matrix, Vector, spread
from rating.errors import RatingError
from rating.scale import PER_LOGIT

FLOOR = 0.2  # of every pair's share under uniform pairing


@dataclass(frozen=True, kw_only=True)
class Shares:
    """How much of the board's battles goes to which rule; they sum to 1."""

    uniform: float = 0.5
    newcomers: float = 0.3
    a_optimal: float = 0.2

    def __post_init__(self) -> None:
        """Refuse shares that are no shares."""
        given = (self.uniform, self.newcomers, self.a_optimal)
        if min(given) < 0 or not math.isclose(sum(given), 1.0):
            raise RatingError(f"Shares are not below 0 and sum to 1: {', '.join(map(str, given))}.")


def uniform(contenders: int) -> Matrix:
    """Every pair alike."""
    return _normal(np.ones((contenders, contenders)))


def chatbot_arena(theta: Vector, games: Matrix) -> Matrix:
    """P ∝ √(S/n) - √(S/(n + 1)) (Chiang et al. 2024, eq. 9), S = w, n the games of the pair.

    A pair that never met counts as having met once, or its probability would be infinite.
    """
    met = np.maximum(games, 1.0)
    return _normal(np.sqrt(_information(theta)) * (1 / np.sqrt(met) - 1 / np.sqrt(met + 1)))


def a_optimal(theta: Vector, covariance: Matrix) -> Matrix:
    """P ∝ w |A x|²/(1 + w x'A x), by how much one more vote lowers tr A (Sherman & Morrison 1950)."""
    gain = _information(theta)
    return _normal(gain * spread(covariance @ covariance) / (1 + gain * spread(covariance)))


def d_optimal(theta: Vector, covariance: Matrix) -> Matrix:
    """P ∝ w x'A x, the first term of what one more vote adds to ln det H, ln(1 + w x'A x)."""
    return _normal(_information(theta) * spread(covariance))


def adjacent(theta: Vector, covariance: Matrix) -> Matrix:
    """P ∝ w Σ_k q_k (c_k'A x)², q_k = exp(-z_k²/2)/Var_k: votes for telling neighbours in the order apart.

    c_k is the contrast of the contenders ranked k and k + 1, Var_k = c_k'A c_k, z_k = c_k'θ/√Var_k.
    """
    order = np.argsort(-theta, kind="stable")
    contrast = np.eye(len(theta))[order[:-1]] - np.eye(len(theta))[order[1:]]
    reach = covariance @ contrast.T
    variance = np.maximum((contrast.T * reach).sum(axis=0), np.finfo(np.float64).tiny)
    urgency = np.exp(-((contrast @ theta) ** 2) / variance / 2) / variance
    return _normal(_information(theta) * spread((reach * urgency) @ reach.T))


def closest(theta: Vector, newcomers: Flags, *, opponents: int = 5) -> Matrix:
    """Every newcomer alike, each against the settled contenders that are rated closest to it.

    newcomers (M) marks them; they meet one another only where there are fewer settled contenders than opponents.
    A vote of a newcomer tells w, most between equals: it takes a quarter fewer votes than with uniform opponents.
    """
    if not newcomers.any() or len(theta) < 2 or opponents < 1:
        raise RatingError("Newcomers are paired where there is one, somebody else, and an opponent to be had.")
    away = np.abs(theta[:, None] - theta)
    away[np.diag_indices_from(away)] = np.inf
    # Settled contenders come first however far away they are.
    order = np.lexsort((away, np.broadcast_to(newcomers, away.shape)), axis=1)[:, : min(opponents, len(theta) - 1)]
    drawn = np.zeros_like(away)
    np.put_along_axis(drawn, order, 1.0, axis=1)
    drawn[~newcomers] = 0.0
    return _normal(drawn + drawn.T)


def mixture(theta: Vector, covariance: Matrix, newcomers: Flags, *, shares: Shares | None = None) -> Matrix:
    """The default: 50 % uniform, 30 % newcomers against their closest, 20 % A-optimal, none below .2/#pairs.

    Without newcomers their share is drawn uniformly.
    """
    share = shares or Shares()
    even = uniform(len(theta))
    new = closest(theta, newcomers) if newcomers.any() else even
    mixed = share.uniform * even + share.newcomers * new + share.a_optimal * a_optimal(theta, covariance)
    above = np.maximum(mixed - FLOOR * even, 0.0)
    return np.asarray(FLOOR * even + (1 - FLOOR) * _normal(above)) if (mixed < FLOOR * even).any() else mixed


def votes_needed(
    contenders: int, gap: float, *, tie_rate: float = 0.0, level: float = 0.95, power: float = 0.8
) -> float:
    """n ≈ 4 M ((z + z') · 173.7/gap)²/(1 - tie rate): votes of a board that tells a gap (in points) with this power.

    Uniform pairs of near equals; z and z' are the normal quantiles of the two-sided level and of the power.
    """
    if not (gap > 0 and 0 <= tie_rate < 1 and 0 < level < 1 and 0 < power < 1 and contenders > 1):
        raise RatingError("Votes can be planned for two contenders or more, a gap above 0, and rates between 0 and 1.")
    reach = float(ndtri((1 + level) / 2) + ndtri(power))
    return 4 * contenders * (reach * PER_LOGIT / gap) ** 2 / (1 - tie_rate)


def _information(theta: Vector) -> Matrix:
    chances = expit(theta[:, None] - theta)
    return np.asarray(chances * chances.T)


def _normal(amounts: Matrix) -> Matrix:
    amounts = np.maximum(amounts, 0.0)
    np.fill_diagonal(amounts, 0.0)
    total = amounts.sum() / 2
    if not (np.isfinite(total) and total > 0):
        raise RatingError("No pair can be drawn: two contenders or more, finite strengths and a covariance are needed.")
    return np.asarray(amounts / total)
