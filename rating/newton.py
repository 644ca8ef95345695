"""Newton's method for concave likelihoods, with steps that can't overshoot."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from rating import positive
from rating.arrays import Matrix, Vector
from rating.errors import DidNotConverge

LONGEST_REACH = 10.0  # Beyond it the curvature at the end of a step can underflow.
HALVINGS = 60
RESIDUAL = 1e-8
ROUNDING = 8 * float(np.finfo(np.float64).eps)
MOST_STEPS = 500
LIGHTEST_DAMPING = 1e-12


@dataclass(frozen=True, eq=False)
class Point:
    """A likelihood's slopes at a place: the gradient and the negative Hessian."""

    place: Vector
    gradient: Vector
    information: Matrix


@dataclass(frozen=True, eq=False)
class Problem:
    """What is to be maximised.

    `at` gives the point of a place, or None outside the domain. `reach` says how far a step from a place goes, in
    the unit in which the curvature changes at most e-fold (the widest change of a pair's log-odds). `scale` holds,
    for each parameter, the votes summed in its score: sums can be told from zero to rounding of that.
    """

    at: Callable[[Vector], Point | None]
    reach: Callable[[Vector, Vector], float]
    scale: Vector
    grounded: bool = False


def maximised(problem: Problem, start: Vector, *, tol: float, max_steps: int = MOST_STEPS) -> tuple[Point, int]:
    """The point where the score equations hold, and the steps it took; DidNotConverge if it is not reached.

    The equations hold to 1e-8, or to rounding where more than a million votes are summed.
    """
    point = problem.at(start)
    if point is None:
        raise DidNotConverge("The fit can't start from strengths outside its domain.")
    for steps in range(1, max_steps + 1):
        if (np.abs(point.gradient) <= ROUNDING * problem.scale).all():
            return point, steps
        step = ascent(point, grounded=problem.grounded)
        point, step = _moved(problem, point, step)
        if problem.reach(point.place, step) < tol and _holds(problem, point):
            return point, steps
    raise DidNotConverge(f"The fit did not settle within {max_steps} steps.")


def residual(point: Point) -> float:
    """How far the worst score equation is from zero."""
    return float(np.abs(point.gradient).max(initial=0.0))


def ascent(point: Point, *, grounded: bool) -> Vector:
    """The Newton step; where rounding spoils the curvature it is damped until it leads upwards (Levenberg 1944)."""
    information = ground(point.information) if grounded else point.information
    gradient = point.gradient.copy()
    gradient[: int(grounded)] = 0
    own, damping = information.diagonal(), 0.0
    while damping < 1:
        try:
            step = positive.solved(information, gradient)
            if np.isfinite(step).all() and gradient @ step > 0:
                return step
        except np.linalg.LinAlgError:
            pass
        damping = max(10 * damping, LIGHTEST_DAMPING)
        information = information.copy()
        np.fill_diagonal(information, own + damping * max(float(own.max()), LIGHTEST_DAMPING))
    raise DidNotConverge("The outcomes are too one-sided for the fit to settle.")


def ground(information: Matrix) -> Matrix:
    """The information with its first parameter held still: positive definite where only differences matter.

    Unlike a constant added to every entry it keeps the digits of contenders with few votes beside those with many.
    """
    held = information.copy()
    held[:1], held[:, :1] = 0, 0
    held[:1, :1] = 1
    return held


def _holds(problem: Problem, point: Point) -> bool:
    allowed = max(RESIDUAL, 8 * ROUNDING * float(problem.scale.max(initial=0.0)))
    return residual(point) <= allowed


def _moved(problem: Problem, point: Point, step: Vector) -> tuple[Point, Vector]:
    """Go along the step as far as the likelihood surely rises.

    It does where it still rises at the end. And as its curvature changes at most e-fold for each unit of reach r, a
    part log(1 + r) / r of a Newton step always climbs, and all of it does when r is at most 1 (Sun & Tran-Dinh 2019).
    """
    reach = problem.reach(point.place, step)
    safe = 1.0 if reach <= 1 else float(np.log1p(reach) / reach)
    part = min(1.0, LONGEST_REACH / max(reach, LONGEST_REACH))
    for _ in range(HALVINGS):
        there = problem.at(point.place + part * step)
        if there is not None and (part <= safe or there.gradient @ step >= 0):
            return there, part * step
        part /= 2
    raise DidNotConverge("The outcomes are too one-sided for the fit to settle.")
