"""How sure the strengths are: from the curvature, and from how voters differ."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.linalg import cho_factor, cho_solve
from scipy.sparse import coo_array, csr_array

from rating import bradley_terry
from rating.arrays import Matrix, centred
from rating.bradley_terry import Fit
from rating.errors import RatingError
from rating.tally import Tally

FEW_VOTERS = 200
FEWEST_VOTERS = 2.0


@dataclass(frozen=True, eq=False)
class Covariance:
    """A covariance of theta (M x M, in the gauge where it sums to zero), how it was made, and its freedom.

    `name` is "CR3", "CR1" or, where voters can't be told apart (`degrees_of_freedom` 0), "none".
    """

    matrix: Matrix
    name: str
    degrees_of_freedom: float


def standard(tally: Tally, fit: Fit) -> Covariance:
    """The covariance a board uses, with K - 1 degrees of freedom, K being Kish's number of voters.

    The jackknife below 200 voters, where the sandwich is too narrow, and the sandwich from there on. With K
    below 2 the differences between voters can't be seen: the curvature stands in, with no freedom at all.
    """
    effective = tally.effective("voter")
    if effective < FEWEST_VOTERS:
        return Covariance(curvature(fit), "none", 0.0)
    if tally.clusters("voter") < FEW_VOTERS:
        return Covariance(jackknife(tally, fit), "CR3", effective - 1)
    return Covariance(clustered(tally, fit), "CR1", effective - 1)


def curvature(fit: Fit) -> Matrix:
    """A = P H⁻¹ P, with H the information and P = I - 11'/M; right when every vote is independent.

    Without a prior A is the Moore-Penrose inverse of H. Shape M x M, in squared log-odds.
    """
    size = len(fit.theta)
    if size < 2:
        return np.zeros((size, size))
    factor = cho_factor(bradley_terry.gauged(fit.information, fit.prior), lower=True, check_finite=False)
    return centred(np.asarray(cho_solve(factor, np.eye(size), check_finite=False)))


def scores(tally: Tally, fit: Fit) -> csr_array:
    """U (voters x M), sparse: each voter's wins less expected wins, U_v = Σ (y - p)(e_first - e_second)."""
    cells = tally.cells("voter")
    left = cells.wins - cells.games * fit.chances[cells.low, cells.high]
    voter, contender = np.tile(cells.cluster, 2), np.concatenate([cells.low, cells.high])
    shape = (tally.clusters("voter"), len(tally.contenders))
    return csr_array(coo_array((np.concatenate([left, -left]), (voter, contender)), shape=shape))


def clustered(tally: Tally, fit: Fit) -> Matrix:
    """CR1, the sandwich clustered by voter: V = G/(G-1) Σ_v A U_v U_v' A over G voters (Liang & Zeger 1986)."""
    voters = _several(tally)
    by_voter, bread = scores(tally, fit), curvature(fit)
    meat = (by_voter.T @ by_voter).toarray()
    return centred(voters / (voters - 1) * (bread @ meat @ bread))


def jackknife(tally: Tally, fit: Fit) -> Matrix:
    """CR3, the jackknife by voter: V = (G-1)/G Σ_v (θ₍₋ᵥ₎ - θ̄)(θ₍₋ᵥ₎ - θ̄)', each θ₍₋ᵥ₎ a whole refit without v.

    Without a prior a refit may have no maximum although the whole has one: NoMaximum.
    """
    voters, cells = _several(tally), tally.cells("voter")
    won, lost = cells.wins, cells.games - cells.wins
    ends = np.searchsorted(cells.cluster, np.arange(voters + 1))
    left_out = np.empty((voters, len(tally.contenders)))
    for voter, (start, end) in enumerate(pairwise(ends)):
        own = slice(start, end)
        low, high = cells.low[own], cells.high[own]
        wins = tally.counts.wins.copy()
        wins[low, high] -= won[own]
        wins[high, low] -= lost[own]
        left_out[voter] = bradley_terry.fit(wins, prior=fit.prior, start=fit).theta
    away = left_out - left_out.mean(axis=0)
    return centred((voters - 1) / voters * (away.T @ away))


def _several(tally: Tally) -> int:
    if tally.clusters("voter") < 2:
        raise RatingError("The votes of one voter can't show how voters differ: a clustered covariance needs two.")
    return tally.clusters("voter")
