"""Fairness: what providers were promised and got, how many versions they tried, what was retired, and who failed.

Only battles of whole days (UTC) that are over: numbers that move with a battle under way would tell who is in it.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import Final

import numpy as np
from msgspec import Struct

from arena.db import Db, Pool, many, one
from arena.integration import entries, failures
from arena.integration.boards import OVERALL
from arena.integration.entries import Retired, Variants
from arena.integration.failures import Failures, Rated
from rating import streams, variants
from rating.streams import Purpose

DAYS: Final = 30
SEED: Final = 20260101


class Share(Struct, frozen=True, kw_only=True):
    """Of how many sides the draws let a provider, or a contender, be expected (`promised`), and of how many it was.

    Contenders that are tested privately are one line without a name.
    """

    slug: str
    name: str
    promised: float
    drawn: int


class Exposure(Struct, frozen=True, kw_only=True):
    """The drawn battles of these days, and whether the sides they gave out were as promised.

    `p` is the chance of shares no likelier than those found, by the multinomial test on one side of each battle, chosen
    by its id; `exact` says whether all tables were counted, or drawn by chance (a test that is exact as well). None
    where nothing was drawn.
    """

    battles: int
    providers: list[Share]
    providers_p: float | None
    providers_exact: bool
    contenders: list[Share]
    contenders_p: float | None
    contenders_exact: bool


class Report(Struct, frozen=True, kw_only=True):
    """Fairness to providers, in so many whole days before `until`; `release` is the one that ratings are of.

    Ratings are of a fit in which a tie is half a win to each, so they may differ a little from the board's own.
    """

    days: int
    until: datetime
    release: str | None
    exposure: Exposure
    variants: list[Variants]
    retired_by_provider: list[Retired]
    retired_by_licence: list[Retired]
    failures: list[Failures]
    ratings: list[Rated]


class _Drawn(Struct, frozen=True):
    provider: str
    provider_name: str
    contender: str
    contender_name: str
    promised: float
    drawn: int
    chosen: int


async def due(db: Db) -> bool:
    """Whether a day is over that no report is made of."""
    return bool(
        await db.fetchval(
            "SELECT NOT EXISTS (SELECT FROM fairness_reports WHERE until = date_trunc('day', now(), 'UTC'))"
        )
    )


async def report(db: Pool) -> Report:
    """Work the report out for the days that are over by now, and keep it."""
    until: datetime = await db.fetchval("SELECT date_trunc('day', now(), 'UTC')")
    row = await db.fetchrow(LAST, OVERALL)
    release_id, snapshot_id = row or (None, None)
    made = Report(
        days=DAYS,
        until=until,
        release=release_id,
        exposure=await _exposure(db, until),
        variants=await entries.tried(db, snapshot_id),
        retired_by_provider=await entries.by_provider(db),
        retired_by_licence=await entries.by_licence(db),
        failures=await failures.listed(db, until, DAYS),
        ratings=[] if snapshot_id is None else await failures.ratings(db, snapshot_id, until, DAYS),
    )
    await db.execute(
        "INSERT INTO fairness_reports (until, report) VALUES ($1, $2) ON CONFLICT (until) DO NOTHING", until, made
    )
    return made


async def latest(db: Db) -> Report | None:
    """The last report, None before the first."""
    found = await one(db, _Kept, "SELECT report FROM fairness_reports ORDER BY until DESC LIMIT 1")
    return None if found is None else found.report


class _Kept(Struct, frozen=True):
    report: Report


async def _exposure(db: Db, until: datetime) -> Exposure:
    met = await many(db, _Drawn, DRAWN, until, DAYS)
    providers, providers_p = _shares((each.provider, each.provider_name, each) for each in met)
    contenders, contenders_p = _shares((each.contender, each.contender_name, each) for each in met)
    return Exposure(
        battles=sum(each.chosen for each in met),
        providers=providers,
        providers_p=None if providers_p is None else providers_p.p,
        providers_exact=providers_p is not None and providers_p.exact,
        contenders=contenders,
        contenders_p=None if contenders_p is None else contenders_p.p,
        contenders_exact=contenders_p is not None and contenders_p.exact,
    )


def _shares(met: Iterable[tuple[str, str, _Drawn]]) -> tuple[list[Share], variants.Shares | None]:
    """What each got of what it was promised, the largest promise first, and how likely that is."""
    groups: dict[tuple[str, str], list[_Drawn]] = defaultdict(list)
    for slug, name, each in met:
        groups[slug, name].append(each)
    found = [
        (sum(one.promised for one in of), sum(one.drawn for one in of), sum(one.chosen for one in of))
        for of in groups.values()
    ]
    shares = [
        Share(slug=slug, name=name, promised=promised, drawn=drawn)
        for (slug, name), (promised, drawn, _) in zip(groups, found, strict=True)
    ]
    shares.sort(key=lambda share: (-share.promised, share.slug))
    promised, chosen = np.array([one[0] for one in found]), np.array([one[2] for one in found], dtype=np.int64)
    if not chosen.sum():
        return shares, None
    rng = streams.opened(SEED, Purpose.SIMULATION)
    return shares, variants.promised(chosen, promised / promised.sum(), rng)


LAST: Final = """
        SELECT releases.id, snapshot_id FROM releases JOIN boards ON boards.id = board_id
        WHERE slug = $1 ORDER BY published_at DESC, releases.id DESC LIMIT 1"""
# The side that is tested is chosen by the battle's id, so that what one battle gave out is counted once.
DRAWN: Final = f"""
        WITH drawn AS (SELECT id, draw_id FROM battles WHERE draw_id IS NOT NULL AND {failures.OVER}),
        promises AS (
            SELECT endpoint_id, sum(times * share) AS promised
            FROM (SELECT draw_id, count(*) AS times FROM drawn GROUP BY draw_id) AS taken
            JOIN draws ON draws.id = draw_id
            CROSS JOIN unnest(endpoint_ids, shares) AS each (endpoint_id, share)
            GROUP BY endpoint_id
        ),
        met AS (
            SELECT endpoint_id, count(*) AS drawn,
                   count(*) FILTER (WHERE position = get_byte(uuid_send(battle_id), 15) & 1) AS chosen
            FROM drawn JOIN sides ON battle_id = drawn.id GROUP BY endpoint_id
        )
        SELECT providers.slug AS provider, providers.name AS provider_name,
               CASE WHEN committed_at IS NULL THEN '' ELSE contenders.slug END AS contender,
               CASE WHEN committed_at IS NULL THEN '' ELSE contenders.name END AS contender_name,
               promised, coalesce(drawn, 0) AS drawn, coalesce(chosen, 0) AS chosen
        FROM promises
        LEFT JOIN met USING (endpoint_id)
        JOIN endpoints ON endpoints.id = endpoint_id
        JOIN providers ON providers.id = provider_id
        JOIN contenders ON contenders.id = contender_id
        ORDER BY contenders.slug"""  # noqa: S608 - a constant
