"""Intervals that survive looking: right at every vote at once, for a page that is live and for stopping rules."""

import math
from dataclasses import dataclass

import numpy as np

from rating.arrays import Flags, Matrix, Vector, spread
from rating.errors import RatingError
from rating.intervals import Intervals

EARLIEST = 400.0  # votes; before, a standard error is not yet what the theory asks for


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What is promised: with probability `level`, none of `claims` quantities ever leaves its interval.

    `planned` is the number of votes at which intervals are narrowest beside those of a fixed number of votes.
    """

    level: float = 0.95
    claims: int = 1
    planned: float = 5000.0

    def __post_init__(self) -> None:
        """Refuse a promise that can't be kept."""
        if not 0 < self.level < 1:
            raise RatingError(f"A level lies between 0 and 1, as 0.95 does, and {self.level} does not.")
        if self.claims < 1 or not 0 < self.planned < math.inf:
            raise RatingError(f"A watch needs a claim and a planned number of votes: {self.claims}, {self.planned}.")


def reach(votes: float, watch: Watch) -> float:
    """How many standard errors the interval reaches after this many votes; infinite before the 400th.

    √(2 (t r² + 1)/(t r²) ln(√(t r² + 1)/a)), r² = (-2 ln a + ln(-2 ln a + 1))/t*, with a = (1 - level)/claims, t the
    votes so far and t* those planned (asymptotic confidence sequence, Waudby-Smith et al. 2024, arXiv:2103.06476).
    """
    if not votes >= EARLIEST:
        return math.inf
    twice = -2 * math.log((1 - watch.level) / watch.claims)
    grown = votes * (twice + math.log(twice + 1)) / watch.planned
    return math.sqrt((grown + 1) / grown * (math.log(grown + 1) + twice))


def of_contrast(
    weights: Vector, theta: Vector, covariance: Matrix, *, votes: float, watch: Watch | None = None
) -> tuple[float, float]:
    """The ends of the interval for c'θ, in log-odds; a difference has c = 1 and -1 at its two contenders, else 0.

    `covariance` (M x M) is any valid one of θ at this moment. With votes clustered by voter it is the clustered
    one, and `votes` is Kish's effective number.
    """
    middle = float(weights @ theta)
    wide = reach(votes, watch or Watch())
    # An infinite reach times no variance would not be a number, and knows nothing.
    away = math.inf if math.isinf(wide) else wide * math.sqrt(max(float(weights @ covariance @ weights), 0.0))
    return middle - away, middle + away


def of_differences(
    theta: Vector, covariance: Matrix, *, votes: float, level: float = 0.95, planned: float = 5000.0
) -> Intervals:
    """θᵢ - θⱼ within its interval for all pairs (M x M) at all times at once; arguments as for `of_contrast`."""
    away = theta[:, None] - theta
    wide = _all_pairs(len(theta), votes, level, planned)
    reached = np.full(away.shape, np.inf) if math.isinf(wide) else wide * np.sqrt(spread(covariance))
    np.fill_diagonal(reached, 0.0)
    return Intervals(away - reached, away + reached)


def decided(
    theta: Vector,
    covariance: Matrix,
    comparable: Flags,
    *,
    votes: float,
    level: float = 0.95,
    planned: float = 5000.0,
) -> Flags:
    """better[i, j] (M x M); with probability `level` no pair is ever decided wrongly, however often one looks.

    `comparable` (M x M, symmetric) marks the pairs that may be decided. A difference without variance is not.
    """
    variance = spread(covariance)
    wide = _all_pairs(len(theta), votes, level, planned)
    scale = np.where(variance > 0, np.sqrt(variance), np.inf)
    return np.asarray(comparable & ((theta[:, None] - theta) / scale > wide))


def _all_pairs(size: int, votes: float, level: float, planned: float) -> float:
    return reach(votes, Watch(level=level, claims=max(math.comb(size, 2), 1), planned=planned))
