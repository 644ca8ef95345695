"""Contenders: what is ranked, a model under a name with its settings."""

from uuid import UUID

from msgspec import Struct

from arena.db import Db


class Contender(Struct, frozen=True, kw_only=True):
    """What is said of a contender wherever its name may be said."""

    slug: str
    name: str
    organisation: str
    description: str


async def enter(db: Db, contender: Contender) -> UUID:
    """Enter a contender, or bring the one of this slug up to date."""
    entered: UUID = await db.fetchval(
        """
        INSERT INTO contenders (slug, name, organisation, description) VALUES ($1, $2, $3, $4)
        ON CONFLICT (slug) DO UPDATE
        SET name = EXCLUDED.name, organisation = EXCLUDED.organisation, description = EXCLUDED.description
        RETURNING id
        """,
        contender.slug,
        contender.name,
        contender.organisation,
        contender.description,
    )
    return entered
