"""Combined: the votes of a board joined with what judges said of its battles, believed as far as they agree."""

from collections.abc import Sequence
from itertools import groupby
from statistics import fmean
from typing import Any, Final

import numpy as np
from msgspec import Struct

from arena import digests
from arena.evaluation import categories
from arena.evaluation.benches import Heard
from arena.evaluation.votes import Counted
from arena.integration import fits, rows
from arena.integration.questions import Cluster, Question
from arena.integration.rows import Row
from rating import Outcome, Standings, assisted, combined
from rating.arrays import Codes
from rating.assisted import Assisted
from rating.combined import Battles

POINTS: Final = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: 0.5, Outcome.BOTH_BAD: 0.5}
# The stratum of battles without a category comes after those of the categories.
OTHER: Final = len(categories.CATEGORIES)


class Seen(Struct, frozen=True):
    """What is known of a battle: what people and judges gave its first side of the point, NaN where nobody said.

    `judge` is the mean of the judges that were.
    """

    contenders: tuple[str, str]
    people: float
    judge: float
    cluster: str
    stratum: int


def join(
    human: Standings, counted: Sequence[Counted], heard: Sequence[Heard], question: Question
) -> tuple[Standings, dict[str, Any]]:
    """People's standings with the judges beside them, and what came of it, for the record.

    What is told of is the largest group: who has no group in common with others has no verdict in common either.
    """
    seen = list(_seen(counted, heard, question))
    places = {name: place for place, name in enumerate(human.contenders)}
    known = [each for each in seen if all(name in places for name in each.contenders)]
    battles = Battles(
        first=np.array([places[each.contenders[0]] for each in known], dtype=np.int64),
        second=np.array([places[each.contenders[1]] for each in known], dtype=np.int64),
        people=np.array([each.people for each in known], dtype=np.float64),
        judge=np.array([each.judge for each in known], dtype=np.float64),
        cluster=np.unique([each.cluster for each in known], return_inverse=True)[1].astype(np.int64),
        stratum=np.array([each.stratum for each in known], dtype=np.int64),
    )
    found, joined = combined.rate(human, battles, seed=fits.SEED)
    return found, told(heard) | _weights(battles, joined.get(0), len(counted))


def told(heard: Sequence[Heard]) -> dict[str, Any]:
    """Which judges were heard, each in the version that it has, and how often."""
    names = sorted({(each.slug, each.version) for each in heard})
    return {
        "verdicts": len(heard),
        "battles": len({each.battle for each in heard}),
        "judges": [{"judge": slug, "version": version} for slug, version in names],
    }


def digest(told: Sequence[Row], heard: Sequence[Heard]) -> str:
    """A name for the votes and the verdicts that these numbers were made of, whatever order they come in."""
    said = (
        (each.id.hex, each.slug, each.version, each.contenders, each.outcome, each.share, each.prompt) for each in heard
    )
    leaves = [digests.leaf(digests.canonical(verdict)) for verdict in said]
    return digests.of([*(digests.leaf(rows.canonical(row)) for row in told), *leaves])


def _seen(counted: Sequence[Counted], heard: Sequence[Heard], question: Question) -> list[Seen]:
    """Every battle that people or judges have looked at, once."""
    cast = {vote.id: vote for vote in counted}
    seen = []
    for _, each in groupby(sorted(heard, key=lambda one: one.battle.bytes), key=lambda one: one.battle):
        said = list(each)
        vote = cast.pop(said[0].vote, None) if said[0].vote else None
        judge = fmean(one.share for one in said)
        people = float("nan") if vote is None else POINTS[vote.outcome]
        seen.append(Seen(said[0].contenders, people, judge, _cluster(said[0], question), _stratum(said[0])))
    for vote in cast.values():
        cluster = {Cluster.VOTER: vote.voter.hex, Cluster.PROMPT: vote.prompt or vote.vote.hex}
        name = cluster.get(question.cluster, vote.vote.hex)
        seen.append(Seen(vote.contenders, POINTS[vote.outcome], float("nan"), name, OTHER))
    return seen


def _cluster(heard: Heard, question: Question) -> str:
    names = {Cluster.VOTER: heard.voter.hex, Cluster.PROMPT: heard.prompt}
    return names.get(question.cluster, heard.battle.hex)


def _stratum(heard: Heard) -> int:
    """The place of the first category that the battle has; OTHER where it has none."""
    names = list(categories.CATEGORIES)
    return min((names.index(name) for name in heard.categories if name in names), default=OTHER)


def _weights(battles: Battles, found: Assisted | None, votes: int) -> dict[str, Any]:
    """λ of each category that has one of its own, then of all others, and what one vote is worth with the judge."""
    if found is None:
        return {"weights": [], "labelled": 0, "judged_only": 0, "worth": 1.0, "votes_worth": votes}
    voted, judged = ~np.isnan(battles.people), ~np.isnan(battles.judge)
    large: Codes = assisted.strata(battles.stratum[voted & judged], battles.stratum[judged & ~voted])
    names = [*categories.CATEGORIES, None]
    own = [names[code] for code in large]
    weights = [
        {"category": own[place] if place < len(own) else None, "weight": round(float(weight), 6)}
        for place, weight in enumerate(found.believed)
    ]
    return {
        "weights": weights,
        "labelled": found.labelled,
        "judged_only": found.judged,
        "worth": round(found.worth, 6),
        "votes_worth": round(found.worth * votes),
    }
