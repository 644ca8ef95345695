"""Anonymous voters: a random id in a signed cookie, and a row once they ask something."""

import hashlib
import hmac
from uuid import UUID, uuid4

from arena.db import Db
from arena.errors import ArenaError


class UnknownVoter(ArenaError):
    """The voter cookie that came with this request is not one of ours; it has been removed, so ask again."""

    status = 401


def invite() -> UUID:
    """A new voter's id."""
    return uuid4()


async def hold(db: Db, voter_id: UUID) -> None:
    """Keep a voter who asks for the first time, and let what one voter does at the same time happen one after another.

    A voter is held until the transaction ends; an update that changes nothing is what holds a known one. UnknownVoter
    for one whose data were deleted, so that nothing new is kept under a number that nobody has any more.
    """
    sql = "INSERT INTO voters (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id RETURNING forgotten_at"
    if await db.fetchval(sql, voter_id):
        raise UnknownVoter


async def forget(db: Db, voter_id: UUID) -> bool:
    """Use this number up, in the caller's transaction; false where there is no such voter, or no more."""
    sql = "UPDATE voters SET forgotten_at = now() WHERE id = $1 AND forgotten_at IS NULL RETURNING true"
    return bool(await db.fetchval(sql, voter_id))


async def hand_over(db: Db, voter_id: UUID, nobody: UUID) -> None:
    """Let a number that nobody has keep the name that the voter has in whatever is published; the voter loses it."""
    name = await db.fetchval("SELECT pseudonym FROM voters WHERE id = $1", voter_id)
    await db.execute("UPDATE voters SET pseudonym = NULL WHERE id = $1", voter_id)
    await db.execute("UPDATE voters SET pseudonym = $2 WHERE id = $1", nobody, name)


def token(voter_id: UUID, secret: str) -> str:
    """What the voter's cookie holds: the id and its signature."""
    return f"{voter_id.hex}.{_signature(voter_id, secret)}"


def read(cookie: str, secret: str) -> UUID:
    """The voter whom the cookie names; one that we did not sign names nobody."""
    name, _, signature = cookie.partition(".")
    try:
        voter_id = UUID(hex=name)
    except ValueError:
        raise UnknownVoter from None
    if not hmac.compare_digest(signature.encode(), _signature(voter_id, secret).encode()):
        raise UnknownVoter
    return voter_id


def _signature(voter_id: UUID, secret: str) -> str:
    return hmac.new(secret.encode(), b"voter" + voter_id.bytes, hashlib.sha256).hexdigest()
