"""Contenders: what is ranked, a model under a name with its settings."""

import hashlib
import re
from uuid import UUID

from msgspec import Struct

from arena.db import Db

SLUG_CHARACTERS = 100
UNSPEAKABLE = re.compile(r"[^a-z0-9.]+")


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


async def enter_names(db: Db, prefix: str, names: set[str]) -> dict[str, UUID]:
    """Enter contenders that nobody can meet here, with slugs that begin with the prefix; known names stay who they are.

    Whoever calls this holds a lock that keeps others from using the same prefix at once.
    """
    rows = await db.fetch("SELECT id, slug, name FROM contenders WHERE starts_with(slug, $1)", prefix)
    known: dict[str, UUID] = {row["name"]: row["id"] for row in rows}
    taken = {row["slug"] for row in rows}
    slugs = []
    new = sorted(names - known.keys())
    for name in new:
        slugs.append(_slug(prefix, name, taken))
        taken.add(slugs[-1])
    entered = await db.fetch(
        """
        INSERT INTO contenders (slug, name, organisation, description)
        SELECT slug, name, '', '' FROM unnest($1::text[], $2::text[]) AS given (slug, name)
        RETURNING id, name
        """,
        slugs,
        new,
    )
    return known | {row["name"]: row["id"] for row in entered}


def _slug(prefix: str, name: str, taken: set[str]) -> str:
    """The name in the letters of slugs; with some of its hash where that says too little or is another's already."""
    plain = UNSPEAKABLE.sub("-", name.lower()).strip("-.")
    slug = f"{prefix}{plain}"
    if plain and len(slug) <= SLUG_CHARACTERS and slug not in taken:
        return slug
    mark = hashlib.sha256(name.encode()).hexdigest()[:16]
    return prefix + f"{plain[: SLUG_CHARACTERS - len(prefix) - len(mark) - 1]}-{mark}".lstrip("-")
