"""Sessions of those who have signed in: a secret in a cookie, its hash in a row."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from arena.db import Db, one
from arena.people.accounts import Account

LIFE = timedelta(days=30)
REST = timedelta(days=7)  # without a request for so long, it is over
NOTED = timedelta(minutes=1)  # how exactly its last use is kept, so that not every request writes


async def begin(db: Db, account_id: UUID, former: str | None) -> str:
    """A new session, in place of the one that the browser came with; what its cookie is to hold."""
    token = secrets.token_urlsafe(32)
    if former is not None:
        await end(db, former)
    await db.execute(
        "INSERT INTO sessions (digest, account_id, expires_at) VALUES ($1, $2, now() + $3)",
        _digest(token),
        account_id,
        LIFE,
    )
    return token


async def account(db: Db, token: str) -> Account | None:
    """Who is signed in with this; None where the session is over or never was."""
    found = await one(
        db,
        Account,
        """
        SELECT accounts.id, email, name, roles, created_at FROM sessions JOIN accounts ON accounts.id = account_id
        WHERE digest = $1 AND expires_at > now() AND used_at > now() - $2::interval
        """,
        _digest(token),
        REST,
    )
    if found is not None:
        await db.execute(
            "UPDATE sessions SET used_at = now() WHERE digest = $1 AND used_at < now() - $2::interval",
            _digest(token),
            NOTED,
        )
    return found


async def end(db: Db, token: str) -> None:
    """Sign out."""
    await db.execute("DELETE FROM sessions WHERE digest = $1", _digest(token))


async def end_others(db: Db, account_id: UUID, token: str | None) -> None:
    """Sign the account out everywhere but here, after its password has changed for instance."""
    kept = b"" if token is None else _digest(token)
    await db.execute("DELETE FROM sessions WHERE account_id = $1 AND digest <> $2", account_id, kept)


async def sweep(db: Db) -> None:
    """Forget the sessions that are over."""
    await db.execute("DELETE FROM sessions WHERE expires_at <= now() OR used_at <= now() - $1::interval", REST)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
