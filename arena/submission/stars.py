"""Stars: what people with an account like. They make a board of their own, and no rating knows of them."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many, one
from arena.errors import ArenaError
from arena.submission import names
from arena.submission.places import Place


class Retired(ArenaError):
    """This contender is retired, so it can't be starred any more."""

    status = 409


class Star(Struct, frozen=True, kw_only=True):
    """What an account's star for a contender is; times are null where there is none.

    `counts_from` is when the account is old enough for it to count, `stars` how many stars count now.
    """

    contender: str
    starred_at: datetime | None
    counts_from: datetime | None
    stars: int


class Popular(Struct, frozen=True, kw_only=True):
    """A contender on the popularity board; `since` is when the first of its stars was given, null where it has none."""

    contender: str
    name: str
    organisation: str
    stars: int
    since: datetime | None


async def give(db: Db, account_id: UUID, slug: str, *, age: timedelta) -> Star:
    """Star a contender that the public knows of; the same star again is the same star."""
    given = await db.fetchval(
        """
        INSERT INTO stars (account_id, contender_id)
        SELECT $1, contenders.id FROM contenders LEFT JOIN endpoints ON contender_id = contenders.id
        WHERE slug = $2 AND committed_at IS NOT NULL AND state IS DISTINCT FROM 'retired'
        ON CONFLICT (account_id, contender_id) DO UPDATE SET starred_at = stars.starred_at
        RETURNING true
        """,
        account_id,
        slug,
    )
    star = await _require(db, account_id, slug, age)
    if not given:
        raise Retired
    return star


async def take_back(db: Db, account_id: UUID, slug: str, *, age: timedelta) -> Star:
    """Star the contender no more; where there was no star, nothing changes."""
    await db.execute(
        "DELETE FROM stars USING contenders WHERE contender_id = contenders.id AND account_id = $1 AND slug = $2",
        account_id,
        slug,
    )
    return await _require(db, account_id, slug, age)


async def of(db: Db, account_id: UUID) -> list[str]:
    """The contenders that the account has starred, the latest first."""
    rows = await db.fetch(
        """
        SELECT slug FROM stars JOIN contenders ON contenders.id = contender_id
        WHERE account_id = $1 ORDER BY starred_at DESC, slug
        """,
        account_id,
    )
    return [row["slug"] for row in rows]


async def board(db: Db, *, age: timedelta, after: Place, most: int) -> tuple[list[Popular], str | None]:
    """Contenders that can be starred, the most popular first, and the cursor of those that follow.

    Only stars of accounts of this age count.
    """
    found = await many(
        db,
        Popular,
        """
        WITH counted AS (
            SELECT contender_id, count(*) AS stars, min(starred_at) AS since FROM stars
            WHERE NOT EXISTS (SELECT FROM accounts WHERE id = account_id AND created_at > now() - $1::interval)
            GROUP BY contender_id
        ), shown AS (
            SELECT slug AS contender, name, organisation, coalesce(stars, 0) AS stars, since
            FROM contenders
            LEFT JOIN endpoints ON endpoints.contender_id = contenders.id
            LEFT JOIN counted ON counted.contender_id = contenders.id
            WHERE committed_at IS NOT NULL AND state IS DISTINCT FROM 'retired'
        )
        SELECT contender, name, organisation, stars, since FROM shown
        WHERE stars < $2::bigint OR (stars = $2 AND contender > $3)
        ORDER BY stars DESC, contender LIMIT $4
        """,
        age,
        after.count,
        after.name,
        most + 1,
    )
    return found[:most], Place(found[most - 1].stars, found[most - 1].contender).cursor if len(found) > most else None


async def _require(db: Db, account_id: UUID, slug: str, age: timedelta) -> Star:
    """How the account and this contender stand, if the public knows of it."""
    found = await one(
        db,
        Star,
        """
        SELECT slug AS contender, starred_at, greatest(starred_at, created_at + $3::interval) AS counts_from,
               (SELECT count(*) FROM stars AS all_stars WHERE all_stars.contender_id = contenders.id AND NOT EXISTS (
                    SELECT FROM accounts AS fresh
                    WHERE fresh.id = all_stars.account_id AND fresh.created_at > now() - $3::interval
                )) AS stars
        FROM contenders LEFT JOIN (stars JOIN accounts ON accounts.id = stars.account_id)
             ON stars.contender_id = contenders.id AND stars.account_id = $1
        WHERE slug = $2 AND committed_at IS NOT NULL
        """,
        account_id,
        slug,
        age,
    )
    if found is None:
        raise await names.missing(db, slug)
    return found
