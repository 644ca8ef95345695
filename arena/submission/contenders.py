"""Contenders: what is ranked, a model under a name with its settings."""

import hashlib
import re
from datetime import datetime
from uuid import UUID

import msgspec
from asyncpg import UniqueViolationError
from msgspec import Struct

from arena.db import Connection, Db, Proxy, many, one
from arena.errors import ArenaError
from arena.submission import cards
from arena.submission import names as known_names
from arena.submission.cards import Card, Party

SLUG_CHARACTERS = 100
UNSPEAKABLE = re.compile(r"[^a-z0-9.]+")


class Duplicate(ArenaError):
    """This contender is entered already."""

    status = 409


class PublicAlready(ArenaError):
    """The public has been told of this contender already."""

    status = 409


class Named(Struct, frozen=True):
    """What a contender is told apart by."""

    name: str
    organisation: str
    version: str
    precision: str


class Summary(Named, frozen=True):
    """A contender in the list of contenders."""

    slug: str
    state: str | None
    party: Party | None


class Renamed(Struct, frozen=True):
    """A name that a contender had, and why it has it no more."""

    former_name: str
    name: str
    reason: str
    renamed_at: datetime


class Entry(Struct, frozen=True, kw_only=True):
    """A contender's public page: its card, its history, and its versions before and after."""

    slug: str
    name: str
    card: Card
    state: str | None
    state_since: datetime | None
    reason: str | None
    note: str | None
    retires_at: datetime | None
    provider: str | None
    entered_at: datetime
    committed_at: datetime
    follows: str | None
    followed_by: list[str]
    renames: list[Renamed]


class Contender(Struct, frozen=True, kw_only=True):
    """What is said of a contender wherever its name may be said."""

    slug: str
    name: str
    organisation: str
    description: str
    licence: str = ""


async def enter(db: Db, contender: Contender) -> UUID:
    """Enter a contender, or bring the one of this slug up to date."""
    entered: UUID = await db.fetchval(
        """
        INSERT INTO contenders (slug, name, organisation, description, licence) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (slug) DO UPDATE
        SET name = EXCLUDED.name, organisation = EXCLUDED.organisation, description = EXCLUDED.description,
            licence = coalesce(nullif(EXCLUDED.licence, ''), contenders.licence)
        RETURNING id
        """,
        contender.slug,
        contender.name,
        contender.organisation,
        contender.description,
        contender.licence,
    )
    return entered


async def register(
    db: Connection | Proxy, name: str, card: Card, *, private: bool, follows: UUID | None = None
) -> UUID:
    """Enter a contender that nobody has entered yet; a private one is not told of before it is committed."""
    words = " ".join(part for part in (card.organisation, name, card.version, card.precision) if part)
    near = await db.fetch("SELECT slug FROM contenders WHERE starts_with(slug, $1)", _plain(words))
    try:
        async with db.transaction():  # so that the caller's own outlives a refusal
            entered: UUID = await db.fetchval(
                """
                INSERT INTO contenders (slug, name, organisation, description, version, precision, parameters_billions,
                    architecture, kind, licence, open_weights, released_on, links, party, identity, follows_id,
                    committed_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
                    CASE WHEN $17 THEN NULL ELSE now() END)
                RETURNING id
                """,
                _slug("", words, {row["slug"] for row in near}),
                name,
                *(card.organisation, card.description, card.version, card.precision, card.parameters_billions),
                *(
                    card.architecture,
                    card.kind,
                    card.licence,
                    card.open_weights,
                    card.released_on,
                    card.links,
                    card.party,
                ),
                cards.identity(name, card),
                follows,
                private,
            )
    except UniqueViolationError:
        raise await _taken(db, cards.identity(name, card)) from None
    return entered


async def listed(db: Db, *, after: str, party: Party | None = None, most: int) -> list[Summary]:
    """Contenders that the public may know of, by slug, from the one after this; of one party alone if that is asked."""
    return await many(
        db,
        Summary,
        """
        SELECT slug, name, organisation, version, precision, state, party
        FROM contenders LEFT JOIN endpoints ON contender_id = contenders.id
        WHERE committed_at IS NOT NULL AND slug > $1 AND ($2::text IS NULL OR party = $2) ORDER BY slug LIMIT $3
        """,
        *(after, party, most),
    )


async def require(db: Db, slug: str) -> Entry:
    """What the public may know of this contender."""
    row = await db.fetchrow(
        """
        SELECT contenders.*, state, state_since, reason, retires_at, providers.slug AS provider,
               -- What the arena notes by itself may tell how the endpoint is reached.
               CASE WHEN state IN ('paused', 'retired') THEN note END AS note,
               (SELECT slug FROM contenders AS former WHERE former.id = contenders.follows_id
                AND former.committed_at IS NOT NULL) AS follows,
               ARRAY(SELECT slug FROM contenders AS later WHERE later.follows_id = contenders.id
                     AND later.committed_at IS NOT NULL ORDER BY later.entered_at) AS followed_by
        FROM contenders LEFT JOIN endpoints ON contender_id = contenders.id
        LEFT JOIN providers ON providers.id = provider_id
        WHERE contenders.slug = $1 AND committed_at IS NOT NULL
        """,
        slug,
    )
    if row is None:
        raise await known_names.missing(db, slug)
    renames = await many(
        db,
        Renamed,
        "SELECT former_name, name, reason, renamed_at FROM renames WHERE contender_id = $1 ORDER BY renamed_at",
        row["id"],
    )
    card = {name: row[name] for name in Card.__struct_fields__}
    return msgspec.convert(dict(row) | {"card": card, "renames": renames}, Entry)


async def rename(db: Connection | Proxy, contender_id: UUID, name: str, *, reason: str, account_id: UUID) -> None:
    """Give the contender another name; what it was called, and why no longer, is kept."""
    try:
        async with db.transaction():
            former = await one(
                db,
                Named,
                "SELECT name, organisation, version, precision FROM contenders WHERE id = $1 FOR UPDATE",
                contender_id,
            )
            assert former is not None
            card = Card(organisation=former.organisation, version=former.version, precision=former.precision)
            identity = cards.identity(name, card)
            await db.execute(
                "UPDATE contenders SET name = $2, identity = $3 WHERE id = $1", contender_id, name, identity
            )
            await db.execute(
                "INSERT INTO renames (contender_id, former_name, name, reason, account_id) VALUES ($1, $2, $3, $4, $5)",
                contender_id,
                former.name,
                name,
                reason,
                account_id,
            )
    except UniqueViolationError:
        raise await _taken(db, identity) from None


async def commit(db: Db, contender_id: UUID) -> None:
    """Tell the public of the contender from now on; what it did before that never counts."""
    sql = "UPDATE contenders SET committed_at = now() WHERE id = $1 AND committed_at IS NULL RETURNING true"
    if not await db.fetchval(sql, contender_id):
        raise PublicAlready


async def _taken(db: Db, identity: str) -> Duplicate:
    slug = await db.fetchval("SELECT slug FROM contenders WHERE identity = $1", identity)
    return Duplicate(
        "This is entered already, as /contenders/{slug}. "
        "If yours is another one, say by its version or precision what differs.",
        slug=str(slug),
        field="name",
    )


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


async def names(db: Db, prefix: str) -> dict[str, str]:
    """The names of the contenders whose slugs begin so, by slug."""
    rows = await db.fetch("SELECT slug, name FROM contenders WHERE starts_with(slug, $1)", prefix)
    return {row["slug"]: row["name"] for row in rows}


def _slug(prefix: str, name: str, taken: set[str]) -> str:
    """The name in the letters of slugs; with some of its hash where that says too little or is another's already."""
    plain = _plain(name)
    slug = f"{prefix}{plain}"
    if plain and len(slug) <= SLUG_CHARACTERS and slug not in taken:
        return slug
    mark = hashlib.sha256(name.encode()).hexdigest()[:16]
    return prefix + f"{plain[: SLUG_CHARACTERS - len(prefix) - len(mark) - 1]}-{mark}".lstrip("-")


def _plain(name: str) -> str:
    return UNSPEAKABLE.sub("-", name.lower()).strip("-.")
