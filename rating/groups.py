"""One group of contenders, rated: everything that is comparable, and nothing else."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rating import acceptability, estimates, graph, intervals, ranks, streams
from rating.arrays import Codes, Flags, Matrix, Vector, expit, spread
from rating.bradley_terry import Fit
from rating.cells import Cluster
from rating.covariance import FEWEST_CLUSTERS, Covariance
from rating.errors import DidNotConverge
from rating.estimates import Estimate
from rating.graph import Separation
from rating.intervals import Intervals
from rating.likelihood import Ties
from rating.ranks import Ranks
from rating.streams import Purpose
from rating.tally import Tally

if TYPE_CHECKING:
    from rating.covariates import Covariates

# A clustered variance this far below the curvature's is rounding: all voters said exactly the same.
VANISHING = 1e-12


@dataclass(frozen=True)
class Choices:
    """How a board is rated."""

    ties: Ties
    prior: float
    cluster: Cluster
    level: float
    seed: int
    replicates: int
    acceptability: bool
    style: "Covariates | None"


@dataclass(frozen=True, eq=False)
class Acceptable:
    """The probability that a contender's answer is acceptable by itself, and the ends of its interval (M each)."""

    probability: Vector
    lower: Vector
    upper: Vector


@dataclass(frozen=True, eq=False)
class Part:
    """A group's numbers; `members` are its contenders' places in the whole tally, `shifts` None without style."""

    members: Codes
    estimate: Estimate
    separation: Separation
    intervals: Intervals
    shifts: Intervals | None
    ranks: Ranks
    rank_test: str
    acceptability: Acceptable | None
    ratios: Vector


def rated(tally: Tally, members: Codes, choices: Choices) -> Part:
    """Rate the contenders at these places by the votes among them."""
    part = tally.among([tally.contenders[code] for code in members])
    found = _estimated(tally, part, members, choices)
    chosen = found.covariance
    separation = graph.separation(graph.edges(part.counts.table, choices.ties))
    unseen = _unseen(part, chosen, found.curvature)
    # Beside an unbounded side the clustered variance mirrors the prior; the curvature keeps the other side honest.
    variances = chosen.matrix.diagonal()
    variances = np.where(separation.settled, variances, np.maximum(variances, found.curvature.diagonal()))
    reach = intervals.of_ratings(
        found.theta,
        variances,
        level=choices.level,
        degrees_of_freedom=chosen.degrees_of_freedom,
        open_below=separation.open_below | unseen,
        open_above=separation.open_above | unseen,
    )
    comparable = _comparable(separation.settled & ~unseen, chosen, found.curvature)
    test, better = _better(found.theta, chosen, comparable, choices)
    certain = np.where(np.isfinite(reach.upper - reach.lower), variances, 0.0)
    return Part(
        members=members,
        estimate=found,
        separation=separation,
        intervals=reach,
        shifts=_shifts(found, ~separation.settled | unseen, choices),
        ranks=ranks.ranges(better),
        rank_test=test,
        acceptability=_acceptable(part, choices) if choices.acceptability else None,
        ratios=_ratios(part, found.fit, certain, choices),
    )


def _estimated(tally: Tally, part: Tally, members: Codes, choices: Choices) -> Estimate:
    if choices.style is None:
        return estimates.plain(part, ties=choices.ties, prior=choices.prior, cluster=choices.cluster)
    # Here, because most boards have no style, and need not load what fits it.
    from rating import styled

    inside = np.zeros(len(tally.contenders), dtype=np.bool_)
    inside[members] = True
    # A group's votes are all within it, and one group alone needs no copy of them.
    own = choices.style if inside.all() else choices.style.only(inside[tally.first])
    return styled.estimate(part, own, prior=choices.prior, cluster=choices.cluster)


def _shifts(found: Estimate, unknown: Flags, choices: Choices) -> Intervals | None:
    if choices.style is None:
        return None
    from rating import styled

    return styled.shifts(found, unknown=unknown, level=choices.level)


def _unseen(part: Tally, chosen: Covariance, curvature: Matrix) -> Flags:
    """The contenders whose voters can't be seen to differ: in effect fewer than two, or all of one mind."""
    alike = chosen.matrix.diagonal() <= VANISHING * curvature.diagonal()
    ways: tuple[Cluster, ...] = ("voter", "prompt") if chosen.cluster == "both" else (chosen.cluster,)
    effective = np.min([part.effective_each(way) for way in ways], axis=0)
    return np.asarray(alike | (effective < FEWEST_CLUSTERS))


def _comparable(known: Flags, chosen: Covariance, curvature: Matrix) -> Flags:
    """The pairs a rank may rest on: both ends known, and a difference that voters vary in."""
    varied = spread(chosen.matrix) > VANISHING * spread(curvature)
    return np.asarray(known[:, None] & known & varied)


def _better(theta: Vector, chosen: Covariance, comparable: Flags, choices: Choices) -> tuple[str, Flags]:
    if chosen.name in ("CR1", "HC0", "CR1 two-way"):
        rng = streams.opened(choices.seed, Purpose.RANKS)
        return "max-t", ranks.max_t(theta, chosen.matrix, comparable, level=choices.level, rng=rng)
    freedom = chosen.degrees_of_freedom
    return "holm", ranks.holm(theta, chosen.matrix, comparable, level=choices.level, degrees_of_freedom=freedom)


def _acceptable(part: Tally, choices: Choices) -> Acceptable | None:
    cluster: Cluster = "voter" if choices.cluster == "both" else choices.cluster
    try:
        found = acceptability.fit(part.counts)
    except DidNotConverge:
        return None  # The ratings stand without it, and `method` says so.
    ends = acceptability.spans(found, part, level=choices.level, cluster=cluster)
    return Acceptable(np.asarray(expit(found.level)), ends.lower, ends.upper)


def _ratios(part: Tally, fit: Fit, variances: Vector, choices: Choices) -> Vector:
    if not choices.replicates or not variances.any():
        return np.full(len(variances), np.nan)
    # Here, because it loads scipy, which takes longer than rating a million votes.
    from rating import replicates

    cluster: Cluster = "voter" if choices.cluster == "both" else choices.cluster
    thetas = replicates.run(part, fit, seed=choices.seed, count=choices.replicates, cluster=cluster)
    return replicates.ratio(thetas, variances)
