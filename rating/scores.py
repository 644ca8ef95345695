"""Scores: what one vote says of each parameter, and their sums of squares by cluster."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rating import likelihood
from rating.arrays import Codes, Flags, Matrix
from rating.bradley_terry import Fit
from rating.cells import Cells, Cluster
from rating.counts import Counts
from rating.errors import RatingError
from rating.likelihood import Pairs, Ties
from rating.tally import Tally

BLOCK = 4096  # Clusters held as rows of a matrix at once; with 400 parameters 13 MB.


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of every outcome of every pair that met.

    A vote on pair u with outcome o adds `values[o, u]` (4 x U x q) to the parameters `columns[u]` (U x q), of `size`.
    `number[low, high]` (M x M) is the pair's u, or -1.
    """

    number: Codes
    columns: Codes
    values: Matrix
    size: int

    def pairs_of(self, cells: Cells) -> Codes:
        """The number of each cell's pair."""
        pairs = self.number[cells.low, cells.high]
        if (pairs < 0).any():
            raise RatingError("The votes hold pairs that the counts don't; both must be of the same tally.")
        return np.asarray(pairs)

    def summed(self, pairs: Codes, counts: Matrix) -> Matrix:
        """Each cell's score (n x q): that of its votes, counts being n x 4."""
        return np.asarray(sum(counts[:, o, None] * self.values[o, pairs] for o in range(len(self.values))))


def of(fit: Fit, counts: Counts) -> Scores:
    """The scores of a Bradley-Terry fit; a both_bad has those of a tie, and with ties dropped none."""
    if fit.layout.position:
        raise RatingError("Votes are clustered whichever side came first; fit without the position effect.")
    pairs, layout = Pairs.of(counts.table, Ties.HALF), fit.layout
    d, s = pairs.arguments(fit.place, layout)
    found = likelihood.slopes(fit.ties, d, s, pairs.counts)
    along_d, along_s = (_by_outcome(part, fit.ties) for part in (found.along_d, found.along_s))
    columns, values = [pairs.low, pairs.high], [along_d, -along_d]
    if layout.level:
        columns.append(np.full(len(d), layout.contenders))
        values.append(along_s)
    if layout.propensity:
        start = layout.propensities.start
        columns += [start + pairs.low, start + pairs.high]
        values += [along_s / 2, along_s / 2]
    number = numbered(pairs.low, pairs.high, layout.contenders)
    return Scores(number, np.stack(columns, axis=1), np.stack(values, axis=2), layout.size)


def numbered(low: Codes, high: Codes, size: int) -> Codes:
    """M x M: the place of each pair in the list, or -1."""
    number = np.full((size, size), -1, dtype=np.int64)
    number[low, high] = np.arange(len(low))
    return number


def _by_outcome(part: Matrix, ties: Ties) -> Matrix:
    tied = part[2] if ties is not Ties.DROP else np.zeros_like(part[2])
    return np.stack([part[0], part[1], tied, tied])


def squared(scores: Scores, votes: Tally | Counts, cluster: Cluster) -> Matrix:
    """Σ over clusters of U U' (P x P), U being the sum of a cluster's scores; the order of votes moves no bit."""
    if isinstance(votes, Counts):
        if votes.weighted:
            raise RatingError("Weighted votes can't be told apart in their counts; give the tally of them.")
        return _by_vote(scores, votes)
    return _by_vote(scores, votes.counts) if votes.alone(cluster) else _by_cluster(scores, votes.cells(cluster))


def _by_vote(scores: Scores, counts: Counts) -> Matrix:
    """Votes that stand alone are told apart by pair and outcome only, however many they are."""
    pairs = Pairs.of(counts.table, Ties.HALF)
    bad = np.triu(counts.both_bad, 1)[pairs.low, pairs.high]
    said = np.stack([pairs.counts[0], pairs.counts[1], pairs.counts[2] - bad, bad])
    number, width = scores.columns.shape
    moments = np.empty((number, width, width))
    for i in range(width):
        own = said * scores.values[:, :, i]
        for j in range(i + 1):
            moments[:, i, j] = moments[:, j, i] = (own * scores.values[:, :, j]).sum(axis=0)
    return scattered(scores.columns, moments, scores.size)


def _by_cluster(scores: Scores, cells: Cells) -> Matrix:
    alone = np.bincount(cells.cluster)[cells.cluster] == 1
    return _alone(scores, cells, alone) + _together(scores, cells, ~alone)


def _alone(scores: Scores, cells: Cells, chosen: Flags) -> Matrix:
    """Clusters of one cell: their squares are summed by pair first, however many they are."""
    kept = _only(cells, chosen)
    pairs = scores.pairs_of(kept)
    own = scores.summed(pairs, kept.counts)
    number, width = scores.columns.shape
    moments = np.empty((number, width, width))
    for i in range(width):
        for j in range(i + 1):
            moments[:, i, j] = moments[:, j, i] = np.bincount(pairs, own[:, i] * own[:, j], minlength=number)
    return scattered(scores.columns, moments, scores.size)


def _together(scores: Scores, cells: Cells, chosen: Flags) -> Matrix:
    """Clusters of several cells, a block of them at a time as rows of a matrix."""
    kept = _only(cells, chosen)
    whole = np.zeros((scores.size, scores.size))
    row = np.cumsum(np.diff(kept.cluster, prepend=-1) > 0) - 1
    clusters = int(row[-1]) + 1 if len(row) else 0
    ends = np.searchsorted(row, np.arange(0, clusters + BLOCK, BLOCK))
    for number, (start, end) in enumerate(pairwise(ends)):
        part = slice(int(start), int(end))
        block = _rows(scores, kept, part, row[part] - number * BLOCK)
        whole += block.T @ block
    return whole


def _rows(scores: Scores, cells: Cells, part: slice, row: Codes) -> Matrix:
    low, high, counts = cells.low[part], cells.high[part], cells.counts[part]
    said, outcome = np.nonzero(counts)  # Most cells hold one outcome of the four.
    pairs = scores.pairs_of(Cells(row, low, high, counts))[said]
    own = scores.values[outcome, pairs] * counts[said, outcome][:, None]
    places = row[said][:, None] * scores.size + scores.columns[pairs]
    height = int(row[-1]) + 1 if len(row) else 0
    flat = np.bincount(places.ravel(), own.ravel(), minlength=height * scores.size)
    return np.asarray(flat.reshape(height, scores.size), dtype=np.float64)


def _only(cells: Cells, chosen: Flags) -> Cells:
    return Cells(cells.cluster[chosen], cells.low[chosen], cells.high[chosen], cells.counts[chosen])


def scattered(columns: Codes, moments: Matrix, size: int) -> Matrix:
    """Σ over pairs of their small matrices (U x q x q), each put at the rows and columns of its parameters."""
    places = columns[:, :, None] * size + columns[:, None, :]
    flat = np.bincount(places.ravel(), moments.ravel(), minlength=size * size)
    return np.asarray(flat.reshape(size, size), dtype=np.float64)
