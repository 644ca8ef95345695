"""Tallies: the votes that releases counted, as arrays."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.db import Db, Pool, one
from arena.errors import ArenaError
from arena.publishing.releases import NoSuchRelease, Release
from rating import Tally
from rating.movement import Method, Shared
from rating.outcomes import CODES, Outcome

# A million votes take longer to read than any other statement may.
READ_SECONDS: Final = 120


class NotReadable(ArenaError):
    """This release was rated in a way that can't be followed vote by vote, so its numbers are not taken apart."""

    status = 409


class Source(Struct, frozen=True, kw_only=True):
    """A release as far as its votes are found by it; `number` is its snapshot's."""

    id: str
    board_id: UUID
    number: int
    votes: int
    imported: bool


async def source(db: Db, release_id: str) -> Source:
    """Where the votes of this release are."""
    found = await one(
        db,
        Source,
        """
        SELECT releases.id, releases.board_id, number, votes, source = 'imported' AS imported
        FROM releases JOIN snapshots ON snapshots.id = snapshot_id JOIN boards ON boards.id = releases.board_id
        WHERE releases.id = $1
        """,
        release_id,
    )
    if found is None:
        raise NoSuchRelease
    return found


async def shared(db: Pool, first: Source, second: Source) -> Shared:
    """The votes of two releases of one board, contenders by slug."""
    sql, ends = (IMPORTED, (first.votes, second.votes)) if first.imported else (COUNTED, (first.number, second.number))
    async with db.acquire() as connection, connection.transaction(readonly=True):
        await connection.execute(f"SET LOCAL statement_timeout = '{READ_SECONDS}s'")
        rows = await connection.fetch(sql, first.board_id, *ends, timeout=READ_SECONDS)
    return await asyncio.to_thread(_shared, rows)


def _shared(rows: Sequence[Iterable[Any]]) -> Shared:
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * 5
    outcome = [CODES[Outcome(said)] for said in columns[2]]
    tally = Tally.of(columns[0], columns[1], np.array(outcome, dtype=np.int8))
    counted = (np.array(column, dtype=np.bool_) for column in columns[3:])
    return Shared(tally, (next(counted), next(counted)))


def method(release: Release) -> Method:
    """How the release was rated, as its snapshot says."""
    told = release.method
    if told.get("style", "none") != "none" or told["model"] != "bradley-terry":
        raise NotReadable
    return Method(ties=told["ties"], prior=told["prior"])


# A vote that was left out and let in again has two spans, of which either may be a release's.
COUNTED: Final = """
        WITH counting AS (
            SELECT vote_id, bool_or(since <= $2 AND coalesce(until > $2, true)) AS first,
                   bool_or(since <= $3 AND coalesce(until > $3, true)) AS second
            FROM countings WHERE board_id = $1 GROUP BY vote_id
        )
        SELECT a.slug, b.slug, outcome, first, second
        FROM counting
        JOIN votes ON votes.id = vote_id
        JOIN sides side_a ON side_a.battle_id = votes.battle_id AND side_a.position = 0
        JOIN sides side_b ON side_b.battle_id = votes.battle_id AND side_b.position = 1
        JOIN contenders a ON a.id = side_a.contender_id
        JOIN contenders b ON b.id = side_b.contender_id
        WHERE first OR second"""
# A board of imported votes only grows, a file at a time, so that the number of its votes tells which files there were.
IMPORTED: Final = """
        WITH growing AS (
            SELECT id, sum(votes) OVER (ORDER BY number) AS votes FROM imports WHERE board_id = $1
        )
        SELECT a.slug, b.slug, outcome, votes <= $2 AS first, votes <= $3 AS second
        FROM imported_votes
        JOIN growing ON growing.id = import_id
        JOIN contenders a ON a.id = contender_ids[1]
        JOIN contenders b ON b.id = contender_ids[2]
        WHERE votes <= greatest($2, $3)"""
