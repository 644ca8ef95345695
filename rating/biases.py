"""Biases: what moves votes besides how good the answers are, and what the board would be without it."""

from dataclasses import dataclass

import numpy as np

from rating import bradley_terry, effects, jackknife, leanings, position, style, swaps
from rating.arrays import Codes, Integers, Matrix, Vector
from rating.cells import Cluster
from rating.covariance import FEW_CLUSTERS, FEWEST_CLUSTERS
from rating.covariates import Covariates
from rating.effects import Effect
from rating.outcomes import POINTS
from rating.style import StyleFit
from rating.swaps import Swap
from rating.tally import Tally

BAND = position.BAND
# Of the gap between two answers: how much less, or more, votes follow it when a voter has taken a usual time more.
FOLLOWED = 0.1


@dataclass(frozen=True, eq=False)
class Biases:
    """What each feature of an answer is worth to voters at equal strength, in log-odds for a usual difference (K).

    A usual difference is the root mean square of the feature's. `fit` has the strengths at equal style, `moved` each
    contender's shift to them (M), and `swaps` who would stand above whom.
    """

    features: tuple[Effect, ...]
    moved: tuple[Effect, ...]
    swaps: tuple[Swap, ...]
    fit: StyleFit


def of_features(tally: Tally, covariates: Covariates, *, prior: float = 1.0, cluster: Cluster = "voter") -> Biases:
    """Measure features in one fit beside the strengths and the position, P(a beats b) = σ(θ_a - θ_b + γ + z'β).

    The fit is `style.fit`, clustered by voter or prompt: below 200 clusters by the one-step jackknife, from there on by
    the sandwich, with K - 1 degrees of freedom, K being Kish's number. Effects up to 0.05 log-odds, a win rate of
    51.2 % between equals, do not matter; nor do shifts of one standard error of the rating. RatingError as there.
    """
    alike = tally.effective(cluster) < FEWEST_CLUSTERS
    found = style.fit(tally, covariates, prior=prior, position=True, cluster="none" if alike else cluster)
    if not alike and cluster != "none" and tally.clusters(cluster) < FEW_CLUSTERS:
        found = jackknife.of(tally, covariates, found, cluster)
    freedom = 0.0 if alike else found.degrees_of_freedom
    features = [
        effects.measured(name, float(value), float(error), freedom=freedom, band=BAND)
        for name, value, error in zip(found.names, found.coefficients, found.coefficient_errors, strict=True)
    ]
    moved = _moved(tally.contenders, found, freedom)
    return Biases(tuple(features), moved, swaps.between(found.unadjusted.theta, found.theta), found)


def _moved(contenders: tuple[str, ...], found: StyleFit, freedom: float) -> tuple[Effect, ...]:
    spread = np.sqrt(np.maximum(found.shift_covariance.diagonal(), 0.0))
    bands = np.sqrt(found.covariance.diagonal()[: len(contenders)])
    return tuple(
        effects.measured(name, float(shift), float(error), freedom=freedom, band=float(band), tests=len(contenders))
        for name, shift, error, band in zip(contenders, found.shift, spread, bands, strict=True)
    )


def of_position(tally: Tally, name: str = "position", *, ties: str = "davidson") -> Effect:
    """What it is worth to be shown first, in log-odds, by `position.effect`; up to 0.05 does not matter."""
    if not len(tally):
        return effects.unknown(name, band=BAND)
    found = position.effect(tally, ties=ties)
    return effects.measured(name, found.effect, found.error, freedom=tally.effective("voter") - 1, band=BAND)


def of_positions(tally: Tally, part: Integers, names: tuple[str, ...], *, ties: str = "davidson") -> list[Effect]:
    """The same in each part of the votes (N, codes of `names`), such as those on short answers and on long ones."""
    return [of_position(tally.only(part == code), name, ties=ties) for code, name in enumerate(names)]


def of_attention(tally: Tally, amount: Vector, name: str = "attention") -> Effect:
    """Whether votes follow the board less when voters take less time, or whatever else `amount` (N) says of a vote.

    c in P(a beats b) = σ((θ_a - θ_b)(1 + c q)), q being the amount's rank, standardised, and θ the board's own with
    ties as halves. Clustered by voter; up to 0.1 does not matter. Without any difference in amounts it is unknown.
    """
    theta = bradley_terry.fit(tally.counts.wins).theta
    gap = theta[tally.first] - theta[tally.second]
    points = np.array(POINTS)[tally.outcome]
    return of_offset(name, points, gap, (ranked(amount) * gap)[:, None], _clusters(tally), band=FOLLOWED)[0]


def of_offset(
    name: str | tuple[str, ...], points: Vector, offset: Vector, features: Matrix, cluster: Codes, *, band: float = BAND
) -> list[Effect]:
    """What features (N x K) add to `offset` (N, log-odds), as `leanings.measure` finds it; unknown where it can't tell.

    With people's ratings as the offset of a judge's verdicts it is what the judge prefers besides what people do: the
    first answer, the longer one, its own family. The offset is taken as known: ratings by few votes are too sure. The
    degrees of freedom are Kish's number of clusters less one.
    """
    names = (name,) if isinstance(name, str) else name
    found = leanings.measure(points, offset, features, cluster)
    if found is None:
        return [effects.unknown(one, band=band) for one in names]
    freedom = freedom_of(cluster)
    return [
        effects.measured(one, float(value), float(error), freedom=freedom, band=band)
        for one, value, error in zip(names, found.coefficients, found.errors, strict=True)
    ]


def freedom_of(cluster: Codes) -> float:
    """Kish's number of clusters (N, each row's) less one."""
    sizes = np.bincount(np.unique(cluster, return_inverse=True)[1]).astype(np.float64)
    return float(sizes.sum() ** 2 / (sizes @ sizes)) - 1


def ranked(amount: Vector) -> Vector:
    """The ranks of amounts (N), equal ones level, with mean 0 and standard deviation 1; all 0 if all are equal."""
    places, counts = np.unique(amount, return_inverse=True, return_counts=True)[1:]
    middle = (np.cumsum(counts) - (counts - 1) / 2)[places]
    away: Vector = middle - middle.mean() if len(middle) else middle
    spread = float(away.std()) if len(away) else 0.0
    return away / spread if spread > 0 else np.zeros(len(amount))


def terciles(amount: Vector) -> Codes:
    """The third of the amounts (N) in which each lies, 0 the least; equal amounts are never parted."""
    ends = np.quantile(amount, [1 / 3, 2 / 3]) if len(amount) else np.zeros(2)
    return np.searchsorted(ends, amount, side="left").astype(np.int64)


def _clusters(tally: Tally) -> Codes:
    numbers = tally.numbered("voter")
    return np.arange(len(tally)) if numbers is None else numbers
