"""Entries: how many contenders providers entered, how many of them are retired, and what trying many is worth."""

from statistics import NormalDist
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many
from rating import variants

# How many standard errors an interval of 95 % reaches.
REACH: Final = NormalDist().inv_cdf(0.975)


class Variants(Struct, frozen=True, kw_only=True):
    """How many contenders a provider entered, how many of them are not told of yet, and what trying so many is worth.

    `inflation` is how many points the best of so many equal ones is shown above its strength, by the standard error of
    the best that is on the board; None where none of them is, or its interval is open.
    """

    slug: str
    name: str
    tried: int
    private: int
    best: str | None
    inflation: float | None


class Retired(Struct, frozen=True, kw_only=True):
    """How many of those that a provider, or a licence, entered are retired; what is tested privately is not counted."""

    name: str
    entered: int
    retired: int


class _Tried(Struct, frozen=True):
    slug: str
    name: str
    tried: int
    private: int
    best: str | None
    half_width: float | None


async def tried(db: Db, snapshot_id: UUID | None) -> list[Variants]:
    """What each provider entered, and how its best stands in a snapshot; who entered most comes first."""
    return [_inflated(each) for each in await many(db, _Tried, TRIED, snapshot_id)]


async def by_provider(db: Db) -> list[Retired]:
    """What is retired of what providers entered."""
    return await many(db, Retired, RETIRED.format(of="providers.name"))


async def by_licence(db: Db) -> list[Retired]:
    """What is retired of what was entered under each licence, an empty one where the card names none."""
    return await many(db, Retired, RETIRED.format(of="licence"))


def _inflated(tried: _Tried) -> Variants:
    error = None if tried.half_width is None else tried.half_width / REACH
    return Variants(
        slug=tried.slug,
        name=tried.name,
        tried=tried.tried,
        private=tried.private,
        best=tried.best,
        inflation=None if error is None else variants.inflation(error, tried.tried),
    )


TRIED: Final = """
        WITH entered AS (
            SELECT provider_id, contender_id, committed_at IS NULL AS private
            FROM endpoints JOIN contenders ON contenders.id = contender_id
        ),
        stood AS (
            SELECT DISTINCT ON (provider_id) provider_id, standings.name, (upper - lower) / 2 AS half_width
            FROM entered JOIN standings USING (contender_id)
            WHERE snapshot_id = $1 AND shown ORDER BY provider_id, rating DESC
        )
        SELECT slug, providers.name, count(*) AS tried, count(*) FILTER (WHERE private) AS private,
               min(stood.name) AS best, min(half_width) AS half_width
        FROM entered JOIN providers ON providers.id = provider_id LEFT JOIN stood USING (provider_id)
        GROUP BY slug, providers.name ORDER BY tried DESC, slug"""
RETIRED: Final = """
        SELECT {of} AS name, count(*) AS entered, count(*) FILTER (WHERE endpoints.state = 'retired') AS retired
        FROM endpoints JOIN providers ON providers.id = provider_id JOIN contenders ON contenders.id = contender_id
        WHERE committed_at IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"""
