"""Meetings: who met whom and how it ended, pair by pair, with how many independent votes each pair's are worth."""

from dataclasses import dataclass

import numpy as np

from rating import proportions
from rating.arrays import Codes, Matrix, Vector, summed
from rating.likelihood import Ties, chances
from rating.outcomes import OUTCOMES, Outcome
from rating.proportions import CONFIDENCE
from rating.tally import Tally

SCORES = {Outcome.A: 1.0, Outcome.B: 0.0, Outcome.TIE: 0.5, Outcome.BOTH_BAD: 0.5}


@dataclass(frozen=True, eq=False)
class Meetings:
    """How pairs met, unweighted (M x M each): `wins[i, j]` counts the times i beat j outright; the rest is symmetric.

    `effective` is how many votes of as many voters the pair's votes are worth; 0 where fewer than two voters are seen.
    """

    contenders: tuple[str, ...]
    wins: Codes
    ties: Codes
    both_bad: Codes
    effective: Matrix

    @classmethod
    def of(cls, tally: Tally) -> "Meetings":
        """The meetings of a tally whose votes weigh one each."""
        plain = tally.counts.table[2] + tally.counts.table[2].T
        return cls(
            contenders=tally.contenders,
            wins=tally.counts.decided.astype(np.int64),
            ties=plain.astype(np.int64),
            both_bad=tally.counts.both_bad.astype(np.int64),
            effective=_effective(tally),
        )


@dataclass(frozen=True)
class Share:
    """What part of the votes went one way, a tie being half, and its interval; None where nobody can say."""

    share: float | None
    lower: float | None
    upper: float | None


def share(met: Meetings, one: int, other: int, *, confidence: float = CONFIDENCE) -> Share:
    """How much of its votes with `other` went to `one`, with Clopper and Pearson's interval for the effective votes."""
    neither = int(met.ties[one, other] + met.both_bad[one, other])
    won, lost = int(met.wins[one, other]), int(met.wins[other, one])
    votes, worth = won + lost + neither, float(met.effective[one, other])
    if not votes:
        return Share(None, None, None)
    part = (won + neither / 2) / votes
    if not worth:
        return Share(part, None, None)
    return Share(part, *proportions.interval(part * worth, worth, confidence))


def expected(difference: float, tie_level: float | None, *, ties: Ties = Ties.DAVIDSON) -> float:
    """The share that a rule for ties expects at this difference of strengths and tie level (None: there are none)."""
    level = None if tie_level is None else np.array([tie_level])
    found = chances(ties, np.array([difference]), level)
    return float(found.low[0] + found.tie[0] / 2)


def _effective(tally: Tally) -> Matrix:
    """For each pair the effective number of votes of Korn and Graubard (1998), as `proportions.clustered` has it."""
    size, voter = len(tally.contenders), tally.numbered("voter")
    if voter is None or not len(tally):
        return tally.counts.games.copy()
    low, high = np.minimum(tally.first, tally.second), np.maximum(tally.first, tally.second)
    pair = low.astype(np.int64) * size + high
    scores = np.array([SCORES[outcome] for outcome in OUTCOMES])[tally.outcome]
    found = np.where(tally.first == low, scores, 1 - scores)
    _, at, cell = np.unique(pair * (int(voter.max()) + 1) + voter, return_index=True, return_inverse=True)
    sizes, sums = np.bincount(cell).astype(np.float64), summed(cell, found, length=len(at))
    pairs, place = np.unique(pair[at], return_inverse=True)
    worth = np.zeros(size * size)
    worth[pairs] = _worth(place, sizes, sums)
    upper = worth.reshape(size, size)
    return np.asarray(upper + upper.T)


def _worth(place: Codes, sizes: Vector, sums: Vector) -> Vector:
    """The effective votes of each pair, from each voter's number of votes on it and the sum of their scores."""
    length = int(place.max(initial=-1)) + 1
    voters = np.bincount(place, minlength=length).astype(np.float64)
    votes = summed(place, sizes, length=length)
    part = summed(place, sums, length=length) / votes
    off = summed(place, (sums - part[place] * sizes) ** 2, length=length)
    several = voters >= 2
    variance = np.where(several, voters / np.maximum(voters - 1, 1) * off / votes**2, 0.0)
    seen = variance > 0
    independent = part * (1 - part) / np.where(seen, variance, 1.0)
    narrowing = proportions.narrowing(votes, np.maximum(voters, 2), CONFIDENCE)
    # Where all votes of a pair went one way, nothing tells how alike those of one voter are.
    return np.where(several, np.where(seen, np.minimum(votes, independent * narrowing), voters), 0.0)
