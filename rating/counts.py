"""Counts: how often each pair met in each order, and with which outcome; all that a fit needs to know of the votes."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rating.arrays import Codes, Integers, Matrix, Vector
from rating.errors import RatingError
from rating.outcomes import OUTCOMES

# Weights are whole numbers of this part of a vote: their sums are exact, so that no order of votes moves a bit.
UNITS = 1 << 20
CHUNK = 1 << 17  # Keys of so many votes stay in the processor's cache, and take 1 MiB whatever the votes take.


@dataclass(frozen=True, eq=False)
class Counts:
    """`table[o, i, j]` (4 x M x M) is the weight of the votes with i shown first, j second and the outcome of code o.

    Its entries are whole multiples of 2^-20, so every sum of them is exact up to 2^33 votes: votes of one day
    added to those before make the same bits as all of them counted at once. `weighted` says that its votes had
    weights: then an entry is no number of votes.
    """

    contenders: tuple[str, ...]
    table: Matrix
    weighted: bool = False

    def __add__(self, other: "Counts") -> "Counts":
        """The votes of both, which must be among the same contenders; `among` makes them so."""
        if self.contenders != other.contenders:
            raise RatingError("Counts can be added when their contenders are the same; make them so with among().")
        return Counts(self.contenders, self.table + other.table, self.weighted or other.weighted)

    def among(self, contenders: Sequence[str]) -> "Counts":
        """The battles between these contenders, in their order; one that is unknown here has none."""
        places = {name: place for place, name in enumerate(self.contenders)}
        if len(set(contenders)) != len(contenders):
            raise RatingError("A contender is listed twice.")
        new = np.array([place for place, name in enumerate(contenders) if name in places], dtype=np.int64)
        old = np.array([places[name] for name in contenders if name in places], dtype=np.int64)
        table = np.zeros((len(OUTCOMES), len(contenders), len(contenders)))
        table[:, new[:, None], new] = self.table[:, old[:, None], old]
        return Counts(tuple(contenders), table, self.weighted)

    @cached_property
    def decided(self) -> Matrix:
        """M x M: how often i beat j outright."""
        return np.asarray(self.table[0] + self.table[1].T)

    @cached_property
    def ties(self) -> Matrix:
        """M x M, symmetric: the battles between i and j that neither won, both-bad ones included."""
        return np.asarray(self.both_bad + self.table[2] + self.table[2].T)

    @cached_property
    def both_bad(self) -> Matrix:
        """M x M, symmetric: the battles between i and j in which both were bad."""
        return np.asarray(self.table[3] + self.table[3].T)

    @cached_property
    def wins(self) -> Matrix:
        """M x M: how often i beat j, a tie and a both_bad being half a win to each."""
        return np.asarray(self.decided + self.ties / 2)

    @cached_property
    def games(self) -> Matrix:
        """M x M, symmetric: how often each pair met."""
        return np.asarray(self.decided + self.decided.T + self.ties)

    @cached_property
    def votes(self) -> Vector:
        """How many battles each contender was a side of (M)."""
        return np.asarray(self.games.sum(axis=1))


def of(
    contenders: tuple[str, ...], first: Integers, second: Integers, outcome: Integers, weight: Codes | None
) -> Counts:
    """Count the votes, a chunk at a time; `weight` is in units of 2^-20."""
    size = len(contenders)
    table = np.zeros(len(OUTCOMES) * size * size, dtype=np.int64 if weight is None else np.float64)
    keys = np.empty(min(CHUNK, len(first)), dtype=np.int64)
    for start in range(0, len(first), CHUNK):
        chunk = slice(start, start + CHUNK)
        key = keys[: len(first[chunk])]
        np.multiply(outcome[chunk], size, out=key, dtype=np.int64, casting="unsafe")
        np.add(key, first[chunk], out=key, casting="unsafe")
        key *= size
        np.add(key, second[chunk], out=key, casting="unsafe")
        table += np.bincount(key, None if weight is None else weight[chunk], minlength=len(table))
    whole = table.astype(np.float64, copy=False) / (1 if weight is None else UNITS)
    return Counts(contenders, whole.reshape(len(OUTCOMES), size, size), weight is not None)
