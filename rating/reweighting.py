"""Reweighting: how far a board would move if its votes weighed otherwise, by another mix or with some of them left out.

A mix of prompts, languages or hours that is not the declared one, prompts that came many times, prompts that models
may know by heart, hasty votes: each is a question of what the votes weigh.
"""

from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np
from scipy import sparse

from rating import bradley_terry, covariance, effects, scores, swaps, weights
from rating.arrays import Codes, Flags, Integers, Matrix, Vector, centred
from rating.bradley_terry import Fit
from rating.cells import Cluster
from rating.counts import UNITS
from rating.covariance import FEW_CLUSTERS, FEWEST_CLUSTERS
from rating.effects import Effect
from rating.errors import RatingError
from rating.likelihood import Ties
from rating.swaps import Swap
from rating.tally import Tally

VANISHING = 1e-12  # of the variance of a rating


@dataclass(frozen=True, eq=False)
class Reweighted:
    """A board's strengths as votes weigh `before` and `after` (M each, log-odds, summing to zero).

    `covariance` (M x M) is that of after less before, `errors` (M) the standard errors of before, both clustered.
    Without any `freedom` they are the curvature's, and tell nothing. `effective` is what the votes are worth after:
    Kish's number of equally weighted ones.
    """

    contenders: tuple[str, ...]
    before: Vector
    after: Vector
    covariance: Matrix
    errors: Vector
    freedom: float
    effective: float

    @property
    def shift(self) -> Vector:
        """What each contender gains (M)."""
        return np.asarray(self.after - self.before)

    @property
    def swaps(self) -> tuple[Swap, ...]:
        """Who would stand above whom."""
        return swaps.between(self.before, self.after)

    @property
    def each(self) -> list[Effect]:
        """Each contender's shift (M), as the surest of so many; one of its rating's standard error does not matter."""
        own = self.covariance.diagonal()
        # What differs by rounding alone does not differ: nothing can be said of it.
        spread = np.sqrt(np.where(own > VANISHING * self.errors**2, own, 0.0))
        return [
            effects.measured(
                name, float(shift), float(error), freedom=self.freedom, band=float(band), tests=len(spread)
            )
            for name, shift, error, band in zip(self.contenders, self.shift, spread, self.errors, strict=True)
        ]

    def effect(self, name: str) -> Effect:
        """The board's own: the largest shift, for its band, of those that are sure, or else the surest.

        It is equivalent to none where every contender's is.
        """
        return foremost(name, self.each)


def foremost(name: str, each: list[Effect]) -> Effect:
    """One effect for several: the largest, for its band, of those that are sure, or else the surest.

    Those that are not known are left out, such as that of a contender on whom nobody voted.
    """
    each = [effect for effect in each if effect.known]
    if not each:
        return effects.unknown(name, band=0.0)
    sure = [effect for effect in each if effect.chance <= 1 - effects.LEVEL]
    chosen = max(sure, key=lambda effect: abs(effect.value) / effect.band) if sure else _surest(each)
    return replace(chosen, name=name, who=chosen.name, equivalent=all(effect.equivalent for effect in each))


def _surest(each: list[Effect]) -> Effect:
    # Chances of several may all be 1, where intervals still tell which is farthest out.
    return max(each, key=lambda effect: abs(effect.value) / (effect.upper - effect.value))


def measure(
    tally: Tally, weight: Codes, *, ties: str = Ties.DAVIDSON, prior: float = 1.0, cluster: Cluster = "voter"
) -> Reweighted:
    """Fit the votes as they weigh, and as they weigh times `weight` (N, units of 2^-20), and compare.

    The covariance of the difference is that of the clusters' influence on both, H_w⁻¹ U_w - H⁻¹ U, times G / (G - 1)
    (CR1); below 200 clusters that of refits without each cluster (CR3). As in `covariance.standard` it is two-way by
    voter where prompts repeat, and there are K - 1 degrees of freedom, K being Kish's smallest number of clusters. The
    weights are taken as given.
    Weights that leave no votes are a RatingError.
    """
    both = tally.weight if tally.weight is not None else np.full(len(tally), UNITS, dtype=np.int64)
    other = replace(tally, weight=weights.composed(both, weight))
    assert other.weight is not None
    if not other.weight.any():
        raise RatingError("Nothing is left of a board whose votes weigh nothing.")
    before, after = (bradley_terry.fit(votes, ties=ties, prior=prior) for votes in (tally, other))
    spread, own, kish = _sandwiched((tally, other), (before, after), cluster)
    return Reweighted(
        contenders=tally.contenders,
        before=before.theta,
        after=after.theta,
        covariance=spread,
        errors=np.sqrt(own.diagonal()),
        freedom=kish - 1 if kish >= FEWEST_CLUSTERS else 0.0,
        effective=len(tally) / weights.effect(other.weight),
    )


_Votes: TypeAlias = tuple[Tally, Tally]
_Fits: TypeAlias = tuple[Fit, Fit]


def _sandwiched(votes: _Votes, fits: _Fits, cluster: Cluster) -> tuple[Matrix, Matrix, float]:
    """The covariance of after less before, that of before (M x M each), and Kish's number of clusters."""
    size, crossed = len(fits[0].theta), cluster == "voter" and covariance.repeats(votes[0])
    ways: tuple[Cluster, ...] = ("voter", "prompt") if crossed else (cluster,)
    kish = min(tally.effective(way) for tally in votes for way in ways)
    if kish < FEWEST_CLUSTERS:
        own = covariance.curvature(fits[0])[:size, :size]
        return own, own, kish
    found = [_one_way(votes, fits, way) for way in ways]
    if not crossed:
        return *found[0], kish
    both = _by_influence(votes, fits, "both")
    away, own = (covariance.two_way(*parts) for parts in zip(*found, both, strict=True))
    return away, own, kish


def _one_way(votes: _Votes, fits: _Fits, cluster: Cluster) -> tuple[Matrix, Matrix]:
    if cluster == "none" or votes[0].clusters(cluster) >= FEW_CLUSTERS:
        return _by_influence(votes, fits, cluster)
    before, after = (covariance.left_out(*each, cluster) for each in zip(votes, fits, strict=True))
    return _refitted(after - before), _refitted(before)


def _by_influence(votes: _Votes, fits: _Fits, cluster: Cluster) -> tuple[Matrix, Matrix]:
    """V = G/(G-1) Σ_g m_g m_g', m_g being what cluster g's votes add to first order: H⁻¹ times its score."""
    sums = [summed(tally, fit, tally.numbered(cluster)) for tally, fit in zip(votes, fits, strict=True)]
    bread = [covariance.curvature(fit)[:, : len(fit.theta)] for fit in fits]
    together = sparse.hstack(sums, format="csr")
    clusters, parameters = sums[0].shape
    meat = (together.T @ together).toarray() * (1.0 if cluster == "none" else clusters / (clusters - 1))
    away = np.vstack([-bread[0], bread[1]])
    return centred(away.T @ meat @ away), centred(bread[0].T @ meat[:parameters, :parameters] @ bread[0])


def _refitted(found: Matrix) -> Matrix:
    away = found - found.mean(axis=0)
    return centred((len(found) - 1) / len(found) * (away.T @ away))


def summed(tally: Tally, fit: Fit, cluster: Integers | None) -> sparse.csr_array:
    """G x P: the clusters' scores over all parameters of a fit of these votes; without clusters each vote's."""
    found = scores.of(fit, tally.counts)
    turned = tally.first > tally.second
    low, high = np.where(turned, tally.second, tally.first), np.where(turned, tally.first, tally.second)
    pairs = found.number[low, high]
    # A pair all of whose votes weigh nothing has no score.
    heard = pairs >= 0
    outcome = np.where(tally.outcome < 2, tally.outcome ^ turned, tally.outcome)[heard]
    own = found.values[outcome, pairs[heard]]
    if tally.weight is not None:
        own = own * (tally.weight[heard] / UNITS)[:, None]
    rows = np.arange(len(tally)) if cluster is None else cluster
    places = np.repeat(rows[heard], own.shape[1]), found.columns[pairs[heard]].ravel()
    return sparse.csr_array((own.ravel(), places), shape=(int(rows.max(initial=-1)) + 1, found.size))


def even(part: Integers) -> Codes:
    """Weights (N) under which each part that has votes has as many as any other."""
    names = np.unique(part)
    return weights.post_stratified(part, {int(name): 1 / len(names) for name in names})


def once(prompt: Integers) -> Codes:
    """Weights (N) under which every prompt, or cluster of prompts, weighs as much as any other, however often it came.

    They average 1, so that the prior says no more than before.
    """
    counts, places = np.unique(prompt, return_counts=True, return_inverse=True)[:0:-1]
    return np.asarray(np.rint(UNITS * len(prompt) / (len(counts) * counts))[places], dtype=np.int64)


def without(rows: Flags) -> Codes:
    """Weights (N) under which the rows that are marked weigh nothing."""
    return np.where(rows, 0, UNITS).astype(np.int64)
