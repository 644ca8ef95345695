"""Replicates: refits on resampled voters, a check on the analytic covariance."""

import numpy as np

from rating import bradley_terry, streams
from rating.arrays import Matrix, Vector, summed
from rating.bradley_terry import Fit
from rating.streams import Purpose
from rating.tally import Tally


def draw(tally: Tally, fit: Fit, *, seed: int, replicate: int) -> Vector:
    """theta of one replicate: as many voters, drawn with replacement, each with all of their votes.

    It depends on nothing but the votes, the seed and the replicate's number. Without a prior the refit may
    have no maximum although the whole has one: NoMaximum.
    """
    cells, size = tally.cells("voter"), len(tally.contenders)
    rng = streams.opened(seed, Purpose.REPLICATES, replicate)
    voters = tally.clusters("voter")
    times = np.bincount(rng.integers(voters, size=voters), minlength=voters)[cells.cluster]
    won = summed(cells.low * size + cells.high, times * cells.wins, length=size * size)
    lost = summed(cells.high * size + cells.low, times * (cells.games - cells.wins), length=size * size)
    return bradley_terry.fit((won + lost).reshape(size, size), prior=fit.prior, start=fit).theta


def run(tally: Tally, fit: Fit, *, seed: int, count: int) -> Matrix:
    """theta of the replicates 0 to count - 1 (count x M)."""
    thetas = np.empty((count, len(tally.contenders)))
    for replicate in range(count):
        thetas[replicate] = draw(tally, fit, seed=seed, replicate=replicate)
    return thetas


def ratio(thetas: Matrix, variances: Vector) -> Vector:
    """The replicates' standard error over the analytic one, for each contender; not a number where that is zero."""
    analytic = np.where(variances > 0, np.sqrt(variances), np.nan)
    return np.asarray(thetas.std(axis=0, ddof=1) / analytic)
