"""Replicates: refits on redrawn votes, a check on the analytic covariance."""

import numpy as np

from rating import cells, chord, columns, redraws
from rating.arrays import Codes, Integers, Matrix, Vector
from rating.bradley_terry import Fit
from rating.cells import Cluster
from rating.columns import Column
from rating.counts import Counts
from rating.errors import NoMaximum, RatingError
from rating.redraws import ByCluster, ByVote
from rating.tally import Tally

SIDE_BY_SIDE = 8


def draw(
    votes: Tally | Counts,
    fit: Fit,
    *,
    seed: int,
    replicate: int,
    cluster: Cluster = "voter",
    strata: Column | None = None,
) -> Vector:
    """theta of one replicate, bit for bit what `run` gives in its row."""
    alone: Vector = _thetas(votes, fit, seed, range(replicate, replicate + 1), cluster, strata)[0]
    return alone


def run(
    votes: Tally | Counts,
    fit: Fit,
    *,
    seed: int,
    count: int,
    cluster: Cluster = "voter",
    strata: Column | None = None,
) -> Matrix:
    """theta of the replicates 0 to count - 1 (count x M), each settled to 1e-8.

    By voter (or prompt) as many of them are drawn with replacement, each with all of their votes; `strata` gives
    each vote's stratum, within which its voter is drawn. Where every vote stands alone, as in Counts, each count of
    a pair's outcome is drawn from the Poisson law around it. A replicate depends on nothing but the votes, the seed
    and its number. Without a prior one may have no maximum although the whole has: NoMaximum, which names it.
    """
    return _thetas(votes, fit, seed, range(count), cluster, strata)


def ratio(thetas: Matrix, variances: Vector) -> Vector:
    """The replicates' standard error over the analytic one, for each contender; not a number where that is zero."""
    analytic = np.where(variances > 0, np.sqrt(variances), np.nan)
    return np.asarray(thetas.std(axis=0, ddof=1) / analytic)


def _thetas(
    votes: Tally | Counts, fit: Fit, seed: int, numbers: range, cluster: Cluster, strata: Column | None
) -> Matrix:
    drawn, near = _redraws(votes, cluster, strata), chord.of(fit)
    thetas = np.empty((len(numbers), len(votes.contenders)))
    for start in range(0, len(numbers), SIDE_BY_SIDE):
        block = numbers[start : start + SIDE_BY_SIDE]
        for row, amounts in enumerate(drawn.amounts(seed, block), start):
            try:
                thetas[row] = near.refit(*drawn.places.tables(amounts))
            except NoMaximum as error:
                raise NoMaximum(f"Replicate {numbers[row]}: {error}") from None
    return thetas


def _redraws(votes: Tally | Counts, cluster: Cluster, strata: Column | None) -> ByVote | ByCluster:
    numbers = None if isinstance(votes, Counts) else votes.numbered(cluster)
    if strata is not None and numbers is None:
        raise RatingError("Strata are of voters or prompts, and here every vote stands alone.")
    if isinstance(votes, Counts):
        return redraws.by_vote(votes)
    if numbers is None and votes.weight is None:
        return redraws.by_vote(votes.counts)
    of_each = None if strata is None or numbers is None else _strata(columns.sorted_codes(strata, "stratum"), numbers)
    size = len(votes.contenders)
    return redraws.by_cluster(votes.cells(cluster), clusters=votes.clusters(cluster), size=size, strata=of_each)


def _strata(strata: Integers, numbers: Codes) -> Codes:
    """The stratum of each cluster, which all of its votes must be in."""
    if len(strata) != len(numbers):
        raise RatingError(f"There are {len(strata)} strata for {len(numbers)} votes.")
    codes = cells.renumbered(strata)
    of_each = np.zeros(int(numbers.max(initial=-1)) + 1, dtype=np.int64)
    of_each[numbers] = codes
    if (astray := of_each[numbers] != codes).any():
        raise RatingError(f"Row {int(np.argmax(astray)) + 1} and another of its voter are in different strata.")
    return of_each
