"""Members: which accounts belong to which provider."""

from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy, many
from arena.errors import ArenaError, NotFound


class Standing(StrEnum):
    """What a member may do: an owner also says who else belongs."""

    OWNER = "owner"
    MEMBER = "member"


class NotYours(ArenaError):
    """You are not a member of this organisation, or it does not exist."""

    status = 404


class NotOwner(ArenaError):
    """Only an owner of the organisation can change who belongs to it."""

    status = 403


class LastOwner(ArenaError):
    """An organisation keeps at least one owner. Make somebody else an owner first."""

    status = 409


class Membership(Struct, frozen=True, kw_only=True):
    """An organisation that an account belongs to."""

    provider_id: UUID
    organisation: str
    name: str
    standing: Standing


class Member(Struct, frozen=True, kw_only=True):
    """Somebody who belongs to an organisation."""

    account_id: UUID
    email: str
    name: str
    standing: Standing


async def of(db: Db, account_id: UUID) -> list[Membership]:
    """The organisations that the account belongs to, by name."""
    return await many(
        db,
        Membership,
        """
        SELECT provider_id, slug AS organisation, name, standing FROM members JOIN providers ON id = provider_id
        WHERE account_id = $1 ORDER BY slug
        """,
        account_id,
    )


async def listed(db: Db, provider_id: UUID) -> list[Member]:
    """Who belongs to the organisation, in the order they came."""
    return await many(
        db,
        Member,
        """
        SELECT account_id, email, name, standing FROM members JOIN accounts ON id = account_id
        WHERE provider_id = $1 ORDER BY joined_at, email
        """,
        provider_id,
    )


async def require(db: Db, account_id: UUID, organisation: str) -> Membership:
    """The account's membership of this organisation; others are not told whether there is one of that name."""
    for membership in await of(db, account_id):
        if membership.organisation == organisation:
            return membership
    raise NotYours


async def require_owner(db: Db, account_id: UUID, organisation: str) -> Membership:
    """The same for who must be an owner."""
    membership = await require(db, account_id, organisation)
    if membership.standing is not Standing.OWNER:
        raise NotOwner
    return membership


async def set(  # noqa: A001 - members.set(…) is how callers say it.
    db: Connection | Proxy, provider_id: UUID, account_id: UUID, standing: Standing
) -> None:
    """Let the account belong to the organisation in this standing."""
    async with db.transaction():
        await db.execute(
            """
            INSERT INTO members (provider_id, account_id, standing) VALUES ($1, $2, $3)
            ON CONFLICT (provider_id, account_id) DO UPDATE SET standing = EXCLUDED.standing
            """,
            provider_id,
            account_id,
            standing,
        )
        await _keep_an_owner(db, provider_id)


async def remove(db: Connection | Proxy, provider_id: UUID, account_id: UUID) -> None:
    """Let the account belong to the organisation no more."""
    async with db.transaction():
        gone = await db.fetchval(
            "DELETE FROM members WHERE provider_id = $1 AND account_id = $2 RETURNING true", provider_id, account_id
        )
        if not gone:
            raise NotFound("Nobody with this account belongs to the organisation.")
        await _keep_an_owner(db, provider_id)


async def _keep_an_owner(db: Connection | Proxy, provider_id: UUID) -> None:
    # Two owners who remove each other at once must not both succeed: each waits for the other here.
    await db.execute("SELECT FROM providers WHERE id = $1 FOR UPDATE", provider_id)
    if not await db.fetchval(
        "SELECT EXISTS (SELECT FROM members WHERE provider_id = $1 AND standing = 'owner')", provider_id
    ):
        raise LastOwner
