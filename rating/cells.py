"""Cells: what each voter, or each prompt, said of each pair, whichever side came first."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from rating.arrays import Codes, Flags, Integers, Matrix, Vector, summed
from rating.counts import UNITS
from rating.outcomes import OUTCOMES

Cluster: TypeAlias = Literal["voter", "prompt", "both", "none"]
LARGEST_KEY = 1 << 62


@dataclass(frozen=True, eq=False)
class Cells:
    """One row for a cluster and a pair, sorted by both; clusters are numbered from 0 without gaps.

    `low` < `high` are contenders; `counts` (n x 4) holds the weight of [low won, high won, tie, both_bad]. The
    counts are exact and their order is that of the codes, so neither the order of votes nor the positions move a bit.
    """

    cluster: Codes
    low: Codes
    high: Codes
    counts: Matrix

    @property
    def games(self) -> Vector:
        """The weight of each cell's votes."""
        return np.asarray(self.counts.sum(axis=1))

    @property
    def wins(self) -> Vector:
        """The wins of `low`, a tie and a both_bad being half a win."""
        return np.asarray(self.counts[:, 0] + (self.counts[:, 2] + self.counts[:, 3]) / 2)

    @property
    def sizes(self) -> Vector:
        """The weight of each cluster's votes."""
        return np.bincount(self.cluster, self.games).astype(np.float64, copy=False)


def of(
    cluster: Codes | None, first: Integers, second: Integers, outcome: Integers, weight: Codes | None, *, size: int
) -> Cells:
    """Sum the votes by cluster (None: every vote is one) and pair of `size` contenders; `weight` in units of 2^-20."""
    said = _said(first, second, outcome, size)
    if cluster is None:
        return _apart(said, weight, size)
    pairs, pair, four = size * size, said // len(OUTCOMES), said % len(OUTCOMES)
    known: Codes | None = None
    if (int(cluster.max(initial=0)) + 1) * pairs * len(OUTCOMES) > LARGEST_KEY:
        known, pair = np.unique(pair, return_inverse=True)
        pairs = len(known)
    keys, amounts = _grouped((cluster * pairs + pair) * len(OUTCOMES) + four, weight)
    cell = keys // len(OUTCOMES)
    new = _beginnings(cell)
    counts = np.zeros((np.count_nonzero(new), len(OUTCOMES)))
    counts[np.cumsum(new) - 1, keys % len(OUTCOMES)] = amounts
    cell = cell[new]
    place = cell % pairs if known is None else known[cell % pairs]
    return Cells(cell // pairs, place // size, place % size, counts)


def renumbered(codes: Integers) -> Codes:
    """The codes from 0 on without gaps, in the same order."""
    if not len(codes):
        return np.zeros(0, dtype=np.int64)
    largest = int(codes.max())
    if largest > 4 * len(codes) + 1024:
        return np.unique(codes, return_inverse=True)[1].astype(np.int64, copy=False)
    seen = np.zeros(largest + 1, dtype=np.bool_)
    seen[codes] = True
    return (np.cumsum(seen) - 1)[codes]


def each(cells: Cells, *, size: int) -> Vector:
    """Kish's number of clusters for each of `size` contenders' own votes; 0 for one without votes."""
    games = np.tile(cells.games, 2)
    keys = np.concatenate([cells.cluster * size + cells.low, cells.cluster * size + cells.high])
    key, place = np.unique(keys, return_inverse=True)
    shares = summed(place, games, length=len(key))
    squares = summed(key % max(size, 1), shares**2, length=size)
    votes = summed(key % max(size, 1), shares, length=size)
    return np.asarray(votes**2 / np.where(squares > 0, squares, 1.0))


def _said(first: Integers, second: Integers, outcome: Integers, size: int) -> Codes:
    """(low, high, outcome for them) of each vote as one number."""
    turned = first > second
    low = np.where(turned, second, first).astype(np.int64)
    high = np.where(turned, first, second)
    told = np.where(outcome < 2, outcome ^ turned, outcome)
    return np.asarray((low * size + high) * len(OUTCOMES) + told, dtype=np.int64)


def _apart(said: Codes, weight: Codes | None, size: int) -> Cells:
    """Every vote a cell of its own, in an order that the votes' own does not move."""
    order = np.argsort(said) if weight is None else np.lexsort((weight, said))
    said = said[order]
    counts = np.zeros((len(said), len(OUTCOMES)))
    counts[np.arange(len(said)), said % len(OUTCOMES)] = 1.0 if weight is None else weight[order] / UNITS
    pair = said // len(OUTCOMES)
    return Cells(np.arange(len(said)), pair // max(size, 1), pair % max(size, 1), counts)


def _grouped(keys: Codes, weight: Codes | None) -> tuple[Codes, Vector]:
    """The distinct keys, sorted, and the weight of each."""
    order = slice(None) if weight is None else np.argsort(keys)
    keys = np.sort(keys) if weight is None else keys[order]
    places = np.flatnonzero(_beginnings(keys))
    if weight is None:
        return keys[places], np.diff(places, append=len(keys)).astype(np.float64)
    amounts = np.add.reduceat(weight[order], places) if len(keys) else weight
    return keys[places], amounts / UNITS


def _beginnings(values: Codes) -> Flags:
    new = np.ones(len(values), dtype=np.bool_)
    np.not_equal(values[1:], values[:-1], out=new[1:])
    return new
