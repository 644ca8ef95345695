"""References: what an earlier snapshot lets one expect of votes, and what is found where they are held to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.integration.ballots import Ballot
from arena.integration.rows import Row
from rating import Outcome, Tally, bradley_terry, taste
from rating.arrays import Codes
from rating.detectors import Battles
from rating.expectation import Expectation

CODES: Final = {outcome: code for code, outcome in enumerate((Outcome.A, Outcome.B, Outcome.TIE, Outcome.BOTH_BAD))}


class Found(Struct, frozen=True, kw_only=True):
    """What is held against somebody: evidence is numbers and published names alone.

    `votes` are those that it is about, none where it is about a contender.
    """

    kind: str
    subject: str
    contender: str | None
    evidence: dict[str, Any]
    votes: list[UUID] = []


class Look(Struct, frozen=True, kw_only=True):
    """A look at somebody, or at all at once, after so many votes, and the chance of a false alarm that it spent."""

    kind: str
    subject: str
    votes: int
    level: float
    p: float | None = None


@dataclass(frozen=True, eq=False)
class Reference:
    """What the earlier snapshot was fitted to (`tally`, with the `voters` of its codes), and what it makes expected."""

    tally: Tally
    voters: tuple[str, ...]
    expected: Expectation
    tau2: float

    @classmethod
    def of(cls, told: Sequence[Row], rng: np.random.Generator) -> "Reference":
        """Of the rows that the snapshot counted; ties are Davidson's, whatever its board asks."""
        voters, codes = np.unique([row.voter for row in told], return_inverse=True)
        tally = Tally.of(
            [row.model_a for row in told], [row.model_b for row in told], [row.winner for row in told], voter=codes
        )
        return cls.of_tally(tally, tuple(map(str, voters)), rng)

    @classmethod
    def of_tally(cls, tally: Tally, voters: tuple[str, ...], rng: np.random.Generator) -> "Reference":
        """Of votes that are coded already."""
        assert tally.voter is not None, "The audit is about voters."
        expected = Expectation.of(bradley_terry.fit(tally.counts, position=True))
        history = taste.History(expected, tally.voter, tally.first, tally.second, tally.outcome)
        return cls(tally, voters, expected, history.variance(rng))

    @cached_property
    def places(self) -> dict[str, int]:
        """Each contender's code."""
        return {slug: place for place, slug in enumerate(self.tally.contenders)}

    def coded(self, ballots: Sequence[Ballot]) -> tuple[Codes, Codes, Codes]:
        """First, second and outcome of these votes."""
        sides = np.array([[self.places[slug] for slug in ballot.contenders] for ballot in ballots], dtype=np.int64)
        sides = sides.reshape(len(ballots), 2)
        return sides[:, 0], sides[:, 1], np.array([CODES[ballot.outcome] for ballot in ballots], dtype=np.int64)

    def battles(self, rows: Sequence[Sequence[Ballot]]) -> Battles:
        """Voters' votes, all as many, one row a voter."""
        coded = [self.coded(row) for row in rows]
        return Battles(*(np.stack([each[part] for each in coded]) for part in range(3)))


def counted(ballots: Sequence[Ballot]) -> dict[str, Any]:
    """How many votes, how they went, and from when to when (days)."""
    said = [ballot.outcome for ballot in ballots]
    days = sorted(ballot.cast_at.date().isoformat() for ballot in ballots)
    sides = {"a": said.count(Outcome.A), "b": said.count(Outcome.B)}
    sides["tie"] = len(said) - sum(sides.values())
    return {"votes": len(said), **sides, "first_day": days[0] if days else None, "last_day": days[-1] if days else None}
