"""Fragilities: how few votes would turn what was released, kept beside the snapshot."""

from array import array
from typing import Final, Literal, TypeAlias
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.db import Db, Pool, many, one
from arena.errors import NotFound
from arena.integration import acts, rows
from arena.integration.fragility import Fragility, Votes
from arena.integration.questions import Question
from rating import Tally
from rating.outcomes import CODES

SAID: Final = {word: CODES[outcome] for outcome, word in rows.WORDS.items()}

# Why it can't be told: at equal style no formula has one vote's influence; where votes do not weigh alike, a number of
# them says little; nobody can pass a contender that is alone; or it went wrong, which the log has.
Reason: TypeAlias = Literal["style", "weights", "alone", "failed"]


class NotMeasured(NotFound):
    """How few votes would turn this release is not measured yet; it is within minutes of being a board's last one."""


class Due(Struct, frozen=True):
    """A board's last release, whose fragility is not known yet."""

    board: str
    snapshot_id: UUID
    question: Question

    @property
    def refused_because(self) -> Reason | None:
        """Why it can't be told of this board, if it can't."""
        if self.question.style:
            return "style"
        return "weights" if self.question.even_pairs or self.question.voter_cap is not None else None


class Kept(Struct, frozen=True):
    """What was measured, or why it could not be."""

    measured: Fragility | None
    unmeasured_because: Reason | None


class _Name(Struct, frozen=True):
    contender: str
    published: str


class _Columns:
    """Votes as they are read, in codes."""

    def __init__(self, places: dict[str, int]) -> None:
        self._places = places
        self._coded = tuple(array("q") for _ in range(4))
        self.voters: dict[str, int] = {}

    def add(self, vote: rows.Row | acts.Excluded) -> None:
        """Take a vote in, if it is between contenders of the board's first group."""
        if vote.model_a in self._places and vote.model_b in self._places:
            voter = self.voters.setdefault(vote.voter, len(self.voters))
            told = self._places[vote.model_a], self._places[vote.model_b], SAID[vote.winner], voter
            for column, value in zip(self._coded, told, strict=True):
                column.append(value)

    def tally(self, contenders: tuple[str, ...]) -> Tally:
        """What was taken in by now."""
        return Tally(contenders, *(np.array(column, dtype=np.int64) for column in self._coded))


async def due(db: Db) -> list[Due]:
    """The last releases that nobody has measured, the oldest first."""
    return await many(
        db,
        Due,
        """
        SELECT slug AS board, last.snapshot_id, snapshots.question
        FROM boards
        CROSS JOIN LATERAL (
            SELECT snapshot_id, published_at FROM releases
            WHERE board_id = boards.id ORDER BY published_at DESC, id DESC LIMIT 1
        ) AS last
        JOIN snapshots ON snapshots.id = last.snapshot_id
        WHERE source IN ('battles', 'imported')
          AND NOT EXISTS (SELECT FROM fragilities WHERE fragilities.snapshot_id = last.snapshot_id)
        ORDER BY last.published_at
        """,
    )


async def votes(db: Pool, snapshot_id: UUID) -> Votes:
    """What the snapshot counted between the contenders of its first group, and what was left out of it."""
    names = await _names(db, snapshot_id)
    columns = _Columns({name.published: place for place, name in enumerate(names)})
    contenders = tuple(name.contender for name in names)
    async for batch in rows.stream(db, snapshot_id):
        for row in batch:
            columns.add(row)
    counted, voters, seen = columns.tally(contenders), list(columns.voters), set[str]()
    async for excluded in acts.stream(db, snapshot_id):
        for act in excluded:
            # A vote can be left out for several reasons.
            if act.state == "standing" and act.vote not in seen:
                seen.add(act.vote)
                columns.add(act)
    return Votes(counted, columns.tally(contenders), voters)


async def keep(db: Db, snapshot_id: UUID, kept: Kept) -> None:
    """Keep what was found of a snapshot; of two who measured it, what the first found."""
    await db.execute(
        """
        INSERT INTO fragilities (snapshot_id, measured, unmeasured_because) VALUES ($1, $2, $3)
        ON CONFLICT (snapshot_id) DO NOTHING
        """,
        *(snapshot_id, kept.measured, kept.unmeasured_because),
    )


async def of_release(db: Db, release_id: str) -> Kept | None:
    """What was found of a release, None while nobody has looked."""
    return await one(
        db,
        Kept,
        """
        SELECT measured, unmeasured_because FROM fragilities JOIN releases USING (snapshot_id) WHERE releases.id = $1
        """,
        release_id,
    )


async def _names(db: Db, snapshot_id: UUID) -> list[_Name]:
    """The contenders of the first group, and by what name each vote has them."""
    return await many(
        db,
        _Name,
        """
        SELECT slug AS contender,
               CASE WHEN (SELECT source FROM snapshots JOIN boards ON boards.id = board_id WHERE snapshots.id = $1)
                   = 'imported' THEN standings.name ELSE slug END AS published
        FROM standings JOIN contenders ON contenders.id = contender_id
        WHERE snapshot_id = $1 AND "group" = 0 ORDER BY slug
        """,
        snapshot_id,
    )
