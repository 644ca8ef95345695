"""Which pairs would teach the board most: the probability with which each pair is drawn next.

Every rule returns a symmetric M x M matrix of the probabilities of unordered pairs: its diagonal is 0, and its upper
triangle sums to 1. theta is in log-odds; w = p(1 - p) is the information of a vote; A (M x M) is the fit's
covariance; x = eᵢ - eⱼ.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, ndtri

from rating.arrays import Codes, Flags, Matrix, Vector, spread
from rating.errors import RatingError
from rating.scale import PER_LOGIT

FLOOR = 0.2  # of every pair's share under uniform pairing
OPPONENTS = 5  # settled ones that are rated closest to a newcomer


@dataclass(frozen=True, kw_only=True)
class Shares:
    """How much of the board's battles goes to which rule; the first three sum to 1.

    While some contenders have not been compared with the others, `connecting` of all battles join them, and the three
    share the rest.
    """

    uniform: float = 0.5
    newcomers: float = 0.3
    a_optimal: float = 0.2
    connecting: float = 0.3

    def __post_init__(self) -> None:
        """Refuse shares that are no shares."""
        given = (self.uniform, self.newcomers, self.a_optimal)
        if not (min(given) >= 0 and math.isclose(sum(given), 1.0)):
            raise RatingError(f"Shares are not below 0 and sum to 1: {', '.join(map(str, given))}.")
        if not 0 <= self.connecting < 1:
            raise RatingError(f"The share that connects is from 0 to below 1, and not {self.connecting}.")


@dataclass(frozen=True, eq=False, kw_only=True)
class Known:
    """What is known of M contenders that can be drawn.

    `rated` marks those whose votes count, `newcomers` those of them with fewer votes than settled ones; `group` numbers
    those that are compared with one another, directly or through others. `gain` (M x M) is `trace_gain`.
    """

    theta: Vector
    gain: Matrix
    rated: Flags
    newcomers: Flags
    group: Codes


def uniform(contenders: int) -> Matrix:
    """Every pair alike."""
    return _normal(np.ones((contenders, contenders)))


def chatbot_arena(theta: Vector, games: Matrix) -> Matrix:
    """P ∝ √(S/n) - √(S/(n + 1)) (Chiang et al. 2024, eq. 9), S = w, n the games of the pair.

    A pair that never met counts as having met once, or its probability would be infinite.
    """
    met = np.maximum(games, 1.0)
    return _normal(np.sqrt(_information(theta)) * (1 / np.sqrt(met) - 1 / np.sqrt(met + 1)))


def trace_gain(theta: Vector, covariance: Matrix) -> Matrix:
    """w |A x|²/(1 + w x'A x): by how much one more vote on each pair lowers tr A (Sherman & Morrison 1950)."""
    gain = _information(theta)
    return np.asarray(gain * spread(covariance @ covariance) / (1 + gain * spread(covariance)))


def a_optimal(theta: Vector, covariance: Matrix) -> Matrix:
    """P ∝ w |A x|²/(1 + w x'A x), `trace_gain`."""
    return _normal(trace_gain(theta, covariance))


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


def closest(theta: Vector, newcomers: Flags, *, opponents: int = OPPONENTS) -> Matrix:
    """Every newcomer alike, each against the settled contenders that are rated closest to it.

    newcomers (M) marks them; they meet one another only where there are fewer settled contenders than opponents.
    A vote of a newcomer tells w, most between equals: it takes a quarter fewer votes than with uniform opponents.
    """
    if not newcomers.any() or len(theta) < 2 or opponents < 1:
        raise RatingError("Newcomers are paired where there is one, somebody else, and an opponent to be had.")
    return _normal(_nearest(theta, newcomers, ~np.eye(len(theta), dtype=np.bool_), opponents))


def _nearest(theta: Vector, newcomers: Flags, allowed: Flags, opponents: int) -> Matrix:
    """How often each pair is one of a newcomer and one of its closest, among the pairs that are allowed (M x M)."""
    rows = np.nonzero(newcomers)[0]
    away = np.abs(theta[rows, None] - theta)
    # Who may be met comes first, and of them the settled, however far away they are.
    order = np.lexsort((away, np.broadcast_to(newcomers, away.shape), ~allowed[rows]), axis=1)[:, :opponents]
    drawn = np.zeros((len(theta), len(theta)))
    drawn[rows[:, None], order] = 1.0
    return np.asarray((drawn + drawn.T) * allowed)


def mixture(theta: Vector, covariance: Matrix, newcomers: Flags, *, shares: Shares | None = None) -> Matrix:
    """The default: 50 % uniform, 30 % newcomers against their closest, 20 % A-optimal, none below .2/#pairs.

    All are compared with one another, and every pair may be drawn: `mixed` without conditions.
    """
    known = Known(
        theta=theta,
        gain=trace_gain(theta, covariance),
        rated=np.ones(len(theta), dtype=np.bool_),
        newcomers=newcomers,
        group=np.zeros(len(theta), dtype=np.int64),
    )
    return mixed(uniform(len(theta)), known, shares=shares)


def mixed(weights: Matrix, known: Known, *, shares: Shares | None = None) -> Matrix:
    """The mixture of pairs that are uniform but for their weights (M x M, symmetric), 0 where two may not meet.

    Every rule weighs its pairs by them, and no pair gets less than a fifth of what it has by its weight alone. A rule
    that has no pair leaves its share to the weights: newcomers where there is none or fewer than five are settled,
    and all of them among contenders whose votes don't count.
    """
    share, even = shares or Shares(), _normal(weights)
    among = weights * (known.rated[:, None] & known.rated)
    parts = [(share.uniform, weights), (share.a_optimal, among * known.gain), (share.newcomers, _new(among, known))]
    whole = np.asarray(sum(part * _normal(amounts, otherwise=even) for part, amounts in parts))
    apart = among * (known.group[:, None] != known.group)
    if apart.any():
        whole = (1 - share.connecting) * whole + share.connecting * _normal(apart)
    if not (whole < FLOOR * even).any():
        return whole
    return np.asarray(FLOOR * even + (1 - FLOOR) * _normal(np.maximum(whole - FLOOR * even, 0.0)))


def _new(among: Matrix, known: Known) -> Matrix:
    newcomers = known.newcomers & known.rated
    if (known.rated & ~newcomers).sum() < OPPONENTS:
        return np.zeros_like(among)
    return among * _nearest(known.theta, newcomers, among > 0, OPPONENTS)


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


def _normal(amounts: Matrix, *, otherwise: Matrix | None = None) -> Matrix:
    """The amounts as probabilities of pairs; where there are none, an error or what is to be taken otherwise."""
    amounts = np.maximum(amounts, 0.0)
    np.fill_diagonal(amounts, 0.0)
    total = amounts.sum() / 2
    if otherwise is not None and not total > 0:
        return otherwise
    if not (np.isfinite(total) and total > 0):
        raise RatingError("No pair can be drawn: two contenders or more, finite strengths and a covariance are needed.")
    return np.asarray(amounts / total)
