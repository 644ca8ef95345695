"""The displayed scale: 400 points are odds of ten to one."""

import math
from dataclasses import dataclass

import numpy as np

from rating.arrays import Vector

PER_LOGIT = 400 / math.log(10)


@dataclass(frozen=True)
class Scale:
    """R = 1000 + 400/ln 10 · (θ - reference); applied once, when strengths become ratings."""

    reference: float = 0.0

    def ratings(self, theta: Vector) -> Vector:
        """Strengths, or the ends of their intervals, as ratings; infinite ends stay infinite."""
        return np.asarray(1000 + PER_LOGIT * (theta - self.reference))
