"""Providers: the organisations and servers that answer."""

import hashlib
import re
from typing import Final
from uuid import UUID

from arena.db import Connection, Db, Proxy
from arena.errors import ArenaError, Refused
from arena.people import members
from arena.people.members import Standing

NAME_CHARACTERS: Final = 100
MOST_OF_ONE_ACCOUNT: Final = 10
UNSPEAKABLE: Final = re.compile(r"[^a-z0-9.]+")


class OrganisationTaken(ArenaError):
    """There is an organisation of this name here. Ask one of its owners to let you in, or choose another name."""

    status = 409


async def enter(db: Db, *, slug: str, name: str) -> UUID:
    """Enter a provider, or bring the one of this slug up to date."""
    entered: UUID = await db.fetchval(
        """
        INSERT INTO providers (slug, name) VALUES ($1, $2)
        ON CONFLICT (slug) DO UPDATE SET name = EXCLUDED.name
        RETURNING id
        """,
        slug,
        name,
    )
    return entered


async def found(db: Connection | Proxy, *, name: str, account_id: UUID) -> str:
    """A new organisation, owned by this account; its slug."""
    called = " ".join(name.split())
    slug = slug_of(called)
    async with db.transaction():
        await db.execute("SELECT FROM accounts WHERE id = $1 FOR UPDATE", account_id)
        if len(await members.of(db, account_id)) >= MOST_OF_ONE_ACCOUNT:
            raise Refused("An account belongs to at most {most} organisations.", most=MOST_OF_ONE_ACCOUNT)
        provider_id = await db.fetchval(
            "INSERT INTO providers (slug, name) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING id", slug, called
        )
        if provider_id is None:
            raise OrganisationTaken(field="organisation")
        await members.set(db, provider_id, account_id, Standing.OWNER)
    return slug


def slug_of(name: str) -> str:
    """The name in the letters of addresses; a name that has none of them gets some of its hash."""
    if not 0 < len(name) <= NAME_CHARACTERS or not name.isprintable():
        raise Refused(
            "An organisation's name has 1 to {most} characters that can be printed.",
            most=NAME_CHARACTERS,
            field="organisation",
        )
    plain = UNSPEAKABLE.sub("-", name.lower()).strip("-.")
    return plain or f"organisation-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:12]}"
