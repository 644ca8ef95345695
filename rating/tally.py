"""Tally: who met whom, what was said, and by whom, as coded arrays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import numpy as np

from rating import cells, columns, counts
from rating.arrays import Codes, Flags, Integers, Vector, summed
from rating.cells import Cells, Cluster
from rating.columns import Column
from rating.counts import CHUNK, UNITS, Counts
from rating.errors import RatingError, VotesWrong
from rating.outcomes import CODES, OUTCOMES, SWAPPED, WORDS, Outcome

Vote: TypeAlias = tuple[str, str, Outcome | str, str]

WORD_CODES = {word: CODES[said] for word, said in WORDS.items()}
MOST_WEIGHT = 1 << 53  # In units: up to here sums in double precision are exact.


@dataclass(frozen=True, eq=False)
class Tally:
    """Votes in coded arrays of one length: `first` and `second` are contenders in position order A, B.

    Any whole-number type will do; the arrays are kept as they are given and must not be changed. `outcome` is
    0 a, 1 b, 2 tie, 3 both_bad. Without `voter` (or `prompt`) every vote stands alone. `weight` is in units of
    2^-20 of a vote; without it every vote weighs one.
    """

    contenders: tuple[str, ...]
    first: Integers
    second: Integers
    outcome: Integers
    voter: Integers | None = None
    prompt: Integers | None = None
    weight: Codes | None = None
    _kept: dict[str, Counts | Cells] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what can't be counted, naming the first row (from 1) it is found in."""
        given = (self.first, self.second, self.outcome, self.voter, self.prompt, self.weight)
        if any(column.ndim != 1 for column in given if column is not None):
            raise VotesWrong("A column of a tally has one value a row.")
        if len({len(column) for column in given if column is not None}) != 1:
            raise VotesWrong("The columns of a tally must be of one length.")
        if len(set(self.contenders)) != len(self.contenders):
            raise VotesWrong("A contender is listed twice in the tally.")
        known = len(self.contenders)
        _within(self.first, known, "names a contender that isn't listed")
        _within(self.second, known, "names a contender that isn't listed")
        _within(self.outcome, len(OUTCOMES), "has an unknown outcome code")
        for column, what in ((self.voter, "voter code"), (self.prompt, "prompt code"), (self.weight, "weight")):
            if column is not None:
                _within(column, None, f"has a negative {what}")
        for start in range(0, len(self), CHUNK):
            part = slice(start, start + CHUNK)
            _refuse(self.first[part] == self.second[part], "sets a contender against itself", start)
        if self.weight is not None and float(self.weight.sum(dtype=np.float64)) >= MOST_WEIGHT:
            raise VotesWrong("The weights sum to more than 2^33 votes, beyond which sums are not exact.")

    @classmethod
    def of(
        cls,
        first: Column,
        second: Column,
        outcome: Column,
        *,
        voter: Column | None = None,
        prompt: Column | None = None,
        weight: Column | None = None,
        contenders: Sequence[str] | None = None,
    ) -> "Tally":
        """Code columns of votes: sequences, or columns of numpy, pandas, polars or Arrow, all of one length.

        `first` and `second` hold names, then `contenders` are sorted by name (and give those without votes, too);
        or codes into `contenders`, then neither is copied. `outcome` holds codes 0 to 3 or words: those of Outcome
        and the field's. `voter` and `prompt` hold texts or whole numbers; the order of these, not of the rows, is
        that of their codes. `weight` is in votes (1 is one vote) and is rounded to 2^-20 of one. VotesWrong names
        the first row (from 1) that can't be counted.
        """
        names, coded_first, coded_second = _contenders(first, second, contenders)
        return cls(
            names,
            coded_first,
            coded_second,
            _outcomes(outcome),
            None if voter is None else columns.sorted_codes(voter, "voter"),
            None if prompt is None else columns.sorted_codes(prompt, "prompt"),
            None if weight is None else _units(weight),
        )

    @classmethod
    def of_votes(cls, votes: Iterable[Vote]) -> "Tally":
        """Code votes (contender A, contender B, outcome, voter); contenders and voters are sorted by name."""
        rows = list(votes)
        first, second, outcome, voter = zip(*rows, strict=True) if rows else ((), (), (), ())
        return cls.of(first, second, outcome, voter=voter)

    def __len__(self) -> int:
        return len(self.first)

    @property
    def swapped(self) -> "Tally":
        """The same votes with the sides of every battle turned round."""
        outcome = np.array(SWAPPED, dtype=np.int8)[self.outcome]
        return replace(self, first=self.second, second=self.first, outcome=outcome)

    def only(self, rows: Flags | Codes) -> "Tally":
        """The votes of the rows marked, or numbered from 0, with the same contenders and codes."""
        return replace(
            self,
            first=self.first[rows],
            second=self.second[rows],
            outcome=self.outcome[rows],
            voter=None if self.voter is None else self.voter[rows],
            prompt=None if self.prompt is None else self.prompt[rows],
            weight=None if self.weight is None else self.weight[rows],
        )

    def among(self, contenders: Sequence[str]) -> "Tally":
        """The votes on battles between these contenders, coded by their order; one that is unknown here has none."""
        names = tuple(contenders)
        if names == self.contenders:
            return self
        places = {name: place for place, name in enumerate(names)}
        place = np.array([places.get(name, -1) for name in self.contenders], dtype=np.int32)
        first, second = place[self.first], place[self.second]
        rows = (first >= 0) & (second >= 0)
        # The columns are cut before they are recoded: until then a code may stand for no contender.
        kept = self.only(rows)
        return replace(kept, contenders=names, first=first[rows], second=second[rows])

    @property
    def counts(self) -> Counts:
        """The votes counted by pair, order and outcome: all that a fit needs."""
        if "counts" not in self._kept:
            self._kept["counts"] = counts.of(self.contenders, self.first, self.second, self.outcome, self.weight)
        found = self._kept["counts"]
        assert isinstance(found, Counts)
        return found

    def cells(self, cluster: Cluster) -> Cells:
        """The votes summed by cluster and pair; "both" is a voter's votes on one prompt.

        What is not known sets every vote apart: by "voter" without voters is as by "none".
        """
        if cluster not in self._kept:
            self._kept[cluster] = cells.of(
                self.numbered(cluster), self.first, self.second, self.outcome, self.weight, size=len(self.contenders)
            )
        found = self._kept[cluster]
        assert isinstance(found, Cells)
        return found

    def clusters(self, cluster: Cluster) -> int:
        """How many voters, prompts, voters' prompts or votes there are."""
        numbers = self.numbered(cluster)
        return len(self) if numbers is None else int(numbers.max(initial=-1)) + 1

    def effective(self, cluster: Cluster) -> float:
        """Kish's number, (Σ n)² / Σ n² over the clusters' weights: as many equally busy ones as these are worth."""
        numbers = self.numbered(cluster)
        if numbers is None and self.weight is None:
            return float(len(self))
        weights = np.ones(len(self)) if self.weight is None else self.weight / UNITS
        sizes = (
            np.sort(weights) if numbers is None else summed(numbers, weights, length=int(numbers.max(initial=-1)) + 1)
        )
        total, squares = float(sizes.sum()), float(sizes @ sizes)
        return total**2 / squares if squares else 0.0

    def effective_each(self, cluster: Cluster) -> Vector:
        """Kish's number of clusters for each contender's own votes; 0 for one without votes."""
        if self.alone(cluster):
            return self.counts.votes
        return cells.each(self.cells(cluster), size=len(self.contenders))

    def alone(self, cluster: Cluster) -> bool:
        """Whether every vote is a cluster of its own and weighs one, so that the counts tell all there is to know."""
        return self.weight is None and self._known(cluster) is None

    def numbered(self, cluster: Cluster) -> Codes | None:
        """Each vote's cluster from 0 without gaps; None where every vote is one."""
        known = self._known(cluster)
        if known is None:
            return None
        first, *second = (cells.renumbered(column) for column in known)
        for column in second:
            first = cells.renumbered(first * (int(column.max(initial=0)) + 1) + column)
        return first

    def _known(self, cluster: Cluster) -> list[Integers] | None:
        """The columns that tell a vote's cluster; None where every vote is one."""
        ways: dict[str, list[Integers | None]] = {
            "voter": [self.voter],
            "prompt": [self.prompt],
            "both": [self.voter, self.prompt],
            "none": [None],
        }
        if cluster not in ways:
            raise RatingError(f"A cluster is voter, prompt, both or none, and not {cluster!r}.")
        known = [column for column in ways[cluster] if column is not None]
        return known if len(known) == len(ways[cluster]) else None


def _contenders(
    first: Column, second: Column, contenders: Sequence[str] | None
) -> tuple[tuple[str, ...], Integers, Integers]:
    numbers = columns.integers(first, "first contender"), columns.integers(second, "second contender")
    if numbers[0] is not None and numbers[1] is not None:
        if contenders is None:
            raise VotesWrong("The contenders are given as codes; give also `contenders`, the names they stand for.")
        return tuple(contenders), numbers[0], numbers[1]
    coded = columns.texts(first, "first contender"), columns.texts(second, "second contender")
    listed = {*coded[0].texts, *coded[1].texts} if contenders is None else contenders
    names = tuple(sorted(listed))
    places = {name: place for place, name in enumerate(names)}
    return names, columns.recoded(coded[0], places), columns.recoded(coded[1], places)


def _outcomes(outcome: Column) -> Integers:
    codes = columns.integers(outcome, "outcome")
    return columns.words(outcome, WORD_CODES, "outcome") if codes is None else codes


def _units(weight: Column) -> Codes:
    try:
        votes = np.asarray(weight, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise VotesWrong(f"The weights must be numbers ({error}).") from None
    _refuse(~(np.isfinite(votes) & (votes >= 0)), "has a weight that is no number from 0 on")
    if float(votes.sum()) * UNITS >= MOST_WEIGHT:
        raise VotesWrong("The weights sum to more than 2^33 votes, beyond which sums are not exact.")
    return np.rint(votes * UNITS).astype(np.int64)


def _within(column: Integers, end: int | None, fault: str) -> None:
    """Look at the rows one by one only where the smallest or the largest says that one is at fault."""
    if len(column) and (column.min() < 0 or (end is not None and column.max() >= end)):
        _refuse((column < 0) | (column >= (np.inf if end is None else end)), fault)


def _refuse(rows: Flags, fault: str, start: int = 0) -> None:
    if rows.any():
        raise VotesWrong(f"Row {start + int(np.argmax(rows)) + 1} {fault}.")
