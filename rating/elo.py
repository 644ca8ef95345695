"""Ratings that move with every vote or every period: online Elo and Glicko-2, for a live ticker.

Their numbers depend on the order of the votes; a board is fitted as a whole (`bradley_terry`).
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rating.arrays import Codes, Vector, summed
from rating.errors import DidNotConverge, RatingError
from rating.outcomes import POINTS

CHUNK = 1 << 16  # votes that are Python objects at a time
GLICKO = 400 / math.log(10)
SETTLED = 1e-6
MOST_STEPS = 200


def online(
    first: NDArray[np.integer],
    second: NDArray[np.integer],
    outcome: NDArray[np.integer],
    *,
    start: Vector,
    k: float = 4.0,
) -> Vector:
    """Ratings after each vote in turn moved its sides by k (y - 1/(1 + 10^((s - f)/400))) (Elo 1978).

    The columns are codes of one length, f and s the ratings of the sides so far, y what the first side gets: 1, 0
    or, for a tie and a both_bad, 1/2. `start` (M) holds the ratings before, 1000 for a new board; it is not changed.
    """
    if not 0 < k <= 400:
        raise RatingError(f"k is the most that one vote may move a rating, above 0 and up to 400 points, and not {k}.")
    points, exponent, power = np.array(POINTS), math.log(10) / 400, math.exp
    ratings = np.asarray(start, dtype=np.float64).tolist()
    for begin in range(0, len(first), CHUNK):
        rows = slice(begin, begin + CHUNK)
        said = (k * points[outcome[rows]]).tolist()
        for i, j, gain in zip(first[rows].tolist(), second[rows].tolist(), said, strict=True):
            one, other = ratings[i], ratings[j]
            moved = gain - k / (1 + power((other - one) * exponent))
            ratings[i] = one + moved
            ratings[j] = other - moved
    return np.array(ratings, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Glicko:
    """Ratings (1500 for a newcomer), their deviations (350) and volatilities (.06), each of length M."""

    rating: Vector
    deviation: Vector
    volatility: Vector

    @classmethod
    def newcomers(cls, contenders: int) -> "Glicko":
        """What is known of contenders before their first period."""
        return cls(np.full(contenders, 1500.0), np.full(contenders, 350.0), np.full(contenders, 0.06))


def glicko2(before: Glicko, first: Codes, second: Codes, outcome: Codes, *, tau: float = 0.5) -> Glicko:
    """The ratings after one period of votes by Glicko-2 (Glickman 2013), all contenders at once.

    A tie and a both_bad are half a win. `tau` is how far volatility may move, .3 to 1.2. Who did not meet anybody
    keeps the rating and becomes less certain.
    """
    if not 0 < tau < math.inf:
        raise RatingError(f"tau is a number above 0, most often between .3 and 1.2, and not {tau}.")
    size = len(before.rating)
    mu, phi = (before.rating - 1500) / GLICKO, before.deviation / GLICKO
    own, other = np.concatenate([first, second]), np.concatenate([second, first])
    points = np.array(POINTS)[outcome]
    weight = 1 / np.sqrt(1 + 3 * phi**2 / math.pi**2)
    expected = 1 / (1 + np.exp(weight[other] * (mu[other] - mu[own])))
    information = summed(own, weight[other] ** 2 * expected * (1 - expected), length=size)
    gain = summed(own, weight[other] * (np.concatenate([points, 1 - points]) - expected), length=size)
    met = information > 0
    volatility = before.volatility.copy()
    volatility[met] = _volatility(phi[met], volatility[met], 1 / information[met], gain[met], tau)
    deviation = 1 / np.sqrt(1 / (phi**2 + volatility**2) + information)
    return Glicko(1500 + GLICKO * (mu + deviation**2 * gain), GLICKO * deviation, volatility)


def _volatility(phi: Vector, volatility: Vector, variance: Vector, gain: Vector, tau: float) -> Vector:
    """The new volatilities, step 5 of the note: roots in x = ln σ² by the Illinois rule, for all contenders at once."""
    start, shift, known = np.log(volatility**2), (variance * gain) ** 2, phi**2 + variance

    def slope(x: Vector) -> Vector:
        total = known + np.exp(x)
        return np.asarray(np.exp(x) * (shift - total) / (2 * total**2) - (x - start) / tau**2)

    excess = shift > known
    near, far = start, np.where(excess, np.log(np.where(excess, shift - known, 1.0)), start - tau)
    for _ in range(MOST_STEPS):
        falling = ~excess & (slope(far) < 0)
        far = far - tau * falling
        if not falling.any():
            return np.asarray(np.exp(_root(slope, near, far) / 2))
    raise DidNotConverge("The volatilities can't be bracketed.")


def _root(slope: Callable[[Vector], Vector], near: Vector, far: Vector) -> Vector:
    at_near, at_far = slope(near), slope(far)
    for _ in range(MOST_STEPS):
        moving = np.abs(far - near) > SETTLED
        if not moving.any():
            return near
        rise = np.where(moving, at_far - at_near, 1.0)
        new = np.where(moving, near + (near - far) * at_near / rise, far)
        at_new = slope(new)
        crossed = at_new * at_far <= 0
        near = np.where(moving, np.where(crossed, far, near), near)
        at_near = np.where(moving, np.where(crossed, at_far, at_near / 2), at_near)
        far, at_far = new, at_new
    raise DidNotConverge("The volatilities did not settle.")
