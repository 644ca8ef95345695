"""Bradley-Terry strengths from counts, by Newton's method."""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.special import expit

from rating import graph
from rating.arrays import Matrix, Vector
from rating.errors import DidNotConverge, NoMaximum

LONGEST_STEP = 10.0  # in log-odds of a pair that met: beyond it the curvature can underflow
HALVINGS = 20
RESIDUAL = 1e-8
ROUNDING = 8 * np.finfo(np.float64).eps
WIDEST_EXPONENTIAL = 600.0  # exp(300) is far from overflow, and so is the sum of two


@dataclass(frozen=True, eq=False)
class Fit:
    """Strengths that fit best: `theta` sums to zero; `phantom` is where the prior's phantom lies on that scale.

    `chances[i, j]` is the fitted probability that i beats j. `information` (M x M) is the negative Hessian at
    theta, the prior included: with a prior positive definite (the phantom is held fixed), without one singular
    along (1, …, 1).
    """

    theta: Vector
    phantom: float
    chances: Matrix
    information: Matrix
    prior: float
    steps: int


@dataclass(frozen=True, eq=False)
class _Point:
    """The likelihood's slopes at a place; the phantom is at 0 there."""

    place: Vector
    gradient: Vector
    information: Matrix
    chances: Matrix


def fit(wins: Matrix, *, prior: float = 1.0, tol: float = 1e-10, max_steps: int = 100, start: Fit | None = None) -> Fit:
    """Fit P(i beats j) = 1 / (1 + exp(θⱼ - θᵢ)) (Bradley & Terry 1952) by Newton's method.

    wins (M x M) counts the times i beat j; a tie is half a win to each. theta is in log-odds and sums to zero.
    `prior` is how many games each contender drew with a phantom of unknown strength: the result is that of a
    plain fit with the phantom as one more contender. With prior 0 the maximum exists only if the graph of wins
    is strongly connected (Ford 1957), else NoMaximum. On return the score equations, wins - expected wins,
    hold to 1e-8 (or to rounding, above a million games); else DidNotConverge. `start` is a fit nearby.
    """
    _check(wins, prior)
    place = np.zeros(len(wins)) if start is None else start.theta - start.phantom
    games = wins + wins.T
    point = _at(wins, games, place, prior)
    for steps in range(1, max_steps + 1):
        if _rounded(point, games, prior):
            return _settled(point, games, prior, steps)
        step = _solved(point, prior)
        point = _moved(point, step, wins, games, prior)
        if np.ptp(step) < tol:
            return _settled(point, games, prior, steps)
    raise DidNotConverge(f"The fit did not settle within {max_steps} steps.")


def gauged(information: Matrix, prior: float) -> Matrix:
    """The information made positive definite: without a phantom, c 11'/M fixes the gauge and changes no difference."""
    if prior > 0:
        return information
    return np.asarray(information + np.trace(information) / len(information) ** 2)


def _check(wins: Matrix, prior: float) -> None:
    if wins.ndim != 2 or wins.shape[0] != wins.shape[1]:
        raise ValueError(f"wins must be square, and is {wins.shape}.")
    if not np.isfinite(wins).all() or (wins < 0).any() or wins.diagonal().any():
        raise ValueError("wins must hold finite counts, none below zero, and zeros on its diagonal.")
    if not (np.isfinite(prior) and prior >= 0):
        raise ValueError(f"prior is a number of drawn games, zero or more, and not {prior}.")
    outside = np.count_nonzero(graph.strong(wins)) if prior == 0 and len(wins) else 0
    if outside:
        raise NoMaximum(
            f"No finite strengths fit best: {outside} of {len(wins)} contenders are joined to the rest by wins one way "
            "only, or not at all. Rate them with a prior above 0, or leave them out."
        )


def _chances(theta: Vector) -> Matrix:
    # M exponentials instead of M x M; both forms give chances[j, i] the same denominator as chances[i, j].
    if not len(theta) or np.ptp(theta) > WIDEST_EXPONENTIAL:
        return np.asarray(expit(theta[:, None] - theta))
    odds = np.exp(theta - (theta.max() + theta.min()) / 2)
    return np.asarray(odds[:, None] / (odds[:, None] + odds))


def _at(wins: Matrix, games: Matrix, place: Vector, prior: float) -> _Point:
    chances = _chances(place)
    drawn = expit(place)
    gradient = (wins - games * chances).sum(axis=1) + prior * (0.5 - drawn)
    information = -games * chances * chances.T
    own = prior * drawn * (1 - drawn) - information.sum(axis=1)
    information[np.diag_indices_from(information)] += own
    return _Point(place, gradient, information, chances)


def _rounded(point: _Point, games: Matrix, prior: float) -> bool:
    """Whether the score equations hold as well as their sums can be told: a further step would be noise."""
    return bool((np.abs(point.gradient) <= ROUNDING * (games.sum(axis=1) + prior)).all())


def _solved(point: _Point, prior: float) -> Vector:
    try:
        factor = cho_factor(gauged(point.information, prior), lower=True, check_finite=False)
    except LinAlgError:
        raise DidNotConverge("The outcomes are too one-sided for the fit to settle.") from None
    return np.asarray(cho_solve(factor, point.gradient, check_finite=False))


def _moved(point: _Point, step: Vector, wins: Matrix, games: Matrix, prior: float) -> _Point:
    """Go along the step, halving it while the likelihood falls steeply at its end."""
    if np.ptp(step) > LONGEST_STEP:
        change = np.abs(step[:, None] - step)[games > 0].max(initial=0.0)
        step = step * min(1.0, LONGEST_STEP / max(change, LONGEST_STEP))
    slope = point.gradient @ step
    there = _at(wins, games, point.place + step, prior)
    for _ in range(HALVINGS):
        if there.gradient @ step >= -slope / 2:
            break
        step, slope = step / 2, slope / 2
        there = _at(wins, games, point.place + step, prior)
    return there


def _settled(point: _Point, games: Matrix, prior: float, steps: int) -> Fit:
    # Sums of more than a million games can't be told from one another to 1e-8 in double precision.
    allowed = max(RESIDUAL, 8 * ROUNDING * games.sum(axis=1).max(initial=0.0))
    worst = np.abs(point.gradient).max(initial=0.0)
    if worst > allowed:
        raise DidNotConverge(f"The score equations are off by {worst:.1e}.")
    mean = float(point.place.mean()) if len(point.place) else 0.0
    return Fit(point.place - mean, -mean, point.chances, point.information, prior, steps)
