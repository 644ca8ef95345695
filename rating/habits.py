"""Habits: what the way of voting says against a voter, whatever was voted: time, repetition, and known identities."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from rating.arrays import Codes, Integers, Vector, summed
from rating.expectation import HALVES

# 1.4826 times the median distance from the median is the sd of a normal distribution.
PER_MAD = 1.4826
FEWEST_VOTES = 5
LEAST_SPREAD = 0.1


@dataclass(frozen=True, eq=False)
class Tempo:
    """For each voter (V), NaN where too little is known: hurry and regularity as robust z, and the p of each.

    `hurry` is how much faster than others' it reads what it is shown; `regular` how much more evenly than others' its
    votes follow each other; `p` is that of the worse of the two, doubled.
    """

    hurry: Vector
    regular: Vector
    p: Vector


def tempo(voter: Integers, seconds: Vector, tokens: Vector, at: Vector) -> Tempo:
    """Compare voters by their reading speed and by the spacing of their votes; one row a vote (N), voters 0 … V-1.

    Hurry: a voter's median of log(tokens shown / seconds read), less that of all voters, over 1.4826 MAD. Regular:
    the same of -log CV of the gaps between its votes (a burstiness (σ-μ)/(σ+μ) near -1 is a machine: Goh & Barabási
    2008). p is the upper tail of Student's t with three degrees of freedom, because people's habits have long tails.
    """
    voters = int(voter.max(initial=-1)) + 1
    speed, evenness = np.full(voters, np.nan), np.full(voters, np.nan)
    order = np.lexsort((at, voter))
    starts = np.flatnonzero(np.diff(voter[order], prepend=-1))
    for rows in np.split(order, starts[1:]):
        if len(rows) >= FEWEST_VOTES:
            speed[voter[rows[0]]] = np.median(np.log(np.maximum(tokens[rows], 1) / np.maximum(seconds[rows], 0.01)))
            gaps = np.diff(at[rows])
            evenness[voter[rows[0]]] = -np.log(max(gaps.std() / max(gaps.mean(), 1e-9), 1e-6))
    hurry, regular = robust(speed), robust(evenness)
    worse = np.fmax(hurry, regular)
    return Tempo(hurry, regular, np.asarray(np.minimum(2 * special.stdtr(3, -worse), 1.0)))


def robust(values: Vector) -> Vector:
    """How far each lies from the median of all, in robust sds (1.4826 MAD, a tenth of a unit at least); NaN stays."""
    if np.isnan(values).all():
        return values
    middle = np.nanmedian(values)
    return np.asarray((values - middle) / max(PER_MAD * float(np.nanmedian(np.abs(values - middle))), LEAST_SPREAD))


@dataclass(frozen=True, eq=False)
class Repetition:
    """For each voter (V): votes on prompt clusters voted on before, those on the same pair that contradict, and p."""

    repeated: Codes
    contradicted: Codes
    p: Vector


def repetition(voter: Integers, cluster: Integers, first: Integers, second: Integers, outcome: Integers) -> Repetition:
    """Count what voters repeat (rows are votes, N; voters 0 … V-1; `cluster` is the prompt's, by near-duplicates).

    p is the upper tail of a binomial with the rate of all other voters' repetitions, at least half of one, given how
    many votes the voter has after its first. A contradiction is the same pair and cluster with the outcome turned.
    """
    voters, size = int(voter.max(initial=-1)) + 1, int(max(first.max(initial=0), second.max(initial=0))) + 1
    votes = np.bincount(voter, minlength=voters)
    clusters = int(cluster.max(initial=0)) + 1
    kinds = np.unique(voter.astype(np.int64) * clusters + cluster)
    repeated = votes - np.bincount(kinds // clusters, minlength=voters)
    again = np.maximum(votes - 1, 0)
    others = (repeated.sum() - repeated + 0.5) / np.maximum(again.sum() - again, 1)
    chance = np.minimum(others, 1.0)
    p = np.where(repeated > 0, special.bdtrc(np.maximum(repeated - 1, 0), np.maximum(again, 1), chance), 1.0)
    # The outcome as the lower code's points, so that turned sides are no contradiction.
    points = np.array(HALVES)[outcome] * np.where(first < second, 1, -1)
    pair = np.minimum(first, second).astype(np.int64) * size + np.maximum(first, second)
    cells, place = np.unique((voter.astype(np.int64) * clusters + cluster) * size**2 + pair, return_inverse=True)
    won, lost = (summed(place, (points * sign > 0).astype(float), length=len(cells)) for sign in (1, -1))
    both = np.minimum(won, lost)
    contradicted = summed(cells // size**2 // clusters, both, length=voters).astype(np.int64)
    return Repetition(repeated, contradicted, np.asarray(p))


@dataclass(frozen=True, eq=False)
class Leaks:
    """For each voter (V): votes on answers that name their maker, z of how these go with the name, and p."""

    votes: Codes
    agreement: Vector
    p: Vector


def leaks(voter: Integers, leaked: Integers, points: Vector, expected: Vector, variance: Vector) -> Leaks:
    """How often voters vote where an answer names its maker, and whether their votes then follow the name (N rows).

    `leaked` is 1 where the first side's answer does, -1 the second's, 0 neither (or both); `points` beyond a half for
    the first side, `expected` and `variance` the snapshot's. Votes: binomial tail with all others' rate. Agreement:
    z = Σ leaked (y - Ey) / √Σ Var y, either way. p is the smaller of the two tails, doubled.
    """
    voters = int(voter.max(initial=-1)) + 1
    named = leaked != 0
    votes, all_votes = np.bincount(voter, named, minlength=voters), np.bincount(voter, minlength=voters)
    rate = np.minimum((votes.sum() - votes + 0.5) / np.maximum(all_votes.sum() - all_votes, 1), 1.0)
    many = np.where(votes > 0, special.bdtrc(np.maximum(votes - 1, 0), np.maximum(all_votes, 1), rate), 1.0)
    pushed = summed(voter, leaked * (points - expected), length=voters)
    spread = np.sqrt(summed(voter, variance * named, length=voters))
    agreement = np.where(votes >= FEWEST_VOTES, pushed / np.maximum(spread, 1e-9), 0.0)
    turned = 2 * special.ndtr(-np.abs(agreement))
    return Leaks(votes.astype(np.int64), agreement, np.minimum(2 * np.minimum(many, turned), 1.0))
