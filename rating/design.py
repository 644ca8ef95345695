"""Votes with covariates, sorted by pair once, and the sums a fit takes over them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from rating import cells
from rating.arrays import Codes, Integers, Matrix, Vector
from rating.counts import UNITS
from rating.covariates import Covariates, Singles
from rating.outcomes import Outcome
from rating.tally import Tally

# Some dozen arrays of a chunk lie in a core's own cache.
CHUNK = 1 << 14
MOST_LISTED = 1 << 22  # Of some 2,000 contenders all pairs can be listed; of more, those that met.


@dataclass(frozen=True, eq=False)
class Design:
    """N votes in the order of their pairs, each seen from the contender with the lower code.

    Pair c is low[c] against high[c] (low < high) and has the rows starts[c] to starts[c + 1] - 1. `points` (N) is twice
    what low got. `values` (P x N) are the covariates, low less high, and `reach` (P) the largest of their sizes.
    `weight` (N, in votes) is None where every vote weighs 1, `cluster` (N) where every vote stands alone. Swapped sides
    give the same design; permuted votes give it with rows permuted within pairs, which no exact sum can tell.
    """

    size: int
    low: Codes
    high: Codes
    starts: Codes
    points: NDArray[np.int8]
    values: Singles
    reach: Vector
    weight: Singles | None
    cluster: Integers | None

    def __len__(self) -> int:
        return len(self.points)

    @property
    def heaviest(self) -> float:
        """The largest weight of a vote."""
        return 1.0 if self.weight is None or not len(self) else float(self.weight.max())


@dataclass(frozen=True, eq=False)
class Chunk:
    """Consecutive rows of a design at a place of the parameters: the chances of low, and what is left of its points.

    `pairs` are the pairs of these rows, `bounds` where each begins among them, and `counts` its rows.
    """

    rows: slice
    pairs: slice
    bounds: Codes
    counts: Codes
    chance: Vector
    left: Vector
    weight: Vector | None
    values: Matrix


def sort(tally: Tally, covariates: Covariates, *, position: bool, cluster: Integers | None) -> Design:
    """Sort votes by pair, in one counting sort (a transposition of sparse matrices); `position` adds a column of ±1.

    Silent covariates are left out.
    """
    size = len(tally.contenders)
    side = (tally.first < tally.second).view(np.int8)
    side *= 2
    side -= 1
    known, (order, starts, points) = _sorted(tally, side)
    heard = np.flatnonzero(covariates.scales > 0)
    oriented = np.empty((len(heard) + position, len(order)), dtype=np.float32)
    for row, place in zip(oriented, heard.tolist(), strict=False):
        _gather(covariates.column(place), order, side, into=row)
    if position:
        oriented[-1] = side[order]
    met = np.flatnonzero(np.diff(starts))
    return Design(
        size=size,
        low=known[met] // size,
        high=known[met] % size,
        starts=np.append(starts[met], starts[-1]),
        points=points,
        values=oriented,
        reach=np.array([max(-row.min(initial=0), row.max(initial=0)) for row in oriented], dtype=np.float64),
        weight=None if tally.weight is None else (tally.weight[order] / UNITS).astype(np.float32),
        cluster=None if cluster is None else cells.renumbered(cluster)[order],
    )


def _keyed(tally: Tally) -> tuple[NDArray[np.int32], Codes]:
    """The place of each vote's pair in a list of pairs low · M + high, in their order, and that list."""
    size = len(tally.contenders)
    low, high = np.minimum(tally.first, tally.second), np.maximum(tally.first, tally.second)
    if size * size <= MOST_LISTED:
        pair = low.astype(np.int32)
        pair *= np.int32(size)
        pair += high.astype(np.int32, copy=False)
        return pair, np.arange(size * size)
    known, place = np.unique(low.astype(np.int64) * size + high.astype(np.int64), return_inverse=True)
    return place.astype(np.int32), known


def _sorted(tally: Tally, side: NDArray[np.int8]) -> tuple[Codes, tuple[Integers, Codes, NDArray[np.int8]]]:
    """The list of pairs; the rows in their order, where each pair starts, and twice the points of low."""
    pair, known = _keyed(tally)
    # Low's doubled points less 1, and then 2 more: a sparse matrix must not hold zeros that it could drop.
    points = ((tally.outcome == Outcome.A.code) * side) - ((tally.outcome == Outcome.B.code) * side)
    points += np.int8(2)
    rows = np.arange(len(pair) + 1, dtype=np.int32)
    columns = csr_array((points, pair, rows), shape=(len(pair), len(known))).tocsc()
    return known, (columns.indices, columns.indptr.astype(np.int64), columns.data - np.int8(1))


def _gather(column: Singles, order: Integers, side: NDArray[np.int8], *, into: Singles) -> None:
    """The column, which is turned in place, in the order of the pairs."""
    column *= side
    # By chunks, because numpy widens the numbers of the rows to eight bytes each.
    for start in range(0, len(order), CHUNK):
        part = slice(start, start + CHUNK)
        column.take(order[part], mode="clip", out=into[part])


def chunks(design: Design, away: Vector, coefficients: Vector) -> Iterator[Chunk]:
    """Walk over the rows with P(low wins) = σ(away + z'coefficients), away (pairs) being θ_low - θ_high.

    Every number of a row is computed element by element: it is the same wherever the row stands.
    """
    for start in range(0, len(design), CHUNK):
        rows = slice(start, min(start + CHUNK, len(design)))
        first = int(design.starts.searchsorted(start, side="right")) - 1
        last = int(design.starts.searchsorted(rows.stop))
        bounds = np.maximum(design.starts[first:last], start) - start
        counts = np.minimum(design.starts[first + 1 : last + 1], rows.stop) - start - bounds
        values = design.values[:, rows].astype(np.float64)
        logit = np.repeat(away[first:last], counts)
        for slope, column in zip(coefficients, values, strict=True):
            logit += slope * column
        chance = _logistic(logit)
        left: Vector = design.points[rows] / 2.0 - chance
        weight = None if design.weight is None else design.weight[rows].astype(np.float64)
        yield Chunk(rows, slice(first, last), bounds, counts, chance, left, weight, values)


def _logistic(logit: Vector) -> Vector:
    np.negative(logit, out=logit)
    with np.errstate(over="ignore"):  # 1 / (1 + ∞) is the chance of 0 that it should be.
        np.exp(logit, out=logit)
    logit += 1
    np.reciprocal(logit, out=logit)
    return logit
