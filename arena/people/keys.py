"""API keys: shown once, kept as a hash, and good for what their scopes say."""

import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many, one
from arena.errors import ArenaError, NotFound, Refused
from arena.people.accounts import Account, Role

NAME_CHARACTERS: Final = 100
MOST_DAYS: Final = 3650
MOST_KEYS: Final = 100
NOTED = timedelta(minutes=1)
# The checksum lets a scanner tell a leaked key from something that only looks like one.
FORM: Final = re.compile(r"arena_([0-9a-f]{12})\.([A-Za-z0-9_-]{43})([0-9a-f]{8})")


class Scope(StrEnum):
    """What a key is good for, within what its account may do."""

    READ = "read"
    SUBMIT = "submit"
    ACCOUNT = "account"
    OPERATE = "operate"


class KeyRefused(ArenaError):
    """This API key is not one of ours, has expired or was revoked. Make a new one on your account's page."""

    status = 401


class Key(Struct, frozen=True, kw_only=True):
    """A key as its owner sees it; the secret is never shown again."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None


class Holder(Struct, frozen=True):
    """Whose key it is, and what it is good for."""

    account: Account
    scopes: frozenset[Scope]


class _Held(Account, frozen=True, kw_only=True):
    scopes: frozenset[Scope]
    digest: bytes


async def make(db: Db, account: Account, *, name: str, scopes: Collection[Scope], days: int | None) -> tuple[Key, str]:
    """A new key, and the words to send it as; nobody will see those again."""
    called = " ".join(name.split())
    if not 0 < len(called) <= NAME_CHARACTERS or not called.isprintable():
        raise Refused(
            "A key's name has 1 to {most} characters that can be printed.", most=NAME_CHARACTERS, field="name"
        )
    if not scopes:
        raise Refused("A key needs at least one scope: read, submit, account or operate.", field="scopes")
    if Scope.OPERATE in scopes and Role.OPERATOR not in account.roles:
        raise Refused("Only an operator's key can have the scope “operate”.", field="scopes")
    if days is not None and not 0 < days <= MOST_DAYS:
        raise Refused("A key lasts 1 to {most} days, or until it is revoked.", most=MOST_DAYS, field="days")
    if await db.fetchval("SELECT count(*) FROM api_keys WHERE account_id = $1", account.id) >= MOST_KEYS:
        raise Refused("An account has at most {most} keys, revoked ones included.", most=MOST_KEYS)
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    made = await one(
        db,
        Key,
        """
        INSERT INTO api_keys (id, account_id, name, scopes, digest, expires_at) VALUES ($1, $2, $3, $4, $5, $6)
        RETURNING id, name, scopes, created_at, expires_at, used_at, revoked_at
        """,
        key_id,
        account.id,
        called,
        sorted(set(scopes)),
        _digest(secret),
        None if days is None else datetime.now(UTC) + timedelta(days=days),
    )
    assert made is not None
    return made, f"arena_{key_id}.{secret}{_checksum(key_id, secret)}"


async def holder(db: Db, words: str) -> Holder:
    """Whose key these words are; it is looked up each time, so a revoked one is refused at once."""
    found = FORM.fullmatch(words)
    if not found or found[3] != _checksum(found[1], found[2]):
        raise KeyRefused
    held = await one(
        db,
        _Held,
        """
        SELECT accounts.id, email, accounts.name, roles, accounts.created_at, scopes, digest
        FROM api_keys JOIN accounts ON accounts.id = account_id
        WHERE api_keys.id = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
        """,
        found[1],
    )
    if held is None or not hmac.compare_digest(held.digest, _digest(found[2])):
        raise KeyRefused
    await db.execute(
        "UPDATE api_keys SET used_at = now() WHERE id = $1 AND (used_at IS NULL OR used_at < now() - $2::interval)",
        found[1],
        NOTED,
    )
    return Holder(held, held.scopes)


async def listed(db: Db, account_id: UUID) -> list[Key]:
    """The account's keys, the newest first."""
    return await many(
        db,
        Key,
        """
        SELECT id, name, scopes, created_at, expires_at, used_at, revoked_at FROM api_keys
        WHERE account_id = $1 ORDER BY created_at DESC, id
        """,
        account_id,
    )


async def revoke(db: Db, account_id: UUID, key_id: str) -> Key:
    """Make a key good for nothing; it stays in the list."""
    revoked = await one(
        db,
        Key,
        """
        UPDATE api_keys SET revoked_at = coalesce(revoked_at, now()) WHERE account_id = $1 AND id = $2
        RETURNING id, name, scopes, created_at, expires_at, used_at, revoked_at
        """,
        account_id,
        key_id,
    )
    if revoked is None:
        raise NotFound("You have no key “{key}”.", key=key_id[:100])
    return revoked


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _checksum(key_id: str, secret: str) -> str:
    return f"{zlib.crc32(f'{key_id}.{secret}'.encode()):08x}"
