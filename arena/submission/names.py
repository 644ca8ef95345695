"""Names: contenders that the public may know of, by their slugs, and which one is meant where there is none."""

from uuid import UUID

from arena.db import Db
from arena.errors import NotFound
from arena.nearest import nearest


class NoSuchContender(NotFound):
    """There is no contender of this name."""


async def known(db: Db, slug: str) -> UUID:
    """The contender of this slug, if the public may know of it."""
    found: UUID | None = await db.fetchval(
        "SELECT id FROM contenders WHERE slug = $1 AND committed_at IS NOT NULL", slug
    )
    if found is None:
        raise await missing(db, slug)
    return found


async def missing(db: Db, slug: str) -> NoSuchContender:
    """Says that there is none of this name, and which name is nearest; what is tested in private is never told."""
    rows = await db.fetch("SELECT slug, name FROM contenders WHERE committed_at IS NOT NULL ORDER BY slug")
    names = {row["name"]: row["name"] for row in rows} | {row["slug"]: row["name"] for row in rows}
    near = nearest(slug, names)
    if near is None:
        return NoSuchContender("There is no contender called “{name}”.", name=slug[:100])
    return NoSuchContender(
        "There is no contender called “{name}”. The nearest name is {near}.", name=slug[:100], near=names[near]
    )
