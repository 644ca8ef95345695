"""Diagnostics: what decides a board's votes besides the answers, looked for once in every snapshot that is public."""

import asyncio
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from arena.db import Db, Pool, many, one
from arena.evaluation import probes
from arena.integration import circumstances, diagnoses, judge_effects, snapshots
from arena.integration.boards import OVERALL, Board, Source
from arena.integration.diagnoses import Category, Diagnosis
from arena.integration.named import Named
from rating import RatingError

# A board that is released with every vote is not looked through with every vote.
RESTED: Final = "10 minutes"


class Kept(Struct, frozen=True):
    """The latest diagnosis of a board, when it was made, and of the votes of which moment."""

    diagnosis: Diagnosis
    made_at: datetime
    taken_at: datetime


class Due(Struct, frozen=True):
    """A snapshot that nobody has looked through."""

    board: str
    snapshot_id: UUID


class _Row(Struct, frozen=True):
    told: dict[str, Any]
    made_at: datetime
    taken_at: datetime


async def due(db: Db, public: list[UUID]) -> list[Due]:
    """Which of these snapshots, the last public ones, are to be looked through; the board longest untouched first."""
    return await many(
        db,
        Due,
        f"""
        SELECT boards.slug AS board, snapshots.id AS snapshot_id
        FROM snapshots JOIN boards ON boards.id = board_id
        LEFT JOIN LATERAL (
            SELECT max(made_at) AS at FROM diagnoses JOIN snapshots others ON others.id = diagnoses.snapshot_id
            WHERE others.board_id = boards.id
        ) AS made ON true
        WHERE snapshots.id = ANY($1) AND NOT EXISTS (SELECT FROM diagnoses WHERE snapshot_id = snapshots.id)
              AND (made.at IS NULL OR made.at < now() - interval '{RESTED}')
        ORDER BY made.at NULLS FIRST, boards.slug
        """,  # noqa: S608 - a constant
        public,
    )


async def make(db: Pool, board: Board, snapshot_id: UUID) -> Diagnosis:
    """Look a snapshot through and keep what is found; once, whoever looks.

    The arithmetic runs in a thread of its own, so that whoever shares the process is not held up.
    """
    snapshot, imported = await snapshots.require(db, snapshot_id), board.source is Source.IMPORTED
    seen = await circumstances.of(db, snapshot.id, board.id, snapshot.number, imported=imported)
    names = await _names(db, snapshot_id, imported=imported)
    places = {row.vote: place for place, row in enumerate(seen.rows)}
    verdicts = [] if imported else await judge_effects.of(db, board.id, snapshot.number, places)
    probed = [] if imported else await probes.votes(db)
    about = (seen, snapshot.question, names, verdicts, probed)
    try:
        found = await asyncio.to_thread(diagnoses.of, *about, imported=imported)
    except RatingError:
        found = Diagnosis(votes=len(seen.rows), enough=False, imported=imported)
    await db.execute(
        "INSERT INTO diagnoses (snapshot_id, told) VALUES ($1, $2) ON CONFLICT (snapshot_id) DO NOTHING",
        *(snapshot_id, found),
    )
    return found


async def latest(db: Db, board: Board) -> Kept | None:
    """The latest diagnosis of the board, or None before the first."""
    found = await one(
        db,
        _Row,
        """
        SELECT told, made_at, taken_at FROM diagnoses JOIN snapshots ON snapshots.id = snapshot_id
        WHERE board_id = $1 ORDER BY number DESC LIMIT 1
        """,
        board.id,
    )
    return None if found is None else Kept(msgspec.convert(found.told, Diagnosis), found.made_at, found.taken_at)


async def category(db: Db, name: str) -> Category | None:
    """What the votes of a category still tell, as the board of all votes was last looked through."""
    told = await db.fetchval(
        """
        SELECT each FROM (
            SELECT told FROM diagnoses JOIN snapshots ON snapshots.id = snapshot_id JOIN boards ON boards.id = board_id
            WHERE slug = $1 ORDER BY number DESC LIMIT 1
        ) AS last, jsonb_array_elements(told->'categories') AS each
        WHERE each->>'category' = $2
        """,
        *(OVERALL, name),
    )
    return None if told is None else msgspec.convert(told, Category)


async def _names(db: Db, snapshot_id: UUID, *, imported: bool) -> dict[str, Named]:
    """The snapshot's contenders by what its rows call them, the best first."""
    rows = await db.fetch(
        """
        SELECT slug, standings.name FROM standings JOIN contenders ON contenders.id = contender_id
        WHERE snapshot_id = $1 ORDER BY rating DESC, slug
        """,
        snapshot_id,
    )
    return {row["name"] if imported else row["slug"]: Named(row["slug"], row["name"]) for row in rows}
