"""Fragility: how few votes would turn a board, what a rank costs, and whose votes tell most; worked out once.

It is that of a plain fit, in which a tie is half a win to each: of the first group's contenders, all votes alike.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from msgspec import Struct

from rating import Tally, influence
from rating.arrays import Vector
from rating.influence import Act, Board, Change
from rating.scale import PER_LOGIT

TOP: Final = 5
# So many of the votes' kinds, and of the voters, are named.
MOST_CELLS: Final = 5
MOST_VOTERS: Final = 10
# What takes longer is left out: first what a rank costs those at the bottom.
MOST_SECONDS: Final = 60.0


class Moved(Struct, frozen=True):
    """So many votes of one kind: who won them (or is said to have tied), and against whom."""

    winner: str
    loser: str
    votes: int


class Turn(Struct, frozen=True, kw_only=True):
    """The fewest votes found that, dropped, flipped or added, let `riser` pass `leader`.

    `votes` is what a refit needs, None where all the votes there are don't do it; `predicted` what the influence of
    single votes says, `share` the part of all votes, and `kinds` the most telling of them.
    """

    act: Act
    leader: str
    riser: str
    votes: int | None
    predicted: int | None
    share: float | None
    kinds: list[Moved]


class Cost(Struct, frozen=True):
    """How many added votes take a contender past the next above it: each where it tells most, or for it alone."""

    votes: int | None
    directly: int | None


class Gain(Struct, frozen=True, kw_only=True):
    """What a rank costs a contender: by the votes that count (`audited`) and by all votes, excluded ones among them.

    None where it leads already, or where all the votes that are tried don't do it.
    """

    audited: Cost
    unaudited: Cost


class Influential(Struct, frozen=True):
    """A voter, by the name that exports give, and how many points they move the first from the second; negative is
    towards the second."""

    voter: str
    votes: int
    points: float


class Fragility(Struct, frozen=True, kw_only=True):
    """How fragile a board is.

    `first` and `top` are the cheapest ways to unseat the first and to change the `top_size`; `gains` is by contender.
    `complete` is false where time was over before all contenders had been priced.
    """

    votes: int
    excluded: int
    first: list[Turn]
    top: list[Turn]
    top_size: int
    gains: dict[str, Gain]
    leader: str
    second: str
    voters: list[Influential]
    complete: bool


class Votes(Struct, frozen=True):
    """The votes that count, those left out beside them, the voters by code as exports name them, and those's counts."""

    counted: Tally
    everything: Tally
    voters: Sequence[str]


def measure(votes: Votes, *, seconds: float = MOST_SECONDS, clock: Callable[[], float] = time.monotonic) -> Fragility:
    """How fragile the board of these votes is, two contenders at least, as far as the time allows."""
    names, ends = votes.counted.contenders, clock() + seconds
    board, count = Board(votes.counted.counts), len(votes.counted)
    first, second = (int(place) for place in board.ranked[:2])
    excluded = len(votes.everything) - count
    gains = _gains(board, Board(votes.everything.counts) if excluded else board, names, lambda: clock() > ends)
    return Fragility(
        votes=count,
        excluded=excluded,
        first=_turns([board.unseated(act) for act in Act], names, count),
        top=_turns([board.changed(act, TOP) for act in Act], names, count),
        top_size=TOP,
        gains=gains,
        leader=names[first],
        second=names[second],
        voters=_influential(votes, influence.voters(votes.counted, board, first, second)),
        complete=len(gains) == len(names),
    )


def _turns(changes: Sequence[Change | None], names: Sequence[str], votes: int) -> list[Turn]:
    return [
        Turn(
            act=change.act,
            leader=names[change.leader],
            riser=names[change.riser],
            votes=change.votes,
            predicted=change.predicted,
            share=change.votes / votes if change.votes else None,
            kinds=[Moved(names[won], names[lost], count) for won, lost, count in change.cells[:MOST_CELLS]],
        )
        for change in changes
        if change is not None
    ]


def _gains(board: Board, unaudited: Board, names: Sequence[str], late: Callable[[], bool]) -> dict[str, Gain]:
    """What a rank costs, from the top of the board down until it is late."""
    found: dict[str, Gain] = {}
    for place in (int(place) for place in board.ranked):
        if late():
            break
        audited = _cost(board, place)
        found[names[place]] = Gain(
            audited=audited, unaudited=audited if unaudited is board else _cost(unaudited, place)
        )
    return found


def _cost(board: Board, place: int) -> Cost:
    passed = board.passed(place)
    return Cost(None if passed is None else passed.votes, board.passed_directly(place))


def _influential(votes: Votes, moves: Vector) -> list[Influential]:
    """Those who move the gap most, the first of them most; a voter of one vote is as good as any."""
    voter = votes.counted.voter
    assert voter is not None
    each = np.bincount(voter, minlength=len(votes.voters))
    order = np.argsort(-np.abs(moves), kind="stable")[:MOST_VOTERS]
    return [Influential(votes.voters[code], int(each[code]), float(moves[code]) * PER_LOGIT) for code in order]
