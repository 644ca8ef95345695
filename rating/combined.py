"""Combined: a board's standings by people's votes and a judge's verdicts together."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rating import assisted, intervals, ranks, streams
from rating.arrays import Codes, Vector, centred
from rating.assisted import Assisted, Verdicts
from rating.scale import Scale
from rating.standings import Standings
from rating.streams import Purpose


@dataclass(frozen=True, eq=False)
class Battles:
    """What is known of N battles: `people` and `judge` are what the first side got of the point, NaN where unknown.

    `first` and `second` are contenders' codes in the standings, `cluster` and `stratum` those of `assisted.Verdicts`.
    """

    first: Codes
    second: Codes
    people: Vector
    judge: Vector
    cluster: Codes
    stratum: Codes


def rate(human: Standings, battles: Battles, *, seed: int = 0) -> tuple[Standings, dict[int, Assisted]]:
    """The people's standings (ties half a win) corrected by the judge in each group, and how, by the group's number.

    A group where nothing is believed, or where fewer than two clusters have both kinds, stays as people have it, to the
    bit, and is not among those told of; so does every open end of an interval, as no verdict bounds what no vote does.
    Ranks are by the max-T test, seeded. A battle between two groups is left out: people never compared these.
    """
    found = human
    joined = {}
    for group in range(human.group.max(initial=-1) + 1):
        members = np.nonzero(human.group == group)[0]
        own = _joined(battles, human, group, members)
        if own is None:
            continue
        joined[group] = own
        if own.believed.any():
            found = _placed(found, own, members, seed)
    return found, joined


def _joined(battles: Battles, human: Standings, group: int, members: Codes) -> Assisted | None:
    inside = (human.group[battles.first] == group) & (human.group[battles.second] == group)
    voted, judged = ~np.isnan(battles.people), ~np.isnan(battles.judge)
    labelled = _of(battles, inside & voted & judged, members)
    if len(np.unique(labelled.cluster)) < 2:
        return None
    far, alone = (_of(battles, inside & those, members) for those in (judged & ~voted, voted & ~judged))
    return assisted.join(labelled, far, len(members), unjudged=alone)


def _of(battles: Battles, chosen: Codes, members: Codes) -> Verdicts:
    return Verdicts(
        first=np.searchsorted(members, battles.first[chosen]),
        second=np.searchsorted(members, battles.second[chosen]),
        judge=np.nan_to_num(battles.judge[chosen]),
        cluster=battles.cluster[chosen],
        stratum=battles.stratum[chosen],
        people=np.nan_to_num(battles.people[chosen]),
    )


def _placed(human: Standings, own: Assisted, members: Codes, seed: int) -> Standings:
    """The standings with one group's numbers as they came out."""
    level = float(human.method["level"] or 0.95)
    closed = np.isfinite(human.lower[members]) & np.isfinite(human.upper[members])
    reach = intervals.of_ratings(
        own.theta,
        own.covariance.diagonal(),
        level=level,
        degrees_of_freedom=own.clusters - 1,
        open_below=np.isinf(human.lower[members]),
        open_above=np.isinf(human.upper[members]),
    )
    rng = streams.opened(seed, Purpose.RANKS)
    better = ranks.max_t(own.theta, own.covariance, closed[:, None] & closed, level=level, rng=rng)
    spans, covariance = ranks.ranges(better), human.covariance.copy()
    covariance[np.ix_(members, members)] = centred(own.covariance)
    changed = {
        "theta": own.theta,
        "rating": Scale().ratings(own.theta),
        "lower": Scale().ratings(reach.lower),
        "upper": Scale().ratings(reach.upper),
        "rank_lower": spans.lower,
        "rank_upper": spans.upper,
    }
    whole: dict[str, Any] = {name: _set(getattr(human, name), members, values) for name, values in changed.items()}
    return replace(
        human,
        **whole,
        covariance=covariance,
        # Nothing of these is the solution of the equations that the counts of votes make.
        footings=(),
        residual=max(human.residual, own.residual),
        error_bound=max(human.error_bound, own.error_bound),
    )


def _set(column: Vector, members: Codes, values: Any) -> Vector:
    copy = column.copy()
    copy[members] = values
    return copy
