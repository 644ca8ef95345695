"""Boards: named questions put to the votes."""

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from time import monotonic
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Pool, Proxy, many, one
from arena.errors import ArenaError, NotFound
from arena.evaluation.pacing import Pace

COLUMNS = "id, slug, name, description, cron, source, attribution, pace"
PACE_SECONDS: Final = 5.0
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
    pace: Pace = Pace.LOCKSTEP


class Act(Struct, frozen=True, kw_only=True):
    """What an operator changed about a board, when and why."""

    id: int
    what: str
    former: str
    present: str
    reason: str
    happened_at: datetime


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


def configuration(board: Board) -> dict[str, Any]:
    """What of a board makes its releases what they are, so that it is in their ids."""
    return {"slug": board.slug}


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


async def set_pace(db: Pool, slug: str, pace: Pace, *, reason: str, account_id: UUID) -> Board:
    """Let the board's battles show their answers so, from the next few seconds on; the act is kept with its reason."""
    async with db.acquire() as connection, connection.transaction():
        former = await one(connection, Board, f"SELECT {COLUMNS} FROM boards WHERE slug = $1 FOR UPDATE", slug)  # noqa: S608 - a constant
        if former is None:
            return await require(connection, slug)
        await connection.execute("UPDATE boards SET pace = $2 WHERE id = $1", former.id, pace)
        await connection.execute(
            """
            INSERT INTO board_acts (board_id, what, former, present, reason, account_id)
            VALUES ($1, 'pace', $2, $3, $4, $5)
            """,
            *(former.id, former.pace, pace, reason, account_id),
        )
        return await require(connection, slug)


async def acts(db: Db, board: Board, *, before: int | None, most: int) -> list[Act]:
    """What operators changed about the board, the latest first, from the one before this on."""
    return await many(
        db,
        Act,
        """
        SELECT id, what, former, present, reason, happened_at FROM board_acts
        WHERE board_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
        """,
        *(board.id, before, most),
    )


class Paces:
    """The boards' paces, each asked for once in some seconds by this process."""

    def __init__(self, db: Pool, *, clock: Callable[[], float] = monotonic) -> None:
        self._db = db
        self._clock = clock
        self._known: dict[str, tuple[float, Pace]] = {}

    async def of(self, slug: str) -> Pace:
        """How this board's battles let their answers out."""
        asked, pace = self._known.get(slug, (0.0, None))
        if pace is None or self._clock() - asked >= PACE_SECONDS:
            asked, pace = self._clock(), (await require(self._db, slug)).pace
            self._known[slug] = asked, pace
        return pace
