"""Disagreements: the battles without a vote of people on which one would be worth most."""

import math
from enum import StrEnum
from itertools import groupby
from statistics import fmean
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Pool
from arena.errors import NotFound
from arena.evaluation import benches
from arena.evaluation.benches import Heard
from arena.integration import boards, history, meetings
from arena.integration.boards import Source
from arena.integration.history import Line
from arena.integration.meetings import Kept

# A judge that says another thing when the answers change places has, in effect, said nothing: half the point is open.
INCONSISTENT: Final = 0.5
# So far apart two shares of a point are before they are called different: from one level of a verdict to the next.
APART: Final = 0.25


class NoCombinedBoard(NotFound):
    """There is no combined board with a snapshot yet, so nobody can say where a vote is worth most."""


class Why(StrEnum):
    """What is odd about what the judges said of a battle."""

    JUDGES = "judges differ"
    EXPECTATION = "against the ratings"
    ORDERS = "orders differ"


class Disagreement(Struct, frozen=True, kw_only=True):
    """A battle that judges alone have looked at; `shares` is what each gave its first side of the point.

    `expected` is what the ratings of the combined board give that side, and `gain` tells which battle comes first.
    """

    battle_id: UUID
    contenders: tuple[str, str]
    shares: dict[str, float]
    expected: float
    why: list[Why]
    gain: float


async def listed(db: Pool, *, most: int) -> list[Disagreement]:
    """The battles on which a vote is worth most, in that order.

    The gain is p (1 - p) V d: how much a vote tells of the two ratings, how unsure their difference is on the combined
    board (V, in squared log-odds), and how far the judges are from each other, from the ratings, or from themselves
    when the answers change places (d). What no judge doubts is left out.
    """
    found = await _found(db)
    if found is None:
        raise NoCombinedBoard
    return found[:most]


async def gains(db: Pool, *, most: int) -> dict[UUID, float]:
    """What a vote would tell on each of the battles on which it tells most; none without a combined board."""
    return {each.battle_id: each.gain for each in (await _found(db) or [])[:most]}


async def _found(db: Pool) -> list[Disagreement] | None:
    board = await boards.find(db, Source.COMBINED.value)
    snapshot = await history.last(db, board) if board else None
    kept = await meetings.read(db, snapshot.id) if snapshot else None
    if board is None or snapshot is None or kept is None:
        return None
    lines = {line.contender: line for line in snapshot.lines}
    alone = [each for each in await benches.heard(db, board.question) if each.vote is None]
    found = []
    for _, said in groupby(sorted(alone, key=lambda one: one.battle.bytes), key=lambda one: one.battle):
        one = _of(list(said), lines, kept)
        if one is not None and one.why:
            found.append(one)
    return sorted(found, key=lambda one: (-one.gain, one.battle_id.bytes))


def _of(said: list[Heard], lines: dict[str, Line], kept: Kept) -> Disagreement | None:
    """What is odd about a battle; None where the board does not have both of its contenders on one scale."""
    first, second = said[0].contenders
    if first not in lines or second not in lines or lines[first].group != lines[second].group:
        return None
    shares = {each.slug: each.share for each in said}
    expected = 1 / (1 + math.exp(lines[second].theta - lines[first].theta))
    odd = {
        Why.JUDGES: max(shares.values()) - min(shares.values()),
        Why.EXPECTATION: abs(fmean(shares.values()) - expected),
        Why.ORDERS: 0.0 if all(each.consistent for each in said) else INCONSISTENT,
    }
    a, b = (kept.met.contenders.index(slug) for slug in (first, second))
    unsure = float(kept.covariance[a, a] + kept.covariance[b, b] - 2 * kept.covariance[a, b])
    return Disagreement(
        battle_id=said[0].battle,
        contenders=(first, second),
        shares=shares,
        expected=expected,
        why=[why for why, distance in odd.items() if distance > APART],
        gain=expected * (1 - expected) * unsure * max(odd.values()),
    )
