"""Ageing: boards that had no new vote for long are put away, with their numbers, until there are new ones."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Pool, Proxy, many
from arena.errors import ArenaError
from arena.integration import board_acts, boards
from arena.integration.boards import OVERALL, Board, Source

WHAT: Final = "archived"
TOLD: Final = {True: ("no", "yes"), False: ("yes", "no")}
QUIET: Final = "No vote that counts came for {days} days."
AWAKE: Final = "There are new votes."
# When the last vote was cast that the board's last snapshot counts.
LAST_VOTE: Final = """(
    SELECT max(last_vote_at) FROM standings WHERE snapshot_id = (
        SELECT id FROM snapshots WHERE board_id = boards.id ORDER BY taken_at DESC LIMIT 1
    )
)"""


class NeverArchived(ArenaError):
    """Only boards of people's votes in battles are archived, and “overall” never is: pairs are drawn by it."""

    status = 409


class _Moved(Struct, frozen=True):
    id: UUID
    slug: str


async def settle(db: Pool, *, days: int, now: datetime) -> list[str]:
    """Archive the boards that were quiet for so many days (0: none), bring back those with new votes; their slugs.

    One that an operator has brought back has its days before it once more.
    """
    async with db.acquire() as connection, connection.transaction():
        woken = await many(
            connection,
            _Moved,
            f"UPDATE boards SET archived_at = NULL WHERE {LAST_VOTE} > archived_at RETURNING id, slug",  # noqa: S608
        )
        for board in woken:
            await board_acts.record(connection, board.id, WHAT, TOLD[False], AWAKE, None)
        quiet = await _quiet(connection, days, now) if days else []
        for board in quiet:
            await board_acts.record(connection, board.id, WHAT, TOLD[True], QUIET.format(days=days), None)
    return [board.slug for board in (*woken, *quiet)]


async def _quiet(connection: Connection | Proxy, days: int, now: datetime) -> list[_Moved]:
    return await many(
        connection,
        _Moved,
        f"""
        UPDATE boards SET archived_at = $2
        WHERE archived_at IS NULL AND source = 'battles' AND slug <> $3
          AND greatest(created_at, {LAST_VOTE}, (
              SELECT max(happened_at) FROM board_acts WHERE board_acts.board_id = boards.id AND what = $4
          )) < $1
        RETURNING id, slug
        """,  # noqa: S608 - a constant
        *(now - timedelta(days=days), now, OVERALL, WHAT),
    )


async def put(db: Pool, slug: str, archived: bool, *, reason: str, account_id: UUID, now: datetime) -> Board:
    """Archive a board, or bring it back, as an operator's act; what is so already is none."""
    async with db.acquire() as connection, connection.transaction():
        board = await boards.require(connection, slug)
        if board.source is not Source.BATTLES or slug == OVERALL:
            raise NeverArchived
        moved = await connection.fetchval(
            """
            UPDATE boards SET archived_at = CASE WHEN $2 THEN $3::timestamptz END
            WHERE id = $1 AND (archived_at IS NOT NULL) <> $2 RETURNING id
            """,
            *(board.id, archived, now),
        )
        if moved is not None:
            await board_acts.record(connection, board.id, WHAT, TOLD[archived], reason, account_id)
        return await boards.require(connection, slug)
