"""What the fit does not explain: pairs that go otherwise than strengths say.

Everything here is about decided votes: wins[i, j] counts the times i beat j outright, and the fit is one of these
(`prior=0`). A tie as half a win to each would vary less than a vote does, and hide what is wrong.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh, null_space, pinvh
from scipy.sparse import coo_array
from scipy.special import chdtrc, fdtrc

from rating import graph
from rating.arrays import Matrix
from rating.bradley_terry import Fit
from rating.cells import Cells
from rating.errors import RatingError

MOST_PAIRS = 2000  # the clustered test holds a matrix of pairs x pairs
VANISHING = 1e-12  # of the sum of squares: a direction that varies less differs by rounding


@dataclass(frozen=True)
class Check:
    """A test's statistic, its degrees of freedom, and the chance of one as large if the model held."""

    statistic: float
    degrees_of_freedom: int
    chance: float


def residuals(wins: Matrix, fit: Fit) -> Matrix:
    """(W - n p)/√(n p (1 - p)) for each pair (M x M, antisymmetric): wins beyond the expected, in standard errors.

    Not a number for pairs that never met, the diagonal among them; a heat map leaves them blank.
    """
    games = wins + wins.T
    variance = games * fit.chances * fit.chances.T
    return np.asarray((wins - games * fit.chances) / np.sqrt(np.where(variance > 0, variance, np.nan)))


def pairs(wins: Matrix, fit: Fit) -> Check:
    """Pearson's chi-square over pairs, Σ_{i<j} (W - n p)²/(n p (1 - p)), if every vote is independent.

    Its degrees of freedom are the pairs that met less M - 1 (less M - the number of groups, if there are several).
    """
    met = np.triu(wins + wins.T > 0, 1)
    freedom = _freedom(wins)
    statistic = float((residuals(wins, fit)[met] ** 2).sum())
    return Check(statistic, freedom, float(chdtrc(freedom, statistic)) if freedom else 1.0)


def clustered(cells: Cells, fit: Fit) -> Check:
    """A Wald test of the same residuals, for votes that come in clusters: Hotelling's T² = S' V⁻¹ S.

    `cells` are those of the tally by what its votes share. S is the sum over clusters of their pair residuals, less
    what the fit has taken up, and V their sum of squares; over G clusters T² (G - d)/((G - 1) d) is F(d, G - d).
    With no more clusters than degrees of freedom d, or more than 2,000 pairs, it is a RatingError.
    """
    said = cells.counts[:, 0] + cells.counts[:, 1] > 0
    cluster = np.unique(cells.cluster[said], return_inverse=True)[1]
    low, high, won, lost = cells.low[said], cells.high[said], cells.counts[said, 0], cells.counts[said, 1]
    wins = np.zeros_like(fit.chances)
    np.add.at(wins, (low, high), won)
    np.add.at(wins, (high, low), lost)
    met = np.triu(wins + wins.T > 0, 1)
    count, number, freedom = np.count_nonzero(met), int(cluster.max(initial=-1)) + 1, _freedom(wins)
    if not 0 < freedom < number or count > MOST_PAIRS:
        raise RatingError(
            f"{number:,} clusters can't test {freedom:,} degrees of freedom on {count:,} pairs: it takes a degree of "
            f"freedom, more clusters than there are of these, and at most {MOST_PAIRS:,} pairs."
        )
    place = np.cumsum(met).reshape(met.shape) - 1
    left = won - (won + lost) * fit.chances[low, high]
    by_cluster = coo_array((left, (cluster, place[low, high])), shape=(number, count)).tocsr()
    scores = by_cluster @ _unexplained(wins, fit)
    return _hotelling(np.asarray(scores))


def _hotelling(scores: Matrix) -> Check:
    number, freedom = scores.shape
    total = scores.sum(axis=0)
    away = scores - total / number
    varied, vectors = eigh(away.T @ away)
    if varied[0] <= VANISHING * (scores**2).sum():
        raise RatingError("The clusters differ in too few ways to test all pairs.")
    statistic = float(((total @ vectors) ** 2 / varied).sum()) * (number - 1) / number
    ratio = statistic * (number - freedom) / ((number - 1) * freedom)
    return Check(statistic, freedom, float(fdtrc(freedom, number - freedom, ratio)))


def _freedom(wins: Matrix) -> int:
    games = wins + wins.T
    joined = len(wins) - len(set(graph.groups(games).tolist()))
    return int(np.count_nonzero(np.triu(games, 1))) - joined


def _unexplained(wins: Matrix, fit: Fit) -> Matrix:
    """Q'N (pairs x d): the fit leaves r̂ = Q r, Q = I - D X (X'DX)⁺ X', of residuals r, and X'r̂ = 0, as X'N = 0.

    A row of X is eᵢ - eⱼ, and D is diagonal, n p (1 - p).
    """
    games = wins + wins.T
    low, high = np.nonzero(np.triu(games, 1))
    design = np.zeros((len(low), len(wins)))
    rows = np.arange(len(low))
    design[rows, low], design[rows, high] = 1.0, -1.0
    scale = (games * fit.chances * fit.chances.T)[low, high]
    bread = pinvh((design.T * scale) @ design)
    free = null_space(design.T)
    return np.asarray(free - design @ (bread @ (design.T @ (scale[:, None] * free))))
