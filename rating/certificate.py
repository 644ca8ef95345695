"""A bound on the error of published strengths, which anybody can check without fitting anything."""

from dataclasses import dataclass

import numpy as np

from rating import bradley_terry, newton, positive
from rating.arrays import Vector
from rating.counts import Counts
from rating.likelihood import Layout, Ties


@dataclass(frozen=True)
class Certificate:
    """How far the worst score equation is from zero, and how far (in log-odds) any strength is from the best fit's."""

    residual: float
    bound: float


def certify(
    counts: Counts,
    theta: Vector,
    *,
    phantom: float = 0.0,
    ties: str = Ties.DAVIDSON,
    tie_level: float | None = None,
    tie_propensity: Vector | None = None,
    prior: float = 1.0,
) -> Certificate:
    """|H⁻¹ g|∞ over the strengths, centred: a Newton step from the published numbers, exact to first order.

    g is the gradient of the log-likelihood with its prior, as `bradley_terry.fit` states it; H is its negative Hessian.
    The numbers are those of a Fit, rounded or not; `tie_level` None, or infinite, stands for a tally without ties.
    """
    rule, size = Ties.named(ties), len(theta)
    level = rule.modelled and tie_level is not None and bool(counts.ties.any())
    layout = Layout(size, level, level and rule is Ties.DAVIDSON)
    place = np.zeros(layout.size)
    place[:size] = theta - phantom
    if level:
        place[size] = tie_level
    if layout.propensity and tie_propensity is not None:
        place[layout.propensities] = tie_propensity
    point = bradley_terry.slopes_at(counts.table, place, ties=rule, layout=layout, prior=prior)
    if size < 2:
        return Certificate(newton.residual(point), 0.0)
    information = point.information if prior else newton.ground(point.information)
    gradient = point.gradient.copy()
    gradient[: int(prior == 0)] = 0
    step = positive.solved(information, gradient)[:size]
    return Certificate(newton.residual(point), float(np.abs(step - step.mean()).max()))
