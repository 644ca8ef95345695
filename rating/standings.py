"""Standings: the one call from a tally to a board's numbers."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from rating import bradley_terry, covariance, graph, intervals, ranks, replicates, streams
from rating.arrays import Codes, Flags, Matrix, Vector, spread
from rating.bradley_terry import Fit
from rating.covariance import FEWEST_VOTERS, Covariance
from rating.errors import RatingError
from rating.graph import Separation, Standing
from rating.intervals import Intervals
from rating.ranks import Ranks
from rating.scale import Scale
from rating.streams import Purpose
from rating.tally import Tally

Method: TypeAlias = dict[str, str | float | int]

# A clustered variance this far below the curvature's is rounding: all voters said exactly the same.
VANISHING = 1e-12


@dataclass(frozen=True, eq=False)
class Standings:
    """A board's numbers, each array aligned with `contenders`.

    `theta` and `covariance` are in log-odds, `rating`, `lower` and `upper` on the displayed scale; an end that
    can't be estimated is infinite. Each group (0 is the largest) is fitted alone: its mean rating is 1000, its
    ranks are within it, and no covariance joins it to another. `method` names the choices made, as they were for
    group 0. `bootstrap_ratio` is None unless replicates were asked for and some interval is finite.
    """

    contenders: tuple[str, ...]
    theta: Vector
    rating: Vector
    lower: Vector
    upper: Vector
    rank_lower: Codes
    rank_upper: Codes
    votes: Codes
    group: Codes
    standing: tuple[Standing, ...]
    covariance: Matrix
    voters: int
    effective_voters: float
    method: Method
    bootstrap_ratio: float | None


@dataclass(frozen=True, eq=False)
class _Part:
    """One group, rated."""

    members: Codes
    fit: Fit
    covariance: Covariance
    separation: Separation
    intervals: Intervals
    ranks: Ranks
    ratios: Vector


def rate(tally: Tally, *, prior: float = 1.0, level: float = 0.95, seed: int = 0, replicates: int = 0) -> Standings:
    """Rate every contender of the tally; the order of its votes and the positions in them move no bit of it.

    With prior 0, a group without a finite maximum is an error (NoMaximum).
    """
    if replicates < 0 or replicates == 1:
        raise RatingError(f"A spread takes two replicates or more, or none at all, and not {replicates}.")
    group = graph.groups(tally.counts.games)
    parts = [
        _rated(tally, np.nonzero(group == number)[0], prior=prior, level=level, seed=seed, count=replicates)
        for number in range(group.max(initial=-1) + 1)
    ]
    order = np.argsort(np.concatenate([part.members for part in parts])) if parts else group
    theta = _gathered([part.fit.theta for part in parts], order)
    scale = Scale()
    return Standings(
        contenders=tally.contenders,
        theta=theta,
        rating=scale.ratings(theta),
        lower=scale.ratings(_gathered([part.intervals.lower for part in parts], order)),
        upper=scale.ratings(_gathered([part.intervals.upper for part in parts], order)),
        rank_lower=_gathered([part.ranks.lower for part in parts], order).astype(np.int64),
        rank_upper=_gathered([part.ranks.upper for part in parts], order).astype(np.int64),
        votes=tally.counts.votes.astype(np.int64),
        group=group,
        standing=_standings(parts, order),
        covariance=_joined(parts, len(group)),
        voters=tally.clusters("voter"),
        effective_voters=tally.effective("voter"),
        method=_method(parts, prior=prior, level=level, seed=seed, count=replicates),
        bootstrap_ratio=_mean_ratio(parts),
    )


def _rated(tally: Tally, members: Codes, *, prior: float, level: float, seed: int, count: int) -> _Part:
    part = tally.among([tally.contenders[code] for code in members])
    fit = bradley_terry.fit(part.counts.wins, prior=prior)
    chosen = covariance.standard(part, fit)
    separation = graph.separation(part.counts.wins)
    curvature = covariance.curvature(fit)
    unseen = _unseen(part, chosen, curvature)
    # Beside an unbounded side the clustered variance mirrors the prior; the curvature keeps the other side honest.
    variances = chosen.matrix.diagonal()
    variances = np.where(separation.settled, variances, np.maximum(variances, curvature.diagonal()))
    reach = intervals.of_ratings(
        fit.theta,
        variances,
        level=level,
        degrees_of_freedom=chosen.degrees_of_freedom,
        open_below=separation.open_below | unseen,
        open_above=separation.open_above | unseen,
    )
    comparable = _comparable(separation.settled & ~unseen, chosen, curvature)
    better = _better(fit, chosen, comparable, level=level, seed=seed)
    ratios = _ratios(
        part, fit, np.where(np.isfinite(reach.upper - reach.lower), variances, 0.0), seed=seed, count=count
    )
    return _Part(members, fit, chosen, separation, reach, ranks.ranges(better), ratios)


def _unseen(part: Tally, chosen: Covariance, curvature: Matrix) -> Flags:
    """The contenders whose voters can't be seen to differ: in effect fewer than two, or all of one mind."""
    alike = chosen.matrix.diagonal() <= VANISHING * curvature.diagonal()
    return alike | (part.effective_each("voter") < FEWEST_VOTERS)


def _comparable(known: Flags, chosen: Covariance, curvature: Matrix) -> Flags:
    """The pairs a rank may rest on: both ends known, and a difference that voters vary in."""
    return known[:, None] & known & (spread(chosen.matrix) > VANISHING * spread(curvature))


def _better(fit: Fit, chosen: Covariance, comparable: Flags, *, level: float, seed: int) -> Flags:
    if chosen.name == "CR1":
        rng = streams.opened(seed, Purpose.RANKS)
        return ranks.max_t(fit.theta, chosen.matrix, comparable, level=level, rng=rng)
    freedom = chosen.degrees_of_freedom
    return ranks.holm(fit.theta, chosen.matrix, comparable, level=level, degrees_of_freedom=freedom)


def _ratios(part: Tally, fit: Fit, variances: Vector, *, seed: int, count: int) -> Vector:
    if not count or not variances.any():
        return np.full(len(variances), np.nan)
    return replicates.ratio(replicates.run(part, fit, seed=seed, count=count), variances)


def _gathered(columns: list[Vector] | list[Codes], order: Codes) -> Vector:
    return np.concatenate(columns)[order].astype(np.float64) if columns else np.zeros(0)


def _standings(parts: list[_Part], order: Codes) -> tuple[Standing, ...]:
    flat = [standing for part in parts for standing in part.separation.standing]
    return tuple(flat[place] for place in order)


def _joined(parts: list[_Part], size: int) -> Matrix:
    whole = np.zeros((size, size))
    for part in parts:
        whole[np.ix_(part.members, part.members)] = part.covariance.matrix
    return whole


def _mean_ratio(parts: list[_Part]) -> float | None:
    ratios = np.concatenate([part.ratios for part in parts]) if parts else np.zeros(0)
    known = ratios[~np.isnan(ratios)]
    return float(known.mean()) if len(known) else None


def _method(parts: list[_Part], *, prior: float, level: float, seed: int, count: int) -> Method:
    main = parts[0].covariance if parts else Covariance(np.zeros((0, 0)), "none", 0.0)
    return {
        "model": "bradley-terry",
        "ties": "half",
        "prior": prior,
        "covariance": main.name,
        "degrees_of_freedom": main.degrees_of_freedom,
        "level": level,
        "ranks": "max-t" if main.name == "CR1" else "holm",
        "seed": seed,
        "replicates": count,
    }
