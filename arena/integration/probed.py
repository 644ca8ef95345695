"""Probed: what votes on probes say of a board: what a sure tone is worth, and who stands where without the fooled."""

import math
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from msgspec import Struct, structs

from arena.evaluation.probes import Voted
from arena.integration.judge_leanings import numbered
from arena.integration.named import Named
from arena.integration.questions import Question
from arena.integration.rows import Row
from rating import Scale, assertive, fooled
from rating.arrays import Codes, Flags, Vector
from rating.effects import Effect
from rating.fooled import Beside
from rating.scale import PER_LOGIT

FEWEST_PROBES: Final = 30
# So many voters who were fooled less, and so many votes of theirs, make a board that can be laid beside the whole one.
FEWEST_VOTERS: Final = 20
FEWEST_VOTES: Final = 100


class Worth(Struct, frozen=True):
    """How many times the worth of being right something makes up for, with its 95 % interval; None is not known."""

    value: float | None
    lower: float | None
    upper: float | None


class Line(Struct, frozen=True, kw_only=True):
    """A contender by all voters and by those fooled less, in points of the board's scale.

    `change` sums to zero over the board, with an interval that holds for all contenders at once. Ranks are among those
    that both boards rate; one that the voters fooled less do not rate has only its rating by all.
    """

    who: Named
    rating: float
    rating_then: float | None = None
    rank: int | None = None
    rank_then: int | None = None
    change: float | None = None
    lower: float | None = None
    upper: float | None = None


class Fooled(Struct, frozen=True, kw_only=True):
    """The board of the voters who were fooled less, by `votes` of `voters`, beside the board by all.

    `probes` are the votes on a right answer that hedges beside a wrong one that sounds sure, of `probed` voters, of
    which the wrong one got the `share`. With too few of anything `enough` is false; `lines`, the best first, are empty
    then, and where those voters rate nobody.
    """

    probes: int
    probed: int
    share: float
    voters: int
    votes: int
    enough: bool
    lines: list[Line] = []


def effects(votes: Sequence[Voted]) -> list[Effect]:
    """What being right, sounding sure and agreeing is worth; nothing where there are too few votes."""
    return assertive.measure(*_columns(votes)) if len(votes) >= FEWEST_PROBES else []


def worths(votes: Sequence[Voted]) -> dict[str, Worth]:
    """How much of being right a sure tone, and agreement, makes up for, by the effect's name."""
    if len(votes) < FEWEST_PROBES:
        return {}
    found = assertive.prices(*_columns(votes))
    return {one.name: Worth(_number(one.value), _number(one.lower), _number(one.upper)) for one in found}


def careful(told: Sequence[Row], votes: Sequence[Voted]) -> tuple[Flags, Fooled] | None:
    """Which rows are of voters who were fooled less, and how many; None where nobody could be fooled yet.

    Asked are the votes that `assertive wrong` rests on, of the whole arena: who is fooled less is so on every board.
    """
    asked = [one for one in votes if one.assertive == "wrong" and one.agrees is None]
    if not asked:
        return None
    found = fooled.shares(np.array([1 - one.right for one in asked]), numbered(one.voter for one in asked))
    names = list(dict.fromkeys(one.voter.hex for one in asked))
    less = {name for name, below in zip(names, found.less, strict=True) if below}
    rows = np.array([row.voter in less for row in told], dtype=np.bool_)
    voters, own = len({row.voter for row in told} & less), int(rows.sum())
    enough = len(asked) >= FEWEST_PROBES and voters >= FEWEST_VOTERS and own >= FEWEST_VOTES
    return rows, Fooled(probes=len(asked), probed=len(names), share=found.mean, voters=voters, votes=own, enough=enough)


def beside(counted: Fooled, found: Beside | None, named: Mapping[str, Named], question: Question) -> Fooled:
    """The contenders, the best first; `named` are they by what the votes call them, in the order of the votes."""
    if found is None:
        return counted
    ratings = _ratings(found.full, list(named), question)
    lines = [Line(who=who, rating=float(rating)) for who, rating in zip(named.values(), ratings, strict=True)]
    told = zip(found.places.tolist(), found.both.each, *(ranks.tolist() for ranks in found.ranks), strict=True)
    for place, effect, rank, then in told:
        change, lower, upper = (end * PER_LOGIT for end in (effect.value, effect.lower, effect.upper))
        lines[place] = structs.replace(
            lines[place],
            rating_then=lines[place].rating + change,
            rank=rank,
            rank_then=then,
            change=change,
            lower=_number(lower),
            upper=_number(upper),
        )
    lines.sort(key=lambda line: (-line.rating, line.who.contender))
    return structs.replace(counted, voters=found.voters, votes=found.votes, lines=lines)


def _ratings(theta: Vector, names: list[str], question: Question) -> Vector:
    """On the board's own scale; at equal style a board may show others."""
    ratings, anchor = Scale().ratings(theta), question.anchor
    if anchor is None or anchor.contender not in names:
        return ratings
    return np.asarray(ratings + anchor.rating - ratings[names.index(anchor.contender)])


def _columns(votes: Sequence[Voted]) -> tuple[Vector, Vector, Vector, Codes]:
    towards = {"right": 1.0, "wrong": -1.0, None: 0.0}
    right = np.array([one.right for one in votes])
    tone = np.array([towards[one.assertive] for one in votes])
    agreement = np.array([towards[one.agrees] for one in votes])
    return right, tone, agreement, numbered(one.voter for one in votes)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
