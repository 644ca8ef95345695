"""Exposure: whether a voter's, or a window's, votes hold the contenders that the draw gave out."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from rating.arrays import Codes, Integers, Matrix, Vector
from rating.errors import RatingError

# Chances below this are as good as none; their logarithm must stay a number.
LEAST = 1e-300


@dataclass(frozen=True, eq=False)
class Draws:
    """How pairs were drawn: `pairs` (G x M x M, symmetric or upper, each of the G rules summing to one).

    A rule is anything that gives a battle's pair its chances: a sampling rule between two snapshots, say.
    """

    pairs: Matrix

    def __post_init__(self) -> None:
        """Refuse chances that are none, and keep each pair once."""
        both = self.pairs + np.swapaxes(self.pairs, 1, 2)
        if (self.pairs < 0).any() or not np.allclose(self.pairs.sum(axis=(1, 2)), 1.0):
            raise RatingError("Each rule's chances of pairs must not be negative and must sum to one.")
        object.__setattr__(self, "pairs", np.triu(both, 1))

    @classmethod
    def uniform(cls, contenders: int) -> "Draws":
        """One rule, that every pair is as likely."""
        pairs = np.triu(np.ones((1, contenders, contenders)), 1)
        return cls(pairs / pairs.sum())

    @property
    def inclusion(self) -> Matrix:
        """The chance of each contender to be in a battle, by rule (G x M)."""
        return np.asarray(self.pairs.sum(axis=1) + self.pairs.sum(axis=2))

    def drawn(self, rule: Integers, rng: np.random.Generator) -> tuple[Codes, Codes]:
        """The pair of a battle by each of these rules, the lower code first."""
        size = self.pairs.shape[1]
        low, high = np.triu_indices(size, 1)
        steps = self.pairs[:, low, high].cumsum(axis=1)
        steps = steps / steps[:, -1:] + np.arange(len(steps))[:, None]
        place = np.searchsorted(steps.ravel(), rng.random(rule.shape) + rule, side="right") - rule * len(low)
        place = np.minimum(place, len(low) - 1)
        return low[place], high[place]


def tails(chances: Matrix) -> Matrix:
    """P(at least k of the battles hold it) (… x (K + 1)), from the chance in each of K battles (… x K).

    The Poisson-binomial distribution, exactly, by adding one battle after the other.
    """
    *shape, battles = chances.shape
    mass = np.zeros((*shape, battles + 1))
    mass[..., 0] = 1.0
    for battle in range(battles):
        chance = chances[..., battle, None]
        mass[..., 1:] = mass[..., 1:] * (1 - chance) + mass[..., :-1] * chance
        mass[..., 0] *= 1 - chance[..., 0]
    return np.asarray(np.minimum(mass[..., ::-1].cumsum(axis=-1)[..., ::-1], 1.0))


class Seen:
    """Voters' battles by the rules they were drawn by, `rule` (V x K): how surprising what they voted on is."""

    def __init__(self, draws: Draws, rule: Integers) -> None:
        self._draws, self._rule = draws, rule
        self._size = draws.pairs.shape[1]
        kinds, self._kind = np.unique(np.sort(rule, axis=1), axis=0, return_inverse=True)
        chances = np.swapaxes(draws.inclusion[kinds], 1, 2)
        self._surprise = -np.log(np.maximum(tails(chances), LEAST))

    def of(self, first: Integers, second: Integers) -> tuple[Vector, Codes]:
        """The largest -log tail of a count over all contenders, and whose it is; codes are (V x … x K)."""
        shape = first.shape[:-1]
        rows = np.arange(int(np.prod(shape))).reshape(*shape, 1) * self._size
        ends = np.concatenate([(rows + first).ravel(), (rows + second).ravel()])
        counts = np.bincount(ends, minlength=int(np.prod(shape)) * self._size).reshape(*shape, self._size)
        kind = self._kind.reshape(-1, *[1] * len(shape))
        surprise = self._surprise[kind, np.arange(self._size), counts]
        return surprise.max(axis=-1), surprise.argmax(axis=-1)

    def replayed(self, replays: int, rng: np.random.Generator) -> Vector:
        """The same of battles drawn anew by the same rules (V x replays)."""
        rule = np.broadcast_to(self._rule[:, None], (len(self._rule), replays, self._rule.shape[1]))
        return self.of(*self._draws.drawn(rule, rng))[0]

    def only(self, voters: Codes) -> "Seen":
        """These voters alone."""
        return Seen(self._draws, self._rule[voters])


def skips(served: Integers, voted: Integers, battles: Integers, votes: Integers) -> tuple[Vector, Codes]:
    """How unlikely it is that a voter who skips blindly votes so often where one contender is; and which one.

    `served` and `voted` (V x M) count the battles with each contender, `battles` and `votes` (V) all of them. Given
    these, the votes with a contender are hypergeometric (Fisher 1935); p is the smallest tail times M, at most one.
    """
    if (voted > served).any() or (votes > battles).any() or (served > battles[:, None]).any():
        raise RatingError("Votes are a part of the battles that were served.")
    tail = _hypergeometric(voted, battles[:, None], served, votes[:, None])
    return np.minimum(tail.min(axis=1) * served.shape[1], 1.0), tail.argmin(axis=1)


def _hypergeometric(found: Integers, whole: Integers, marked: Integers, taken: Integers) -> Vector:
    """P(at least so many of `taken` without replacement out of `whole` are among the `marked`)."""
    tail = np.zeros(np.broadcast_shapes(found.shape, taken.shape))
    for more in range(int(np.max(np.minimum(marked, taken) - found, initial=-1)) + 1):
        hits = found + more
        possible = (hits <= np.minimum(marked, taken)) & (taken - hits <= whole - marked)
        hits = np.where(possible, hits, np.maximum(0, taken - (whole - marked)))
        logs = _chosen(marked, hits) + _chosen(whole - marked, taken - hits) - _chosen(whole, taken)
        tail += np.where(possible, np.exp(logs), 0.0)
    return np.minimum(tail, 1.0)


def _chosen(whole: Integers, part: Integers) -> Vector:
    """Log of the binomial coefficient."""
    return np.asarray(special.gammaln(whole + 1) - special.gammaln(part + 1) - special.gammaln(whole - part + 1))
