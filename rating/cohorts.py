"""Cohorts: groups of voters that push one contender together, and accounts that look like one person."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse, special
from scipy.sparse import csgraph

from rating import bradley_terry, windows
from rating.arrays import Codes, Flags, Integers, Matrix, Vector, summed
from rating.expectation import Expectation
from rating.tally import Tally
from rating.windows import Votes

LEVEL = 0.01
FEWEST_ACCOUNTS = 3
# A cohort of fewer voters has no spread of its own that could be told.
FEWEST_VOTERS = 5


@dataclass(frozen=True, eq=False)
class Contrast:
    """How far cohorts push contenders: `z` (C x M) in sds; `p` (C) of a cohort's largest |z|, `contender` (C) whose.

    `p` is corrected for the contenders, and by `alarms` for the cohorts; NaN where a cohort is too small.
    """

    z: Matrix
    p: Vector
    contender: Codes

    def alarms(self, level: float = LEVEL) -> Flags:
        """Which cohorts raise a case (C), the chance of any false one being at most the level (Bonferroni)."""
        return np.asarray(self.p <= level / max(int(np.count_nonzero(~np.isnan(self.p))), 1))


def contrast(tally: Tally, cohorts: Flags, tau2: float) -> Contrast:
    """Hold each cohort's votes against a fit to everybody else's; `cohorts` (C x V) marks voters by code.

    z_m = U_m / √Var, U and H from the cohort's votes under the others' fit with covariance A. Var is the larger of
    (H + τ²Σ_v H_v²)_mm and of what the spread of the cohort's voters round their common rate says,
    G/(G - 1) Σ_v (U_vm - ū_m n_vm)², plus (HAH + τ² HA(Σ_others H_v²)AH)_mm for the others' fit; so neither a wrong τ²
    nor few others are an attack. A cohort of fewer than 5 voters or more than half of the votes is not judged (NaN).
    Ties count as halves. Each cohort costs one fit.
    """
    assert tally.voter is not None, "Cohorts are made of voters."
    z = np.full((len(cohorts), len(tally.contenders)), np.nan)
    for place, members in enumerate(cohorts):
        own = members[tally.voter]
        if len(np.unique(tally.voter[own])) >= FEWEST_VOTERS and 2 * np.count_nonzero(own) <= len(own):
            z[place] = _pushes(tally.only(own), tally.only(~own), tau2)
    known = ~np.isnan(z).any(axis=1)
    largest = np.where(known, np.nanmax(np.abs(np.where(known[:, None], z, 0.0)), axis=1), np.nan)
    p = np.minimum(2 * special.ndtr(-largest) * z.shape[1], 1.0)
    return Contrast(z, np.where(known, p, np.nan), np.abs(np.where(known[:, None], z, 0.0)).argmax(axis=1))


def newest(joined: Vector, *, share: float = 0.1) -> Flags:
    """The newest accounts (V): that share of voters by when they joined."""
    order = np.argsort(joined, kind="stable")
    found: Flags = np.zeros(len(joined), dtype=np.bool_)
    found[order[len(order) - round(share * len(order)) :]] = True
    return found


def alike(key: Integers) -> tuple[Flags, Codes]:
    """The cohorts (C x V) of voters who share a key (V; negative is none), such as a network, and their keys (C)."""
    kinds = np.unique(key[key >= 0])
    return np.asarray(key == kinds[:, None]), kinds.astype(np.int64)


def components(left: Integers, right: Integers, *, voters: int, fewest: int = FEWEST_ACCOUNTS) -> list[Codes]:
    """Groups of voters joined by links (L each: left, right), of `fewest` and more, the largest first.

    A link is a shared network, client or prompt cluster within a window. A group's votes are then looked at as one
    voter's.
    """
    links = sparse.coo_array((np.ones(len(left)), (left, right)), shape=(voters, voters))
    _, group = csgraph.connected_components(links, directed=False)
    order = np.argsort(group, kind="stable")
    found = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    return sorted((part for part in found if len(part) >= fewest), key=lambda part: (-len(part), int(part[0])))


def links(key: Integers, hour: Integers) -> tuple[Codes, Codes, Codes]:
    """Chains of rows that share a key in the same window (`hour`, by code): row numbers left and right, and the key.

    Each row is linked to the one before it only, which joins the same groups as all pairs would; a negative key
    links nobody.
    """
    order = np.lexsort((hour, key))
    same = (np.diff(key[order]) == 0) & (np.diff(hour[order]) == 0) & (key[order][1:] >= 0)
    return order[:-1][same], order[1:][same], key[order][1:][same]


def _pushes(own: Tally, others: Tally, tau2: float) -> Vector:
    expected = Expectation.of(bradley_terry.of_wins(others.counts.wins))
    assert own.voter is not None
    assert others.voter is not None
    votes = Votes(own.first, own.second, own.outcome, own.voter)
    score, information = windows.scores(expected, votes)
    told = Votes(others.first, others.second, others.outcome, others.voter)
    lever = information @ expected.covariance
    doubt = np.diagonal(lever @ information + tau2 * lever @ windows.tastes(expected, told) @ lever.T)
    modelled = information.diagonal() + tau2 * windows.tastes(expected, votes).diagonal()
    variance = np.maximum(modelled, _clustered(expected, votes)) + doubt
    return np.asarray(score / np.sqrt(np.maximum(variance, 1e-12)))


def _clustered(expected: Expectation, votes: Votes) -> Vector:
    """G/(G - 1) Σ_v (U_vm - ū_m n_vm)² (M), ū_m what a vote on m brings it on average, n_vm a voter's votes on m."""
    size = len(expected.theta)
    present, voter = np.unique(votes.voter, return_inverse=True)
    off = windows.residuals(expected, votes)
    cells = np.concatenate([voter * size + votes.first, voter * size + votes.second])
    score = summed(cells, np.concatenate([off, -off]), length=len(present) * size).reshape(-1, size)
    met = np.bincount(cells, minlength=len(present) * size).reshape(-1, size)
    rate = score.sum(axis=0) / np.maximum(met.sum(axis=0), 1)
    return np.asarray(len(present) / (len(present) - 1) * ((score - rate * met) ** 2).sum(axis=0))
