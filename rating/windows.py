"""Windows: whether new votes, taken together, push one contender, or hold it more often than the draw gave it out."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse, special

from rating import expectation
from rating.arrays import Codes, Flags, Integers, Matrix, Vector, summed
from rating.expectation import HALVES, Expectation
from rating.exposure import Draws

LEVEL = 0.01


@dataclass(frozen=True, eq=False)
class Window:
    """`z` (M): how far the votes push each contender, in sds; `push`, `exposure` (M): the chances of as much."""

    z: Vector
    push: Vector
    exposure: Vector

    def alarms(self, level: float = LEVEL) -> tuple[Flags, Flags]:
        """Whose push, and whose exposure, raises a case (M each): Bonferroni over contenders, half the level each."""
        bound = level / (2 * len(self.z))
        return np.asarray(self.push <= bound), np.asarray(self.exposure <= bound)


@dataclass(frozen=True, eq=False)
class Votes:
    """New votes: contenders by position, outcome, voter and the rule that drew the pair, all of one length (N)."""

    first: Integers
    second: Integers
    outcome: Integers
    voter: Integers
    rule: Integers | None = None


def look(expected: Expectation, tau2: float, draws: Draws, votes: Votes) -> Window:
    """Hold a window's votes against the snapshot before it.

    z_m = U_m / √(H + HAH + τ²Σ_v H_v²)_mm with U = Σ (y - Ey)(e_first - e_second), H the window's information, A the
    snapshot's covariance and H_v a voter's own information: many new accounts that push alike are seen together, and
    a voter who likes a contender is not yet an attack. Push is the two-sided normal tail of z, exposure the upper
    Poisson-binomial tail of the battles with a contender.
    """
    score, information = scores(expected, votes)
    variance = np.diagonal(information @ expected.covariance @ information) + information.diagonal()
    variance = variance + tau2 * tastes(expected, votes).diagonal()
    z = score / np.sqrt(np.maximum(variance, 1e-12))
    return Window(z, 2 * special.ndtr(-np.abs(z)), _exposed(draws, votes, len(score)))


def scores(expected: Expectation, votes: Votes) -> tuple[Vector, Matrix]:
    """U = Σ (y - Ey)(e_first - e_second) (M) and the information H (M x M) of the votes."""
    size = len(expected.theta)
    _, weight = _points(expected, votes)
    off = residuals(expected, votes)
    pair = summed(votes.first * size + votes.second, weight, length=size * size).reshape(size, size)
    shared = pair + pair.T
    score = summed(votes.first, off, length=size) - summed(votes.second, off, length=size)
    return score, np.diag(shared.sum(axis=1)) - shared


def residuals(expected: Expectation, votes: Votes) -> Vector:
    """How much more each vote gave the first side than was expected, in points (N)."""
    return np.asarray(np.array(HALVES)[votes.outcome] - _points(expected, votes)[0])


def tastes(expected: Expectation, votes: Votes) -> Matrix:
    """Σ_v H_v² (M x M): what tastes of variance one add to the covariance of U."""
    size = len(expected.theta)
    weight = np.tile(_points(expected, votes)[1], 2)
    voter: Codes = np.tile(np.unique(votes.voter, return_inverse=True)[1], 2)
    ends, others = np.concatenate([votes.first, votes.second]), np.concatenate([votes.second, votes.first])
    rows = np.tile(voter * size + ends, 2)
    columns, values = np.concatenate([ends, others]), np.concatenate([weight, -weight])
    # The voters' H_v one below the other, so that their squares' sum is one product.
    stacked = sparse.coo_array((values, (rows, columns)), shape=((int(voter.max(initial=0)) + 1) * size, size)).tocsr()
    return np.asarray((stacked.T @ stacked).toarray())


def _points(expected: Expectation, votes: Votes) -> tuple[Vector, Vector]:
    first, second = votes.first, votes.second
    return expectation.points(expected.lead(first, second), expected.tied(first, second))


def _exposed(draws: Draws, votes: Votes, size: int) -> Vector:
    """P(as many battles with each contender) (M), by the binomial or, with several rules, the refined normal tail.

    The refined one adds the skewness of the Poisson-binomial (Volkova 1996): G(x) = Φ(x) + γ(1 - x²)φ(x)/6.
    """
    rule = np.zeros(len(votes.first), dtype=np.int64) if votes.rule is None else votes.rule
    counts = np.bincount(np.concatenate([votes.first, votes.second]), minlength=size)
    times, chance = np.bincount(rule, minlength=len(draws.pairs)), draws.inclusion
    if np.count_nonzero(times) == 1:
        chance = chance[int(times.argmax())]
        return np.where(counts > 0, special.bdtrc(np.maximum(counts - 1, 0), len(rule), chance), 1.0)
    spread = np.sqrt(np.maximum(times @ (chance * (1 - chance)), 1e-12))
    skew = times @ (chance * (1 - chance) * (1 - 2 * chance)) / spread**3
    x = (counts - 0.5 - times @ chance) / spread
    density = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    return np.asarray(np.clip(special.ndtr(-x) - skew * (1 - x**2) * density / 6, 0.0, 1.0))
