"""Pairing policies: which rule draws which share of the battles, since when and why; for all contenders alike."""

from datetime import UTC, datetime
from math import isclose
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many, one
from arena.errors import Refused

MOST_CONNECTING: Final = 0.9


class Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Shares of battles by rule, the first three summing to 1, and whether contenders of one organisation may meet.

    `connecting` is of all battles, while some contenders have not been compared with the others.
    """

    uniform: float
    newcomers: float
    a_optimal: float
    connecting: float
    same_organisation: bool


class Policy(Terms, frozen=True, kw_only=True):
    """How pairs are drawn from a moment on; a later one takes its place."""

    id: int
    valid_from: datetime
    reason: str
    actor: Literal["operator", "arena"]
    set_at: datetime


COLUMNS: Final = "id, uniform, newcomers, a_optimal, connecting, same_organisation, valid_from, reason, actor, set_at"


async def set(  # noqa: A001 - policies.set(…) is how callers say it.
    db: Db, terms: Terms, *, valid_from: datetime | None, reason: str, account_id: UUID
) -> Policy:
    """Let pairs be drawn on these terms from then on, or from now on; what was valid before stays on record."""
    shares = (terms.uniform, terms.newcomers, terms.a_optimal)
    if not (min(shares) >= 0 and isclose(sum(shares), 1.0, abs_tol=1e-9)):
        raise Refused("The shares of the three rules are numbers from 0 on that sum to 1.")
    if not 0 <= terms.connecting <= MOST_CONNECTING:
        raise Refused("The share that connects contenders is a number from 0 to {most}.", most=str(MOST_CONNECTING))
    if valid_from is not None and valid_from.tzinfo is None:
        raise Refused("Say the time with its zone, for instance 2026-12-01T00:00:00Z.")
    kept = await one(
        db,
        Policy,
        f"""
        INSERT INTO pairing_policies (uniform, newcomers, a_optimal, connecting, same_organisation, valid_from, reason,
                                      actor, account_id)
        SELECT $1, $2, $3, $4, $5, coalesce($6, now()), $7, 'operator', $8 WHERE coalesce($6, now()) >= now()
        RETURNING {COLUMNS}
        """,
        *(*shares, terms.connecting, terms.same_organisation),
        *(valid_from and valid_from.astimezone(UTC), reason, account_id),
    )
    if kept is None:
        raise Refused("A policy can't be changed for the past. Leave “valid_from” out, or name a time to come.")
    return kept


async def present(db: Db) -> Policy:
    """The policy that is valid now."""
    found = await one(
        db,
        Policy,
        f"""
        SELECT {COLUMNS} FROM pairing_policies WHERE valid_from <= now() ORDER BY valid_from DESC, id DESC LIMIT 1
        """,  # noqa: S608 - a constant
    )
    assert found is not None
    return found


async def listed(db: Db, *, before: int | None, most: int) -> list[Policy]:
    """Every policy that there ever was, the latest first, from the one before this on."""
    return await many(
        db,
        Policy,
        f"SELECT {COLUMNS} FROM pairing_policies WHERE $1::bigint IS NULL OR id < $1 ORDER BY id DESC LIMIT $2",  # noqa: S608 - a constant
        before,
        most,
    )
