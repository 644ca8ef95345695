"""Tally: who met whom, what was said, and by whom, as coded arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np

from rating.arrays import Codes, Flags, Matrix, Vector, summed
from rating.errors import VotesWrong
from rating.outcomes import CODES, OUTCOMES, POINTS, SWAPPED, Outcome

Vote: TypeAlias = tuple[str, str, Outcome | str, str]


@dataclass(frozen=True, eq=False)
class Cells:
    """What each voter said of each pair: one row for a voter and a pair, in the order of their codes.

    `low` < `high` are contenders; `wins` counts those of `low`, a tie as half. Every sum over votes is
    taken over cells: their counts are exact, so neither the order of votes nor the positions can move it.
    """

    voter: Codes
    low: Codes
    high: Codes
    games: Vector
    wins: Vector


@dataclass(frozen=True, eq=False)
class Tally:
    """Votes in coded arrays of one length: `first` and `second` are contenders in position order A, B."""

    contenders: tuple[str, ...]
    first: Codes
    second: Codes
    outcome: Codes
    voter: Codes

    def __post_init__(self) -> None:
        """Refuse what can't be counted, naming the first row (from 1) it is found in."""
        if len({len(column) for column in (self.first, self.second, self.outcome, self.voter)}) != 1:
            raise VotesWrong("The columns of a tally must be of one length.")
        if len(set(self.contenders)) != len(self.contenders):
            raise VotesWrong("A contender is listed twice in the tally.")
        known = len(self.contenders)
        for column in (self.first, self.second):
            _refuse((column < 0) | (column >= known), "names a contender that isn't listed")
        _refuse((self.outcome < 0) | (self.outcome >= len(OUTCOMES)), "has an unknown outcome code")
        _refuse(self.voter < 0, "has a negative voter code")
        _refuse(self.first == self.second, "sets a contender against itself")

    @classmethod
    def of(cls, votes: Iterable[Vote]) -> "Tally":
        """Code votes (contender A, contender B, outcome, voter); contenders and voters are sorted by name."""
        rows = list(votes)
        if not rows:
            none = np.zeros(0, dtype=np.int64)
            return cls((), none, none, none, none)
        first, second, outcome, voter = zip(*rows, strict=True)
        contenders = tuple(sorted({*first, *second}))
        places = {contender: code for code, contender in enumerate(contenders)}
        voters = {name: code for code, name in enumerate(sorted(set(voter)))}
        return cls(
            contenders,
            _coded(first, places),
            _coded(second, places),
            _outcomes(outcome),
            _coded(voter, voters),
        )

    def __len__(self) -> int:
        return len(self.first)

    @property
    def swapped(self) -> "Tally":
        """The same votes with the sides of every battle turned round."""
        outcome = np.array(SWAPPED, dtype=np.int64)[self.outcome]
        return Tally(self.contenders, self.second, self.first, outcome, self.voter)

    def only(self, mask: Flags) -> "Tally":
        """The votes of the rows marked, with the same contenders and codes."""
        return Tally(self.contenders, self.first[mask], self.second[mask], self.outcome[mask], self.voter[mask])

    def among(self, members: Codes) -> "Tally":
        """The votes in which both sides are among `members`, coded by their order in it."""
        place = np.full(len(self.contenders), -1, dtype=np.int64)
        place[members] = np.arange(len(members))
        kept = self.only((place[self.first] >= 0) & (place[self.second] >= 0))
        names = tuple(self.contenders[code] for code in members)
        return Tally(names, place[kept.first], place[kept.second], kept.outcome, kept.voter)

    @cached_property
    def wins(self) -> Matrix:
        """M x M: wins[i, j] counts the times i beat j; a tie and a both_bad are half a win to each."""
        size = len(self.contenders)
        points = np.array(POINTS)[self.outcome]
        won = summed(self.first * size + self.second, points, length=size * size)
        lost = summed(self.second * size + self.first, 1 - points, length=size * size)
        return (won + lost).reshape(size, size)

    @property
    def games(self) -> Matrix:
        """M x M, symmetric: how often each pair met."""
        return self.wins + self.wins.T

    @property
    def votes(self) -> Codes:
        """Votes for each contender: how many battles it was a side of."""
        size = len(self.contenders)
        return np.bincount(self.first, minlength=size) + np.bincount(self.second, minlength=size)

    @cached_property
    def cells(self) -> Cells:
        """The votes summed by voter and pair; voters are renumbered 0, 1, … without gaps."""
        size = max(len(self.contenders), 1)
        low, high = np.minimum(self.first, self.second), np.maximum(self.first, self.second)
        # Voters are renumbered first: their codes are the caller's, and large ones would overflow the key.
        voter = np.unique(self.voter, return_inverse=True)[1].astype(np.int64)
        key, cell = np.unique((voter * size + low) * size + high, return_inverse=True)
        points = np.array(POINTS)[self.outcome]
        games = summed(cell, np.ones(len(cell)), length=len(key))
        wins = summed(cell, np.where(self.first == low, points, 1 - points), length=len(key))
        return Cells(key // size**2, key // size % size, key % size, games, wins)

    @property
    def voters(self) -> int:
        """How many people voted."""
        return int(self.cells.voter[-1]) + 1 if len(self) else 0

    @property
    def effective_voters(self) -> float:
        """Kish's number of voters, (sum n_v)^2 / sum n_v^2: as many equally busy ones as these are worth."""
        shares = np.bincount(self.cells.voter, self.cells.games)
        return float(len(self) ** 2 / (shares @ shares)) if len(self) else 0.0

    @property
    def effective_voters_each(self) -> Vector:
        """Kish's number of voters for each contender's own votes; 0 for one without votes."""
        size, cells = max(len(self.contenders), 1), self.cells
        keys = np.concatenate([cells.voter * size + cells.low, cells.voter * size + cells.high])
        key, place = np.unique(keys, return_inverse=True)
        shares = summed(place, np.tile(cells.games, 2), length=len(key))
        squares = summed(key % size, shares**2, length=len(self.contenders))
        return self.votes**2 / np.maximum(squares, 1.0)


def _coded(names: Sequence[str], codes: dict[str, int]) -> Codes:
    return np.fromiter((codes[name] for name in names), dtype=np.int64, count=len(names))


def _outcomes(given: Sequence[Outcome | str]) -> Codes:
    known: dict[str, int] = {outcome.value: code for outcome, code in CODES.items()}
    codes = np.fromiter((known.get(outcome, -1) for outcome in given), dtype=np.int64, count=len(given))
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        offered = ", ".join(OUTCOMES)
        raise VotesWrong(f"Row {row + 1} has the outcome {given[row]!r}; it must be one of {offered}.")
    return codes


def _refuse(rows: Flags, fault: str) -> None:
    if rows.any():
        raise VotesWrong(f"Row {int(np.argmax(rows)) + 1} {fault}.")
