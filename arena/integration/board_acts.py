"""Acts: what was changed about boards, when and why; nothing of it is changed or removed."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy, many


class Act(Struct, frozen=True, kw_only=True):
    """What an operator, or the arena itself, changed about a board, when and why."""

    id: int
    what: str
    former: str
    present: str
    reason: str
    happened_at: datetime


async def record(
    db: Connection | Proxy, board_id: UUID, what: str, told: tuple[str, str], reason: str, account_id: UUID | None
) -> None:
    """Keep what was changed about a board, from what to what; without an account it was the arena."""
    await db.execute(
        """
        INSERT INTO board_acts (board_id, what, former, present, reason, account_id) VALUES ($1, $2, $3, $4, $5, $6)
        """,
        *(board_id, what, *told, reason, account_id),
    )


async def listed(db: Db, board_id: UUID, *, before: int | None, most: int) -> list[Act]:
    """What was changed about the board, the latest first, from the one before this on."""
    return await many(
        db,
        Act,
        """
        SELECT id, what, former, present, reason, happened_at FROM board_acts
        WHERE board_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
        """,
        *(board_id, before, most),
    )
