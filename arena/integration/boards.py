"""Boards: named questions put to the votes."""

from uuid import UUID

from msgspec import Struct

from arena.db import Db, many, one
from arena.errors import NotFound


class NoSuchBoard(NotFound):
    """There is no board of this name."""


class Board(Struct, frozen=True, kw_only=True):
    """A board: what it is called, what it counts, and when it is looked after."""

    id: UUID
    slug: str
    name: str
    description: str
    cron: str


async def listed(db: Db) -> list[Board]:
    """Every board, the oldest first."""
    return await many(db, Board, "SELECT id, slug, name, description, cron FROM boards ORDER BY created_at, slug")


async def require(db: Db, slug: str) -> Board:
    """The board of this slug."""
    board = await one(db, Board, "SELECT id, slug, name, description, cron FROM boards WHERE slug = $1", slug)
    if board is None:
        raise NoSuchBoard("There is no board called “{name}”.", name=slug[:100])
    return board
