"""Providers: the organisations and servers that answer."""

from uuid import UUID

from arena.db import Db


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
