"""Shares: a battle that its voter shows to others, without its texts unless they choose so."""

import secrets
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, Proxy, one
from arena.errors import ArenaError, NotFound
from arena.evaluation import battles
from rating import Outcome

TOKEN_BYTES: Final = 16
# What somebody's data or an insult stands in is shown to nobody else, whatever its voter chose, and whether or not the
# vote counts: by default the gates only note what they find.
SHOWN: Final = """
        texts AND NOT EXISTS (
            SELECT FROM exclusions
            WHERE exclusions.battle_id = shares.battle_id AND reason IN ('personal', 'toxic') AND lifted_at IS NULL
        ) AND NOT EXISTS (SELECT FROM gate_findings WHERE gate_findings.battle_id = shares.battle_id)"""


class NothingToShare(ArenaError):
    """Only a battle that was voted on blind can be shared."""

    status = 409


class NoSuchShare(NotFound):
    """This link shows nothing. Whoever shared it has taken it back, or the address is not complete."""


class Share(Struct, frozen=True):
    """Where a battle is shown to others, and whether its texts are."""

    token: str
    texts: bool


class Shared(Struct, frozen=True):
    """What is shown under a link: whose battle it is never leaves the house."""

    battle_id: UUID
    voter_id: UUID
    texts: bool
    outcome: Outcome


async def share(db: Db, battle_id: UUID, voter_id: UUID | None, *, texts: bool) -> Share:
    """Show the voter's own battle under a link, with its texts or without; a battle has one link at a time."""
    found = await one(
        db,
        Share,
        f"""
        INSERT INTO shares (token, battle_id, texts)
        SELECT $3, id, $4 FROM battles WHERE id = $1 AND voter_id = $2 AND state = 'voted' AND kind = 'blind'
        ON CONFLICT (battle_id) DO UPDATE SET texts = EXCLUDED.texts
        RETURNING token, {SHOWN} AS texts
        """,  # noqa: S608 - a constant
        battle_id,
        voter_id,
        secrets.token_urlsafe(TOKEN_BYTES),
        texts,
    )
    if found is None:
        await battles.require(db, battle_id, voter_id)
        raise NothingToShare
    return found


async def of(db: Db, battle_id: UUID) -> Share | None:
    """The battle's link, or None where it has none."""
    return await one(
        db,
        Share,
        f"SELECT token, {SHOWN} AS texts FROM shares WHERE battle_id = $1",  # noqa: S608 - a constant
        battle_id,
    )


async def take_back(db: Db, battle_id: UUID, voter_id: UUID | None) -> None:
    """Let the voter's link show nothing any more; one that is gone already is gone."""
    await battles.require(db, battle_id, voter_id)
    await db.execute("DELETE FROM shares WHERE battle_id = $1", battle_id)


async def require(db: Db, token: str) -> Shared:
    """What the link shows."""
    found = await one(
        db,
        Shared,
        f"""
        SELECT shares.battle_id, voter_id, {SHOWN} AS texts, outcome
        FROM shares JOIN battles ON battles.id = shares.battle_id JOIN votes ON votes.battle_id = battles.id
        WHERE token = $1
        """,  # noqa: S608 - a constant
        token,
    )
    if found is None:
        raise NoSuchShare
    return found


async def forget(connection: Proxy, voter_id: UUID) -> None:
    """Take every link of this voter back."""
    await connection.execute(
        "DELETE FROM shares USING battles WHERE battles.id = shares.battle_id AND voter_id = $1", voter_id
    )
