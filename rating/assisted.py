"""Assisted: people's votes joined with a judge's verdicts, which are believed as far as they agree and no further."""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from rating import bradley_terry
from rating.arrays import Codes, Matrix, Vector, centred, expit
from rating.bradley_terry import Fit
from rating.errors import RatingError

# A stratum with fewer labelled battles has no λ of its own, which would be noise; such strata share one.
FEWEST_LABELLED = 100


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Battles that a judge has judged; `people` is None for those that nobody else has.

    `first` and `second` (N) are the contenders' codes, `judge` and `people` what the first one got of the point at
    stake, from 0 to 1, `cluster` what is not independent (a voter, a prompt), `stratum` a code such as a category's,
    and `weight` one over the probability with which a battle was chosen, up to a factor.
    """

    first: Codes
    second: Codes
    judge: Vector
    cluster: Codes
    stratum: Codes
    people: Vector | None = None
    weight: Vector | None = None

    def __len__(self) -> int:
        """How many battles these are."""
        return len(self.first)


@dataclass(frozen=True, eq=False)
class Assisted:
    """Strengths by people and judge together: `theta` (M) in log-odds, summing to zero, with its covariance (M x M).

    `believed` (K) is λ of each stratum: 0 where the judge is of no use, at most 1. `worth` is how many human votes
    alone would tell as much as one does with the judge beside it. `residual` is the worst score equation's distance
    from zero, and `error_bound` how far any theta is from the best fit's, to first order.
    """

    theta: Vector
    covariance: Matrix
    believed: Vector
    labelled: int
    judged: int
    clusters: int
    worth: float
    residual: float
    error_bound: float


def join(
    labelled: Verdicts,
    judged: Verdicts,
    size: int,
    *,
    unjudged: Verdicts | None = None,
    believed: float | None = None,
) -> Assisted:
    """Rate M = `size` contenders by PPI++ (Angelopoulos, Duchi & Zrnic 2023) on the Bradley-Terry score.

    With n labelled and N judged battles in a stratum the wins are W_Y + λ (n/N W_J,N - W_J,n): people's, corrected by
    what the judge says of the battles that people did not see less what it says of those they did. The score is linear
    in what a side got, so a bias of the judge cancels whatever λ is. λ is tr(H⁻ (C_YJ + C_YJ') H⁻) / (2 (1 + n/N)
    tr(H⁻ C_J H⁻)), clipped to [0, 1], unless `believed` gives it; at 0 the fit is people's own with ties as halves. The
    covariance is the sandwich of scores clustered over all sets.

    `unjudged` are battles that people alone have seen, whose `judge` is not read: they add their own wins and scores,
    and λ is as it is without them, since no verdict varies with theirs.
    """
    if labelled.people is None or len(np.unique(labelled.cluster)) < 2:
        raise RatingError("Battles of at least two voters or prompts are needed: a judge alone can't be corrected.")
    alone = _none(labelled) if unjudged is None else unjudged
    labelled, judged = _strata(labelled, judged)
    kinds = int(max(labelled.stratum.max(), judged.stratum.max(initial=0))) + 1
    human = bradley_terry.of_wins(_peoples(labelled, alone, size))
    bread = centred(np.asarray(np.linalg.inv(human.information)))
    trust = _trust(labelled, judged, human.theta, bread, kinds) if believed is None else np.full(kinds, believed)
    wins = _virtual(labelled, judged, trust, size) + _peoples(labelled, alone, size)
    fit = bradley_terry.of_wins(wins) if trust.any() else human
    covariance, clusters = _sandwich(labelled, judged, alone, trust, fit)
    by_people, _ = _sandwich(labelled, judged, alone, np.zeros(kinds), human)
    return Assisted(
        theta=fit.theta,
        covariance=covariance,
        believed=trust,
        labelled=len(labelled),
        judged=len(judged),
        clusters=clusters,
        worth=float(np.trace(by_people) / np.trace(covariance)) if np.trace(covariance) > 0 else 1.0,
        residual=fit.residual,
        error_bound=float(np.sqrt(size) * fit.residual * np.linalg.norm(np.linalg.inv(fit.information), 2)),
    )


def strata(labelled: Codes, judged: Codes) -> Codes:
    """The strata that have a λ of their own, ascending; all others share one, which stands after them."""
    codes, counts = np.unique(labelled, return_counts=True)
    return np.intersect1d(codes[counts >= FEWEST_LABELLED], judged)


def _none(like: Verdicts) -> Verdicts:
    empty = _of(like, -1)
    assert empty.people is not None
    return empty


def _peoples(labelled: Verdicts, alone: Verdicts, size: int) -> Matrix:
    assert labelled.people is not None
    assert alone.people is not None
    return _wins(labelled, labelled.people, size) + _wins(alone, alone.people, size)


def _strata(labelled: Verdicts, judged: Verdicts) -> tuple[Verdicts, Verdicts]:
    """The strata numbered anew: those that are large enough and have both kinds, and all others as the last one."""
    large = strata(labelled.stratum, judged.stratum)
    near, far = (replace(one, stratum=_numbered(one.stratum, large)) for one in (labelled, judged))
    return near, far


def _numbered(stratum: Codes, large: Codes) -> Codes:
    places = np.searchsorted(large, stratum)
    known = large[np.minimum(places, len(large) - 1)] == stratum if len(large) else np.zeros(len(stratum), dtype=bool)
    return np.where(known, places, len(large)).astype(np.int64)


def _weights(verdicts: Verdicts) -> Vector:
    if verdicts.weight is None:
        return np.ones(len(verdicts))
    return np.asarray(verdicts.weight * len(verdicts) / verdicts.weight.sum())


def _wins(verdicts: Verdicts, points: Vector, size: int, share: Vector | None = None) -> Matrix:
    """M x M: what i got from j, each battle counted by its weight and its share."""
    weight = _weights(verdicts) * (1.0 if share is None else share)
    for_first = np.bincount(verdicts.first * size + verdicts.second, weight * points, size**2)
    for_second = np.bincount(verdicts.second * size + verdicts.first, weight * (1 - points), size**2)
    return np.asarray((for_first + for_second).reshape(size, size))


def _virtual(labelled: Verdicts, judged: Verdicts, trust: Vector, size: int) -> Matrix:
    """What the judge adds to people's wins, and takes from them."""
    own, other = trust[labelled.stratum], (trust * _ratios(labelled, judged, len(trust)))[judged.stratum]
    return _wins(judged, judged.judge, size, other) - _wins(labelled, labelled.judge, size, own)


def _ratios(labelled: Verdicts, judged: Verdicts, kinds: int) -> Vector:
    """n/N of each stratum by weight; 0 where there is nothing judged, in which case nothing is corrected either."""
    n = np.bincount(labelled.stratum, _weights(labelled), kinds)
    big = np.bincount(judged.stratum, _weights(judged), kinds)
    return np.divide(n, big, out=np.zeros(kinds), where=big > 0)


def _trust(labelled: Verdicts, judged: Verdicts, theta: Vector, bread: Matrix, kinds: int) -> Vector:
    """λ of each stratum; 0 where one of its sets has fewer than two clusters or the judge never says anything."""
    ratios = _ratios(labelled, judged, kinds)
    found = np.zeros(kinds)
    for kind in range(kinds):
        own, other = _of(labelled, kind), _of(judged, kind)
        if own.people is None or min(len(np.unique(own.cluster)), len(np.unique(other.cluster))) < 2:
            continue
        judge = _scores(own, own.judge, theta)
        shared = _crossed(_scores(own, own.people, theta), judge, own.cluster, own.stratum) / len(own)
        far = _scores(other, other.judge, theta)
        spread = _crossed(judge, judge, own.cluster, own.stratum) + _crossed(far, far, other.cluster, other.stratum)
        alone = float(np.trace(bread @ spread @ bread)) / (len(own) + len(other))
        useful = float(np.trace(bread @ (shared + shared.T) @ bread))
        found[kind] = np.clip(useful / (2 * (1 + ratios[kind]) * alone), 0.0, 1.0) if alone > 0 else 0.0
    return found


def _of(verdicts: Verdicts, kind: int) -> Verdicts:
    chosen = verdicts.stratum == kind
    return Verdicts(
        first=verdicts.first[chosen],
        second=verdicts.second[chosen],
        judge=verdicts.judge[chosen],
        cluster=verdicts.cluster[chosen],
        stratum=np.zeros(int(chosen.sum()), dtype=np.int64),
        people=None if verdicts.people is None else verdicts.people[chosen],
        weight=_weights(verdicts)[chosen],
    )


def _sandwich(labelled: Verdicts, judged: Verdicts, alone: Verdicts, trust: Vector, fit: Fit) -> tuple[Matrix, int]:
    """The covariance of the strengths (M x M), and how many clusters it rests on."""
    assert labelled.people is not None
    assert alone.people is not None
    own, other = trust[labelled.stratum], (trust * _ratios(labelled, judged, len(trust)))[judged.stratum]
    near = _scores(labelled, labelled.people, fit.theta) - _scores(labelled, labelled.judge, fit.theta, own)
    parts = [(near, labelled.cluster, labelled.stratum)]
    if len(alone):
        # They are a population of their own, since they may be other battles than those that a judge was shown.
        kind = np.full(len(alone), 2 * len(trust))
        parts.append((_scores(alone, alone.people, fit.theta), alone.cluster, kind))
    if trust.any():
        far = _scores(judged, judged.judge, fit.theta, other)
        parts.append((far, judged.cluster, len(trust) + judged.stratum))
    scores = sparse.vstack([part[0] for part in parts], format="csr")
    cluster, population = (np.concatenate([part[place] for part in parts]) for place in (1, 2))
    bread = np.linalg.inv(fit.information)
    meat = _crossed(scores, scores, cluster, population)
    return centred(bread @ meat @ bread), len(np.unique(cluster))


def _scores(verdicts: Verdicts, points: Vector, theta: Vector, share: Vector | None = None) -> sparse.csr_array:
    """N x M: each battle's score (y - p)(e_first - e_second), by its weight and its share."""
    off = _weights(verdicts) * (points - expit(theta[verdicts.first] - theta[verdicts.second]))
    off = off if share is None else off * share
    rows = np.tile(np.arange(len(verdicts)), 2)
    places = np.concatenate([verdicts.first, verdicts.second])
    return sparse.csr_array((np.concatenate([off, -off]), (rows, places)), shape=(len(verdicts), len(theta)))


def _crossed(one: sparse.csr_array, other: sparse.csr_array, cluster: Codes, population: Codes) -> Matrix:
    """M x M: Σ over clusters of the products of their sums of two scores (N x M), times C / (C - 1).

    Each score is taken from the mean of its population first, which is done in the sums, as differences from a mean
    would fill a million rows.
    """
    rows = np.arange(len(cluster))
    names, places = np.unique(cluster, return_inverse=True)
    gather = sparse.csr_array((np.ones(len(rows)), (places, rows)), shape=(len(names), len(rows)))
    kinds = np.unique(population, return_inverse=True)[1]
    belongs = sparse.csr_array((np.ones(len(rows)), (rows, kinds)), shape=(len(rows), int(kinds.max()) + 1))
    sizes = np.bincount(kinds)[:, None]
    mean, mean_other = ((belongs.T @ scores).toarray() / sizes for scores in (one, other))
    sums, others, counts = gather @ one, gather @ other, gather @ belongs
    crossed = (sums.T @ others).toarray() - (sums.T @ counts).toarray() @ mean_other
    crossed -= mean.T @ (counts.T @ others).toarray()
    crossed += mean.T @ (counts.T @ counts).toarray() @ mean_other
    return np.asarray(crossed * len(names) / (len(names) - 1))
