"""History: the snapshots of the boards as everybody may read them, released or not."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from msgspec import Struct, structs

from arena.db import Db, many, one
from arena.errors import NotFound
from arena.integration import lines
from arena.integration.boards import Board
from arena.integration.questions import Question


class NoSuchSnapshot(NotFound):
    """There is no snapshot of this id."""


class Kept(Struct, frozen=True, kw_only=True):
    """A snapshot in a list: what it counted, which question of the board it answers, and its release, if it has one."""

    id: UUID
    number: int
    board: str
    taken_at: datetime
    votes: int
    voters: int
    methodology: int
    digest: str
    release: str | None


class Line(lines.Line, frozen=True, kw_only=True):
    """A contender's line; one that is not `shown` was fitted like the others."""

    status: Literal["provisional", "established"]
    separation: Literal["settled", "unbeaten", "winless", "separated"]
    group: int
    shown: bool


class _Head(Kept, frozen=True, kw_only=True):
    effective_voters: float
    exclusions: str
    question: Question
    method: dict[str, Any]


class Whole(_Head, frozen=True, kw_only=True):
    """A snapshot whole: what was asked, how it was fitted, and every line, the best of each group first."""

    lines: list[Line]


KEPT = """
        snapshots.id, number, boards.slug AS board, taken_at, votes, voters, snapshots.methodology, digest,
        (SELECT min(releases.id) FROM releases WHERE snapshot_id = snapshots.id) AS release"""


async def listed(db: Db, board: Board, *, before: int | None, most: int) -> list[Kept]:
    """The board's snapshots, the newest first, from the one before this number on."""
    return await many(
        db,
        Kept,
        f"""
        SELECT {KEPT} FROM snapshots JOIN boards ON boards.id = board_id
        WHERE board_id = $1 AND ($2::bigint IS NULL OR number < $2) ORDER BY number DESC LIMIT $3
        """,  # noqa: S608 - a constant
        *(board.id, before, most),
    )


async def last(db: Db, board: Board) -> Whole | None:
    """The board's latest snapshot whole, or None before the first."""
    found = await listed(db, board, before=None, most=1)
    return await require(db, found[0].id) if found else None


async def require(db: Db, snapshot_id: UUID) -> Whole:
    """The snapshot of this id."""
    head = await one(
        db,
        _Head,
        f"""
        SELECT {KEPT}, effective_voters, exclusions, snapshots.question, method
        FROM snapshots JOIN boards ON boards.id = board_id WHERE snapshots.id = $1
        """,  # noqa: S608 - a constant
        snapshot_id,
    )
    if head is None:
        raise NoSuchSnapshot
    return Whole(**structs.asdict(head), lines=await _lines(db, snapshot_id))


async def _lines(db: Db, snapshot_id: UUID) -> list[Line]:
    return await many(
        db,
        Line,
        """
        SELECT slug AS contender, standings.name, theta, rating, lower, upper, rank_lower, rank_upper, votes, status,
               separation, "group", shown
        FROM standings JOIN contenders ON contenders.id = contender_id
        WHERE snapshot_id = $1 ORDER BY "group", rating DESC, slug
        """,
        snapshot_id,
    )
