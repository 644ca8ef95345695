"""How sure the strengths are: from the curvature, and from how voters, or prompts, differ."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from rating import bradley_terry, chord, newton, positive, scores
from rating.arrays import Matrix, centred
from rating.bradley_terry import Fit
from rating.cells import Cells, Cluster
from rating.counts import Counts
from rating.errors import RatingError
from rating.likelihood import Layout
from rating.tally import Tally

FEW_CLUSTERS = 200
FEWEST_CLUSTERS = 2.0


@dataclass(frozen=True, eq=False)
class Covariance:
    """A covariance of theta (M x M, in the gauge where it sums to zero), how it was made, and its freedom.

    `name` is "CR3", "CR1", "CR3 two-way", "CR1 two-way", "HC0" or, where clusters can't be told apart
    (`degrees_of_freedom` 0), "none"; `cluster` is what was taken to be independent, and `clusters` how many there are.
    """

    matrix: Matrix
    name: str
    degrees_of_freedom: float
    cluster: Cluster
    clusters: int


def standard(tally: Tally, fit: Fit, cluster: Cluster = "voter") -> Covariance:
    """The covariance a board uses, with K - 1 degrees of freedom, K being Kish's number of clusters.

    The jackknife below 200 clusters, where the sandwich is too narrow, and the sandwich from there on. By voter it
    is two-way where prompts repeat (as it always is by "both"): what two voters say of one prompt is not independent
    either; K is then the smaller number. By "none" every vote is independent. With K below 2 the differences between
    clusters can't be seen: the curvature stands in, with no freedom at all.
    """
    if cluster == "both" or (cluster == "voter" and repeats(tally)):
        return _two_way_standard(tally, fit)
    effective, clusters, size = tally.effective(cluster), tally.clusters(cluster), len(fit.theta)
    if effective < FEWEST_CLUSTERS:
        return Covariance(curvature(fit)[:size, :size], "none", 0.0, cluster, clusters)
    if cluster == "none":
        return Covariance(clustered(tally, fit, cluster)[:size, :size], "HC0", effective - 1, cluster, clusters)
    matrix, name = _one_way(tally, fit, cluster)
    return Covariance(matrix, name, effective - 1, cluster, clusters)


def curvature(fit: Fit) -> Matrix:
    """A = T H⁻¹ T', with H the information, T centring the strengths; right when every vote is independent.

    Shape P x P in the order of the fit's layout, strengths first, in squared log-odds. Without a prior the strengths'
    block of a fit without ties is the Moore-Penrose inverse of H.
    """
    if len(fit.theta) < 2:
        return np.zeros((fit.layout.size, fit.layout.size))
    return _centred(_inverse(fit), fit.layout)


def clustered(votes: Tally | Counts, fit: Fit, cluster: Cluster = "voter") -> Matrix:
    """CR1, the sandwich: V = G/(G-1) Σ_g A U_g U_g' A over G clusters (Liang & Zeger 1986), P x P as `curvature`.

    U_g sums the scores of the cluster's votes over all parameters: strengths, tie level and propensities. By "none"
    every vote is a cluster, and the factor is 1 (HC0; White 1980). In Counts every vote stands alone, too.
    """
    found = scores.of(fit, votes if isinstance(votes, Counts) else votes.counts)
    if cluster == "none":
        return _sandwiched(fit, scores.squared(found, votes, cluster))
    clusters = several(votes, cluster)
    return _sandwiched(fit, clusters / (clusters - 1) * scores.squared(found, votes, cluster))


def jackknife(tally: Tally, fit: Fit, cluster: Cluster = "voter") -> Matrix:
    """CR3, the jackknife by cluster: V = (G-1)/G Σ_g (θ₍₋g₎ - θ̄)(θ₍₋g₎ - θ̄)' (M x M), each θ₍₋g₎ a whole refit.

    Without a prior a refit may have no maximum although the whole has one: NoMaximum.
    """
    away = left_out(tally, fit, cluster)
    away -= away.mean(axis=0)
    return centred((len(away) - 1) / len(away) * (away.T @ away))


def left_out(tally: Tally, fit: Fit, cluster: Cluster = "voter") -> Matrix:
    """theta without each cluster in turn (G x M), in the order of their codes, each a whole refit; as `jackknife`."""
    clusters, cells = several(tally, cluster), tally.cells(cluster)
    near, size = chord.of(fit), len(fit.theta)
    ends = np.searchsorted(cells.cluster, np.arange(clusters + 1))
    found = np.empty((clusters, size))
    for number, (start, end) in enumerate(pairwise(ends)):
        own = _said(cells, slice(start, end), size)
        decided, ties = tally.counts.decided - own[0], tally.counts.ties - own[1]
        if fit.prior == 0:
            # Whoever has no votes left pulls nowhere, so that only the graph can tell.
            bradley_terry.refuse_unbounded(np.stack([decided, 0 * decided, np.triu(ties), 0 * ties]), fit.ties)
        found[number] = near.refit(decided, ties)
    return found


def two_way(voter: Matrix, prompt: Matrix, both: Matrix) -> Matrix:
    """V_voter + V_prompt - V_both, its negative eigenvalues set to 0 (Cameron, Gelbach & Miller 2011)."""
    values, vectors = np.linalg.eigh(voter + prompt - both)
    if not len(values) or values[0] >= 0:
        return centred(voter + prompt - both)
    return centred(np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T))


def repeats(tally: Tally) -> bool:
    """Whether prompts were voted on more than once; a board of one prompt speaks of that prompt alone."""
    if tally.prompt is None or tally.voter is None or tally.clusters("prompt") == len(tally):
        return False
    return tally.effective("prompt") >= FEWEST_CLUSTERS


def _two_way_standard(tally: Tally, fit: Fit) -> Covariance:
    effective = min(tally.effective("voter"), tally.effective("prompt"))
    clusters, size = min(tally.clusters("voter"), tally.clusters("prompt")), len(fit.theta)
    if effective < FEWEST_CLUSTERS:
        return Covariance(curvature(fit)[:size, :size], "none", 0.0, "both", clusters)
    voter, by_voter = _one_way(tally, fit, "voter")
    prompt, by_prompt = _one_way(tally, fit, "prompt")
    both = clustered(tally, fit, "both")[:size, :size]
    name = "CR3 two-way" if "CR3" in (by_voter, by_prompt) else "CR1 two-way"
    return Covariance(two_way(voter, prompt, both), name, effective - 1, "both", clusters)


def _one_way(tally: Tally, fit: Fit, cluster: Cluster) -> tuple[Matrix, str]:
    if tally.clusters(cluster) < FEW_CLUSTERS:
        return jackknife(tally, fit, cluster), "CR3"
    size = len(fit.theta)
    return clustered(tally, fit, cluster)[:size, :size], "CR1"


def _said(cells: Cells, part: slice, size: int) -> tuple[Matrix, Matrix]:
    """What the cells hold of `decided` and `ties` (M x M, as in Counts)."""
    low, high, counts = cells.low[part], cells.high[part], cells.counts[part]
    decided, ties = np.zeros((size, size)), np.zeros((size, size))
    decided[low, high], decided[high, low] = counts[:, 0], counts[:, 1]
    ties[low, high] = ties[high, low] = counts[:, 2] + counts[:, 3]
    return decided, ties


def _inverse(fit: Fit) -> Matrix:
    information = fit.information if fit.prior > 0 else newton.ground(fit.information)
    inverse = positive.solved(information, np.eye(len(information)))
    if fit.prior == 0:
        inverse[0, 0] = 0.0
    return inverse


def _centred(matrix: Matrix, layout: Layout) -> Matrix:
    """T matrix T', T taking the mean off the strengths; rounding never makes a variance negative."""
    size, half = layout.contenders, matrix.copy()
    half[:size] -= half[:size].mean(axis=0)
    half[:, :size] -= half[:, :size].mean(axis=1)[:, None]
    even = np.asarray((half + half.T) / 2)
    np.fill_diagonal(even, np.maximum(even.diagonal(), 0.0))
    return even


def _sandwiched(fit: Fit, meat: Matrix) -> Matrix:
    if len(fit.theta) < 2:
        return np.zeros_like(meat)
    bread = _inverse(fit)
    return _centred(bread @ meat @ bread, fit.layout)


def several(votes: Tally | Counts, cluster: Cluster) -> int:
    """How many clusters there are, or an error: those of one can't show how they differ."""
    clusters = int(votes.table.sum()) if isinstance(votes, Counts) else votes.clusters(cluster)
    if clusters < FEWEST_CLUSTERS:
        who = "prompt" if cluster == "prompt" else "voter"
        raise RatingError(f"The votes of one {who} can't show how {who}s differ: a clustered covariance needs two.")
    return clusters
