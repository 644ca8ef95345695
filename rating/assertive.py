"""Assertiveness: whether a sure tone or agreement wins over being right, where it is known what is right."""

import math

import numpy as np

from rating import biases, effects, leanings, ratios
from rating.arrays import Codes, Flags, Matrix, Vector
from rating.effects import Effect
from rating.errors import DidNotConverge
from rating.ratios import Ratio

WON = "assertive wrong"
AGREED = "agreeing wrong"
NAMES = ("correctness", "assertiveness")
BELIEF = "belief"
PRICED = (NAMES[1], BELIEF)
# A share of 40 to 60 % of votes for what is assertive and wrong is taken for even (statistics: ±10 points).
EVEN = math.log(0.6 / 0.4)


def measure(right: Vector, tone: Vector, agreement: Vector, voter: Codes) -> list[Effect]:
    """What being right, sounding sure and agreeing is worth to voters, by N votes on a right answer beside a wrong one.

    `right` (N) is 1 where the right one was preferred, 0 where the wrong one was, 0.5 where neither; `tone` (N) 1 where
    the right one speaks assertively and -1 where the wrong one does, the other hedging; `agreement` (N) 1 where the
    right one agrees with what the question says to believe, -1 where the wrong one does, 0 where it says nothing;
    `voter` (N) codes. One fit of logit P(right) = a + b tone + c agreement, clustered by voter: a is `correctness`,
    b `assertiveness`, c `belief`, all log-odds. Without a question that says what to believe, c is unknown. Before
    them come the log-odds that a wrong answer is preferred to a right one, from the votes on such pairs alone, 0
    being even: `assertive wrong`, where it sounds sure, the right one hedges and neither is agreed with, b - a; and
    `agreeing wrong`, where it agrees, in either tone, c - a.
    """
    hedged, swayed = (tone < 0) & (agreement == 0), agreement < 0
    won = _won(WON, right, hedged, voter) + _won(AGREED, right, swayed, voter)
    names, features = _features(tone, agreement)
    fitted = _fitted(names, right, features, voter, biases.BAND)
    return won + fitted + [effects.unknown(BELIEF, band=biases.BAND)] * (BELIEF not in names)


def prices(right: Vector, tone: Vector, agreement: Vector, voter: Codes) -> list[Ratio]:
    """How many times the worth of being right a sure tone makes up for, and agreement: b/a and c/a of the same fit.

    At 1 a wrong answer that has it is preferred as often as a right one that hasn't. b/a is the assertiveness premium,
    c/a the price of agreeing with what a question says to believe. Both are unknown where being right may be worth
    nothing, and c/a without such a question.
    """
    names, features = _features(tone, agreement)
    try:
        found = leanings.measure(right, np.zeros(len(right)), features, voter)
    except DidNotConverge:
        found = None
    if found is None:
        return [ratios.unknown(name) for name in PRICED]
    freedom = biases.freedom_of(voter)
    told = {
        name: ratios.measured(name, found.coefficients[own], found.covariance[np.ix_(own, own)], freedom=freedom)
        for name, own in ((name, np.array([place, 0])) for place, name in enumerate(names) if place)
    }
    return [told.get(name, ratios.unknown(name)) for name in PRICED]


def _features(tone: Vector, agreement: Vector) -> tuple[tuple[str, ...], Matrix]:
    """What tells pairs apart, N x 3; N x 2 where no question says what to believe."""
    alone = np.column_stack([np.ones(len(tone)), tone])
    return (NAMES, alone) if not agreement.any() else ((*NAMES, BELIEF), np.column_stack([alone, agreement]))


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
