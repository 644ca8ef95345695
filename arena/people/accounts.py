"""Accounts: people who sign in, and what they may do."""

import re
from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from asyncpg import UniqueViolationError
from msgspec import Struct

from arena.db import Connection, Db, Proxy, one
from arena.errors import ArenaError, Refused
from arena.people import passwords

EMAIL: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
NAME_CHARACTERS: Final = 100


class Role(StrEnum):
    """What an account may do beside what everybody may."""

    VOTER = "voter"
    PROVIDER = "provider"
    ANALYST = "analyst"
    MODERATOR = "moderator"
    OPERATOR = "operator"


class EmailTaken(ArenaError):
    """There is an account with this e-mail address. Sign in with it."""

    status = 409


class SignInFailed(ArenaError):
    """No account has this e-mail address with this password. Check both; capitals count in the password."""

    status = 401


class PasswordWrong(ArenaError):
    """The present password is not this one."""

    status = 401


class LastOperator(ArenaError):
    """An arena keeps at least one operator. Make somebody else one first."""

    status = 409


class Account(Struct, frozen=True, kw_only=True):
    """Somebody who can sign in."""

    id: UUID
    email: str
    name: str
    roles: frozenset[Role]
    created_at: datetime


class _Kept(Account, frozen=True, kw_only=True):
    password_hash: str | None


async def open(  # noqa: A001 - accounts.open(…) is how callers say it.
    db: Db, *, email: str, name: str, password: str | None, roles: Collection[Role]
) -> Account:
    """Open an account; without a password it is used with keys, or through an identity provider."""
    kept = None if password is None else await passwords.hashed(password)
    return await _enter(db, email=email, name=name, password_hash=kept, roles=roles, identity=(None, None))


async def sign_in(db: Db, email: str, password: str) -> Account:
    """The account of this address and password; SignInFailed tells no more than that they don't fit."""
    found = await one(
        db,
        _Kept,
        "SELECT id, email, name, roles, created_at, password_hash FROM accounts WHERE email = $1",
        email.strip().lower(),
    )
    if not await passwords.fits(password, found.password_hash if found else None) or found is None:
        raise SignInFailed
    return found


async def arrive(db: Db, *, issuer: str, subject: str, email: str, name: str) -> Account:
    """The account of who signed in at an identity provider, opened the first time.

    An address that has an account already is not taken over: whoever has it signs in as they do.
    """
    sql = "SELECT id, email, name, roles, created_at FROM accounts WHERE issuer = $1 AND subject = $2"
    known = await one(db, Account, sql, issuer, subject)
    if known:
        return known
    try:
        return await _enter(
            db, email=email, name=name, password_hash=None, roles=(Role.PROVIDER,), identity=(issuer, subject)
        )
    except EmailTaken:
        # Two of the same person's tabs may have come back at once.
        known = await one(db, Account, sql, issuer, subject)
        if known is None:
            raise
        return known


async def require(db: Db, email: str) -> Account:
    """The account with this address."""
    found = await one(
        db, Account, "SELECT id, email, name, roles, created_at FROM accounts WHERE email = $1", email.strip().lower()
    )
    if found is None:
        raise Refused("No account has the e-mail address “{email}”.", email=email[:200], field="email")
    return found


async def appoint(db: Connection | Proxy, account_id: UUID, roles: Collection[Role], *, by: UUID, reason: str) -> None:
    """Give the account these roles in place of those it has; who did so, and why, is kept.

    An arena keeps an operator: the last one can't be appointed to anything less.
    """
    async with db.transaction():
        # Two operators who dismiss each other at once must not both succeed: each waits for the other here.
        operators = await db.fetch("SELECT id FROM accounts WHERE 'operator' = ANY(roles) ORDER BY id FOR UPDATE")
        if Role.OPERATOR not in roles and [row["id"] for row in operators] == [account_id]:
            raise LastOperator
        await db.execute("UPDATE accounts SET roles = $2 WHERE id = $1", account_id, sorted(set(roles)))
        await db.execute(
            "INSERT INTO appointments (account_id, roles, appointed_by, reason) VALUES ($1, $2, $3, $4)",
            account_id,
            sorted(set(roles)),
            by,
            reason,
        )


async def set_password(db: Db, account_id: UUID, password: str) -> None:
    """Give the account this password in place of what it had."""
    await db.execute(
        "UPDATE accounts SET password_hash = $2 WHERE id = $1", account_id, await passwords.hashed(password)
    )


async def require_password(db: Db, account_id: UUID, password: str) -> None:
    """Make sure that this is the account's password."""
    kept = await db.fetchval("SELECT password_hash FROM accounts WHERE id = $1", account_id)
    if not await passwords.fits(password, kept):
        raise PasswordWrong(field="present")


async def _enter(
    db: Db,
    *,
    email: str,
    name: str,
    password_hash: str | None,
    roles: Collection[Role],
    identity: tuple[str | None, str | None],
) -> Account:
    plain, called = email.strip().lower(), " ".join(name.split())
    if not EMAIL.fullmatch(plain) or not plain.isprintable():
        raise Refused(
            "“{email}” is not an e-mail address; it has the form name@host.", email=email[:100], field="email"
        )
    if not 0 < len(called) <= NAME_CHARACTERS or not called.isprintable():
        raise Refused("A name has 1 to {most} characters that can be printed.", most=NAME_CHARACTERS, field="name")
    try:
        entered = await one(
            db,
            Account,
            """
            INSERT INTO accounts (email, name, roles, password_hash, issuer, subject) VALUES ($1, $2, $3, $4, $5, $6)
            RETURNING id, email, name, roles, created_at
            """,
            plain,
            called,
            sorted(roles),
            password_hash,
            *identity,
        )
    except UniqueViolationError:
        raise EmailTaken(field="email") from None
    assert entered is not None
    return entered
