"""Pairing rates: how often contenders in each state are drawn, since when and why; nobody has a rate of their own."""

from datetime import UTC, datetime
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many, one
from arena.errors import Refused
from arena.submission.lifecycle import State

DRAWN: Final = (State.WARMING, State.LISTED)
MOST: Final = 1000


class Rate(Struct, frozen=True, kw_only=True):
    """A rate for all contenders in this state, from a moment on; a later one takes its place."""

    id: int
    state: State
    rate: float
    valid_from: datetime
    reason: str
    actor: Literal["operator", "arena"]
    set_at: datetime


COLUMNS: Final = "id, state, rate, valid_from, reason, actor, set_at"


async def set(  # noqa: A001 - rates.set(…) is how callers say it.
    db: Db, state: State, rate: float, *, valid_from: datetime | None, reason: str, account_id: UUID
) -> Rate:
    """Let the rate of a state be this from then on, or from now on; what was valid before stays on record."""
    if state not in DRAWN:
        raise Refused("Only contenders that are warming or listed are drawn, so only these states have rates.")
    if not 0 <= rate <= MOST:
        raise Refused("A rate is a number from 0 to {most}.", most=MOST)
    if valid_from is not None and valid_from.tzinfo is None:
        raise Refused("Say the time with its zone, for instance 2026-12-01T00:00:00Z.")
    kept = await one(
        db,
        Rate,
        f"""
        INSERT INTO pairing_rates (state, rate, valid_from, reason, actor, account_id)
        SELECT $1, $2, coalesce($3, now()), $4, 'operator', $5 WHERE coalesce($3, now()) >= now()
        RETURNING {COLUMNS}
        """,
        *(state, rate, valid_from and valid_from.astimezone(UTC), reason, account_id),
    )
    if kept is None:
        raise Refused("A rate can't be changed for the past. Leave “valid_from” out, or name a time to come.")
    return kept


async def listed(db: Db, *, before: int | None, most: int) -> list[Rate]:
    """Every rate that was ever set, the latest first, from the one before this on."""
    return await many(
        db,
        Rate,
        f"SELECT {COLUMNS} FROM pairing_rates WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2",  # noqa: S608 - a constant
        before,
        most,
    )
