"""Freshness: what of the boards and contenders that are shown has grown old, as the checks have found by now."""

from datetime import datetime

from msgspec import Struct

from arena.db import Db, many
from arena.publishing import smells
from arena.publishing.checks import deprecated, outdated


class Stale(Struct, frozen=True):
    """A board with few votes of late: how many in the last 30 days, and since when that is known."""

    board: str
    votes: int
    since: datetime


async def stale(db: Db) -> dict[str, Stale]:
    """The boards that rest on old votes, by their slugs; their numbers are what they were."""
    found = await many(
        db,
        Stale,
        """
        SELECT boards.slug AS board, ("values"->>'votes')::int AS votes, opened_at AS since
        FROM smells JOIN boards ON boards.id = board_id WHERE check_id = $1 AND state <> 'resolved' AND state = ANY($2)
        """,
        *(outdated.STALE, smells.PRESENT),
    )
    return {each.board: each for each in found}


async def unmet(db: Db, contender: str) -> datetime | None:
    """Since when it is known that the contender is listed and drawn for no battle; None where it is drawn."""
    since: datetime | None = await db.fetchval(
        "SELECT opened_at FROM smells WHERE check_id = $1 AND subject = $2 AND state <> 'resolved' AND state = ANY($3)",
        *(deprecated.UNDRAWN, f"contender {contender}", smells.PRESENT),
    )
    return since
