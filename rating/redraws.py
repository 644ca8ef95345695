"""Redraws: what a board's votes might as well have been, drawn anew by vote or by voter."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.special import ndtri, pdtr

from rating import cells, streams
from rating.arrays import Codes, Integers, Matrix, Vector
from rating.cells import Cells
from rating.counts import Counts
from rating.errors import RatingError
from rating.streams import Purpose

ATOMS = 1 << 16
LARGE = 16.0


@dataclass(frozen=True, eq=False)
class Places:
    """Where amounts belong in `decided` (the first M x M places) and above the diagonal of `ties` (the next)."""

    flat: Codes
    size: int

    def tables(self, amounts: Vector) -> tuple[Matrix, Matrix]:
        """`decided` and `ties` (M x M, as in Counts) of one redraw."""
        both = np.zeros(2 * self.size**2)
        both[self.flat] = amounts
        decided, above = both.reshape(2, self.size, self.size)
        return decided, np.asarray(above + above.T)


@dataclass(frozen=True, eq=False)
class ByVote:
    """Each count of a pair's outcome is drawn from a Poisson law around itself, as if every vote stood alone.

    `means` are sorted. A mean below 16 has a table of its law's quantiles at 65,536 even steps. The larger ones share
    one of the normal law, λ + z √(λ - 1/18) + (z² - 1)/6 having the Poisson law's mean, variance and skewness
    (Cornish & Fisher 1938). So sixteen bits make a draw.
    """

    places: Places
    means: Vector
    centres: Vector  # λ - 1/6 of the large means, and √(λ - 1/18)
    roots: Vector
    quantiles: NDArray[np.uint8]
    offsets: Codes  # into the quantiles, for each of the small means
    normal: Vector

    def amounts(self, seed: int, replicates: Sequence[int]) -> Iterator[Vector]:
        """The amounts of each of these replicates (places), one after the other in one place of memory."""
        row, small = np.empty(len(self.means)), len(self.offsets)
        for replicate in replicates:
            stream = streams.opened(seed, Purpose.REPLICATES, replicate).bit_generator
            words = np.asarray(stream.random_raw(-(-len(row) // 4)), dtype="<u8")
            atoms = words.view("<u2")[: len(row)].astype(np.int64)
            large, rest = row[small:], np.take(self.normal, atoms[small:], mode="clip")
            np.divide(rest, 6, out=large)
            large += self.roots
            large *= rest
            large += self.centres
            atoms[:small] += self.offsets
            row[:small] = np.take(self.quantiles, atoms[:small], mode="clip")
            yield row


@dataclass(frozen=True, eq=False)
class ByCluster:
    """As many clusters as there are, drawn with replacement within each stratum, each with all of its votes.

    `weights` (places x clusters) holds what each cluster said; its sums are exact, so that replicates drawn side
    by side have the bits of those drawn alone.
    """

    places: Places
    weights: csr_array
    strata: tuple[Codes, ...]

    def amounts(self, seed: int, replicates: Sequence[int]) -> Matrix:
        """The amounts of each of these replicates (replicates x places)."""
        times = np.empty((self.weights.shape[1], len(replicates)))
        for column, replicate in enumerate(replicates):
            rng = streams.opened(seed, Purpose.REPLICATES, replicate)
            for members in self.strata:
                drawn = np.bincount(rng.integers(len(members), size=len(members)), minlength=len(members))
                times[members, column] = drawn
        return np.asarray((self.weights @ times).T)


def by_vote(counts: Counts) -> ByVote:
    """The redraws of votes that each weigh one."""
    if counts.weighted:
        raise RatingError("Weighted votes can't be redrawn from their counts; give the tally of them.")
    both = np.concatenate([counts.decided.ravel(), np.triu(counts.ties).ravel()])
    flat = np.flatnonzero(both)
    flat = flat[np.argsort(both[flat], kind="stable")]
    means = both[flat]
    small = means[: int(np.searchsorted(means, LARGE))]
    distinct, which = np.unique(small, return_inverse=True)
    normal = ndtri(_steps())
    normal /= math.sqrt(float((normal**2).mean()))
    return ByVote(
        Places(flat, len(counts.contenders)),
        means,
        means[len(small) :] - 1 / 6,
        np.sqrt(means[len(small) :] - 1 / 18),
        np.concatenate([_quantiles(float(mean)) for mean in distinct]) if len(distinct) else np.zeros(1, np.uint8),
        which * ATOMS,
        normal,
    )


def by_cluster(given: Cells, *, clusters: int, size: int, strata: Integers | None = None) -> ByCluster:
    """The redraws of clusters; `strata` holds the stratum of each cluster, and without it there is one."""
    pair, turned = given.low * size + given.high, given.high * size + given.low
    flat = np.concatenate([pair, turned, size * size + pair])
    amounts = np.concatenate([given.counts[:, 0], given.counts[:, 1], given.counts[:, 2] + given.counts[:, 3]])
    said = np.flatnonzero(amounts)
    places, place = np.unique(flat[said], return_inverse=True)
    shape = (len(places), clusters)
    weights = csr_array(coo_array((amounts[said], (place, np.tile(given.cluster, 3)[said])), shape=shape))
    numbers = np.zeros(clusters, dtype=np.int64) if strata is None else cells.renumbered(strata)
    order, sizes = np.argsort(numbers, kind="stable"), np.bincount(numbers)
    return ByCluster(Places(places, size), weights, tuple(np.split(order, np.cumsum(sizes)[:-1])))


def _steps() -> Vector:
    return np.asarray((np.arange(ATOMS) + 0.5) / ATOMS)


def _quantiles(mean: float) -> NDArray[np.uint8]:
    """The smallest counts at which the Poisson law reaches each step."""
    reached = pdtr(np.arange(4 * LARGE), mean)
    return np.searchsorted(reached, _steps()).astype(np.uint8)
