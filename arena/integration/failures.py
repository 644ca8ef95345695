"""Failures: which contenders failed in their battles, and how they would be rated if failing were losing."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.db import Db, many
from arena.integration import meetings
from rating import bradley_terry
from rating.arrays import Matrix
from rating.scale import PER_LOGIT


class Failures(Struct, frozen=True, kw_only=True):
    """How a contender's blind battles of these days ended for it.

    `failed` counts those in which it failed and the other side did not, `kinds` all its failures. Nobody is swapped
    for another when it fails: the battle is void.
    """

    contender: str
    name: str
    battles: int
    failed: int
    kinds: dict[str, int]


class Failed(Struct, frozen=True):
    """How often `contender` failed in front of `other`, which did not."""

    contender: str
    other: str
    times: int


class Rated(Struct, frozen=True):
    """A contender's rating if failures are left out, as the board does, lost, or filled in by what the fit expects."""

    contender: str
    name: str
    excluded: float
    loss: float
    imputed: float


async def listed(db: Db, until: datetime, days: int) -> list[Failures]:
    """How the contenders' battles of these days before a moment ended for them, who failed most first."""
    return await many(db, Failures, FAILURES, until, days)


async def ratings(db: Db, snapshot_id: UUID, until: datetime, days: int) -> list[Rated]:
    """The ratings of a snapshot in three ways; none where it keeps no meetings, or nobody met."""
    kept = await meetings.read(db, snapshot_id)
    if kept is None or len(kept.met.contenders) < 2:
        return []
    rows = await db.fetch(
        """
        SELECT slug, standings.name FROM standings JOIN contenders ON contenders.id = contender_id
        WHERE snapshot_id = $1 AND shown
        """,
        snapshot_id,
    )
    names: dict[str, str] = {row["slug"]: row["name"] for row in rows}
    wins = kept.met.wins + (kept.met.ties + kept.met.both_bad) / 2
    return rated(kept.met.contenders, names, wins, await many(db, Failed, FAILED, until, days))


def rated(contenders: Sequence[str], names: Mapping[str, str], wins: Matrix, failed: Sequence[Failed]) -> list[Rated]:
    """The ratings in three ways, of those who have names, the highest first; failures against others are left out."""
    places = {slug: place for place, slug in enumerate(contenders)}
    lost = np.zeros(wins.shape)
    for each in failed:
        if each.contender in places and each.other in places:
            lost[places[each.other], places[each.contender]] += each.times
    excluded = bradley_terry.of_wins(wins)
    filled = (lost + lost.T) * excluded.chances
    fits = [excluded, bradley_terry.of_wins(wins + lost), bradley_terry.of_wins(wins + filled)]
    ratings = [1000 + PER_LOGIT * fit.theta for fit in fits]
    found = [
        Rated(slug, names[slug], *(float(each[place]) for each in ratings))
        for place, slug in enumerate(contenders)
        if slug in names
    ]
    return sorted(found, key=lambda line: (-line.excluded, line.contender))


# The battles that are over, of so many days before a moment.
OVER: Final = "kind = 'blind' AND closed_at < $1 AND opened_at >= $1 - make_interval(days => $2)"
ENDED: Final = f"""
        WITH ended AS (
            SELECT battle_id, position, contender_id, array_remove(array_agg(failure), NULL) AS failures
            FROM battles JOIN sides ON battle_id = battles.id LEFT JOIN answers USING (battle_id, position)
            WHERE {OVER} GROUP BY battle_id, position, contender_id
        )"""  # noqa: S608 - a constant
FAILED: Final = f"""{ENDED}
        SELECT mine.slug AS contender, others.slug AS other, count(*) AS times
        FROM ended JOIN ended AS beside USING (battle_id)
        JOIN contenders AS mine ON mine.id = ended.contender_id
        JOIN contenders AS others ON others.id = beside.contender_id
        WHERE ended.position <> beside.position AND cardinality(ended.failures) > 0
          AND cardinality(beside.failures) = 0
        GROUP BY mine.slug, others.slug"""  # noqa: S608 - a constant
FAILURES: Final = f"""{ENDED}
        SELECT slug AS contender, name, count(*) AS battles,
               count(*) FILTER (WHERE cardinality(ended.failures) > 0 AND cardinality(beside.failures) = 0) AS failed,
               coalesce((SELECT jsonb_object_agg(failure, times) FROM (
                   SELECT failure, count(*) AS times FROM ended AS own CROSS JOIN unnest(own.failures) AS each (failure)
                   WHERE own.contender_id = contenders.id GROUP BY failure
               ) AS kind), '{{}}') AS kinds
        FROM ended JOIN ended AS beside USING (battle_id) JOIN contenders ON contenders.id = ended.contender_id
        WHERE ended.position <> beside.position AND committed_at IS NOT NULL
        GROUP BY contenders.id, slug, name ORDER BY failed DESC, battles DESC, slug"""  # noqa: S608 - a constant
