"""Boards: named questions put to the votes."""

from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy, many, one
from arena.errors import ArenaError, NotFound

COLUMNS = "id, slug, name, description, cron, source, attribution"
IMPORTED = "Votes that were cast elsewhere and brought in; nobody cast them here."
HOURLY = "0 * * * *"
OVERALL = "overall"  # The board that counts every vote here, and whose standings pairs are drawn by.


class NoSuchBoard(NotFound):
    """There is no board of this name."""


class NotAnArchive(ArenaError):
    """This board counts the votes of battles, so none can be brought in from outside."""

    status = 409


class Source(StrEnum):
    """Where a board's votes come from."""

    BATTLES = "battles"
    IMPORTED = "imported"


class Board(Struct, frozen=True, kw_only=True):
    """A board: what it is called, what it counts, and when it is looked after; `attribution` credits imported votes."""

    id: UUID
    slug: str
    name: str
    description: str
    cron: str
    source: Source = Source.BATTLES
    attribution: str | None = None


async def listed(db: Db) -> list[Board]:
    """Every board, the oldest first."""
    return await many(db, Board, f"SELECT {COLUMNS} FROM boards ORDER BY created_at, slug")  # noqa: S608 - a constant


async def find(db: Db, slug: str) -> Board | None:
    """The board of this slug, if there is one."""
    return await one(db, Board, f"SELECT {COLUMNS} FROM boards WHERE slug = $1", slug)  # noqa: S608 - a constant


async def require(db: Db, slug: str) -> Board:
    """The board of this slug."""
    board = await find(db, slug)
    if board is None:
        raise NoSuchBoard("There is no board called “{name}”.", name=slug[:100])
    return board


async def open_archive(db: Connection | Proxy, slug: str, *, name: str | None, attribution: str | None) -> Board:
    """The board of imported votes of this slug, made if need be, and held until the caller's transaction ends.

    A name given replaces the one before; an attribution is added to those before, as all of them stay due.
    """
    board = await one(
        db,
        Board,
        f"""
        INSERT INTO boards (slug, name, description, cron, source, attribution)
        VALUES ($1, coalesce($2, $1), $3, $4, 'imported', $5)
        ON CONFLICT (slug) DO UPDATE SET
            name = coalesce($2, boards.name),
            attribution = CASE
                WHEN position($5 IN boards.attribution) > 0 THEN boards.attribution
                ELSE nullif(concat_ws(' ', boards.attribution, $5), '')
            END
        WHERE boards.source = 'imported'
        RETURNING {COLUMNS}
        """,  # noqa: S608 - a constant
        slug,
        name,
        IMPORTED,
        HOURLY,
        attribution,
    )
    if board is None:
        raise NotAnArchive(
            "“{slug}” counts the votes of battles. Choose another --board for votes from outside.", slug=slug
        )
    return board
