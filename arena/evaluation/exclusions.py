"""Exclusions: why the vote of a battle is not rated. Each has a reason and can be lifted; none changes a vote."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy, many
from arena.errors import NotFound


class Reason(StrEnum):
    """Why a battle's vote is not rated."""

    LEAK = "leak"
    HASTY = "hasty"
    DUPLICATE = "duplicate"
    PERSONAL = "personal"
    TOXIC = "toxic"
    OPERATOR = "operator"


class NoSuchExclusion(NotFound):
    """There is no such exclusion, or it has been lifted already."""


class Remark(Struct, frozen=True, kw_only=True):
    """What keeps a battle from being rated; `position` is that of the side it is about, None for the whole.

    The evidence is for the audit and never leaves the house before the vote.
    """

    reason: Reason
    position: int | None = None
    evidence: dict[str, Any] = {}


class Exclusion(Struct, frozen=True, kw_only=True):
    """A battle's vote is not rated, since when, why, and until when."""

    id: int
    battle_id: UUID
    reason: Reason
    position: int | None
    evidence: dict[str, Any]
    account_id: UUID | None
    excluded_at: datetime
    lifted_at: datetime | None
    lifted_because: str | None


COLUMNS: Final = "id, battle_id, reason, position, evidence, account_id, excluded_at, lifted_at, lifted_because"


async def keep(
    db: Connection | Proxy, battle_id: UUID, remarks: Sequence[Remark], *, account_id: UUID | None = None
) -> None:
    """Exclude the battle's vote for these reasons; what stands already stays as it is."""
    if not remarks:
        return
    await db.executemany(
        """
        INSERT INTO exclusions (battle_id, reason, position, evidence, account_id) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
        """,
        [(battle_id, remark.reason, remark.position, remark.evidence, account_id) for remark in remarks],
    )


async def forget(connection: Connection | Proxy, voter_id: UUID) -> None:
    """Delete what was found in this voter's battles; that something was, and what for, stays."""
    await connection.execute(
        "UPDATE exclusions SET evidence = '{}' WHERE battle_id IN (SELECT id FROM battles WHERE voter_id = $1)",
        voter_id,
    )


async def lift(db: Db, exclusion_id: int, *, because: str, account_id: UUID) -> UUID:
    """Let the vote count again as far as this reason goes; the battle it is about."""
    battle_id: UUID | None = await db.fetchval(
        """
        UPDATE exclusions SET lifted_at = now(), lifted_because = $2, lifted_by = $3
        WHERE id = $1 AND lifted_at IS NULL
        RETURNING battle_id
        """,
        exclusion_id,
        because,
        account_id,
    )
    if battle_id is None:
        raise NoSuchExclusion
    return battle_id


async def standing(db: Db, battle_id: UUID) -> list[Exclusion]:
    """The exclusions of a battle that have not been lifted, the first one first."""
    return await many(
        db,
        Exclusion,
        f"SELECT {COLUMNS} FROM exclusions WHERE battle_id = $1 AND lifted_at IS NULL ORDER BY id",  # noqa: S608 - a constant
        battle_id,
    )
