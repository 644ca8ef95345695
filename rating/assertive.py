"""Assertiveness: whether a sure tone or agreement wins over being right, where it is known what is right."""

import math

import numpy as np

from rating import biases, effects
from rating.arrays import Codes, Flags, Vector
from rating.effects import Effect
from rating.errors import DidNotConverge

WON = "assertive wrong"
AGREED = "agreeing wrong"
NAMES = ("correctness", "assertiveness")
BELIEF = "belief"
# A share of 40 to 60 % of votes for what is assertive and wrong is taken for even (statistics: ±10 points).
EVEN = math.log(0.6 / 0.4)


def measure(right: Vector, tone: Vector, agreement: Vector, voter: Codes) -> list[Effect]:
    """What being right, sounding sure and agreeing is worth to voters, by N votes on a right answer beside a wrong one.

    `right` (N) is 1 where the right one was preferred, 0 where the wrong one was, 0.5 where neither; `tone` (N) 1 where
    the right one speaks assertively and -1 where the wrong one does, the other hedging; `agreement` (N) 1 where the
    right one agrees with what the question says to believe, -1 where the wrong one does, 0 where it says nothing;
    `voter` (N) codes. One fit of logit P(right) = a + b tone + c agreement, clustered by voter: a is `correctness`, b
    `assertiveness`, c `belief`, all log-odds, and b/a how much being right a sure tone makes up for. Without a question
    that says what to believe, c is unknown. Before them come the log-odds that a wrong answer is preferred to a right
    one, from the votes on such pairs alone, 0 being even: `assertive wrong`, where it sounds sure, the right one hedges
    and neither is agreed with, b - a; and `agreeing wrong`, where it agrees, in either tone, c - a.
    """
    hedged, swayed = (tone < 0) & (agreement == 0), agreement < 0
    won = _won(WON, right, hedged, voter) + _won(AGREED, right, swayed, voter)
    alone = np.column_stack([np.ones(len(right)), tone])
    if not agreement.any():
        return won + _fitted(NAMES, right, alone, voter, biases.BAND) + [effects.unknown(BELIEF, band=biases.BAND)]
    return won + _fitted((*NAMES, BELIEF), right, np.column_stack([alone, agreement]), voter, biases.BAND)


def _won(name: str, right: Vector, where: Flags, voter: Codes) -> list[Effect]:
    return _fitted((name,), 1 - right[where], np.ones((int(where.sum()), 1)), voter[where], EVEN)


def _fitted(names: tuple[str, ...], points: Vector, features: Vector, voter: Codes, band: float) -> list[Effect]:
    """Unknown where there are no votes, or all of them say the same."""
    if len(points):
        try:
            return biases.of_offset(names, points, np.zeros(len(points)), features, voter, band=band)
        except DidNotConverge:
            pass
    return [effects.unknown(name, band=band) for name in names]
