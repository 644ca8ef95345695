"""Ratios: how much one worth is of another, where both are estimated."""

import math
from dataclasses import dataclass

from rating import effects, intervals
from rating.arrays import Matrix, Vector


@dataclass(frozen=True)
class Ratio:
    """A ratio with its 95 % interval; not a number, with infinite ends, where the lower part may be nothing or less."""

    name: str
    value: float
    lower: float
    upper: float

    @property
    def known(self) -> bool:
        """Whether the votes could tell."""
        return math.isfinite(self.value)


def unknown(name: str) -> Ratio:
    """A ratio that these votes can't tell."""
    return Ratio(name, math.nan, -math.inf, math.inf)


def measured(name: str, parts: Vector, covariance: Matrix, *, freedom: float) -> Ratio:
    """The ratio b/a of parts (b, a) with this covariance (2 x 2), by Student's t (Fieller 1954).

    The interval is all r that b - r a = 0 does not contradict, (b - r a)² ≤ t² (V_bb - 2 r V_ab + r² V_aa): two ends
    where a is surely above 0. Elsewhere a ratio to it means nothing, and errors of 0, or no degrees of freedom, tell
    nothing.
    """
    if freedom <= 0:
        return unknown(name)
    (b, a), squared = parts.tolist(), intervals.quantile(effects.LEVEL, freedom) ** 2
    (var_b, both), (_, var_a) = covariance.tolist()
    steep = a * a - squared * var_a
    if a <= 0 or steep <= 0 or not (var_a > 0 and var_b > 0):
        return unknown(name)
    middle, away = a * b - squared * both, b * b - squared * var_b
    reach = math.sqrt(max(middle * middle - steep * away, 0.0))
    return Ratio(name, b / a, (middle - reach) / steep, (middle + reach) / steep)
