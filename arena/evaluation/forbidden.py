"""Forbidden pairs: two contenders that never meet, why, and until when. Nothing is deleted."""

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many, one
from arena.errors import ArenaError, NotFound, Refused


class Forbidden(Struct, frozen=True, kw_only=True):
    """Two contenders that do not meet, by their slugs, since when and why, and until when."""

    id: int
    contenders: tuple[str, str]
    reason: str
    forbidden_at: datetime
    lifted_at: datetime | None
    lifted_because: str | None


class NoSuchPair(NotFound):
    """There is no such forbidden pair, or it may meet again already."""


class ForbiddenAlready(ArenaError):
    """These two are forbidden to meet already."""

    status = 409


COLUMNS: Final = "forbidden_pairs.id, reason, forbidden_at, lifted_at, lifted_because"


async def forbid(db: Db, contenders: tuple[str, str], *, reason: str, account_id: UUID) -> int:
    """Let these two never meet, from the next draw on; the id of the prohibition."""
    rows = await db.fetch("SELECT id FROM contenders WHERE slug = ANY($1) ORDER BY id", list(contenders))
    if contenders[0] == contenders[1]:
        raise Refused("A pair has two contenders, and nobody meets itself in any case.")
    if len(rows) < len(contenders):
        raise NotFound("One of these two is no contender here.")
    forbidden_id: int | None = await db.fetchval(
        """
        INSERT INTO forbidden_pairs (low_id, high_id, reason, account_id) VALUES ($1, $2, $3, $4)
        ON CONFLICT (low_id, high_id) WHERE lifted_at IS NULL DO NOTHING
        RETURNING id
        """,
        *(row["id"] for row in rows),
        reason,
        account_id,
    )
    if forbidden_id is None:
        raise ForbiddenAlready
    return forbidden_id


async def lift(db: Db, forbidden_id: int, *, because: str, account_id: UUID) -> None:
    """Let the two meet again."""
    lifted = await db.fetchval(
        """
        UPDATE forbidden_pairs SET lifted_at = now(), lifted_because = $2, lifted_by = $3
        WHERE id = $1 AND lifted_at IS NULL
        RETURNING true
        """,
        forbidden_id,
        because,
        account_id,
    )
    if not lifted:
        raise NoSuchPair


async def require(db: Db, forbidden_id: int) -> Forbidden:
    """The prohibition of this id."""
    found = await one(db, Forbidden, f"{TOLD} WHERE forbidden_pairs.id = $1", forbidden_id)
    if found is None:
        raise NoSuchPair
    return found


async def listed(db: Db, *, before: int | None, most: int, private: bool) -> list[Forbidden]:
    """Every pair that ever was forbidden, the latest first; those of contenders tested in `private` only if told so."""
    return await many(
        db,
        Forbidden,
        f"""
        {TOLD}
        WHERE ($1::bigint IS NULL OR forbidden_pairs.id < $1)
          AND ($3 OR (low.committed_at IS NOT NULL AND high.committed_at IS NOT NULL))
        ORDER BY forbidden_pairs.id DESC LIMIT $2
        """,
        before,
        most,
        private,
    )


async def standing(db: Db) -> list[tuple[UUID, UUID]]:
    """The pairs that may not meet now."""
    rows = await db.fetch("SELECT low_id, high_id FROM forbidden_pairs WHERE lifted_at IS NULL ORDER BY id")
    return [(row["low_id"], row["high_id"]) for row in rows]


TOLD: Final = f"""
        SELECT ARRAY[least(low.slug, high.slug), greatest(low.slug, high.slug)] AS contenders, {COLUMNS}
        FROM forbidden_pairs JOIN contenders AS low ON low.id = low_id JOIN contenders AS high ON high.id = high_id"""  # noqa: S608 - a constant
