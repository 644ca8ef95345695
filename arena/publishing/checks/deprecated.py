"""Contenders, judges and keys that are past their time and still there."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import many
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check

HOUR: Final = timedelta(hours=1)
UNDRAWN: Final = "D2"
UNSEEN: Final = timedelta(days=14)
# Whom chance should have drawn twenty times and did not was not left out by chance.
BATTLES_EACH: Final = 10


class _Contender(Struct, frozen=True):
    slug: str
    name: str
    since: datetime


@check(
    "D1",
    Smell.DEPRECATED,
    Entity.MODEL,
    severity=Severity.MAJOR,
    threshold="An hour after the date that its provider gave.",
)
async def outlived(scene: Scene) -> list[Sighting]:
    """No contender is offered after the day on which its provider said that it retires."""
    found = await many(
        scene.db,
        _Contender,
        """
        SELECT slug, name, retires_at AS since FROM endpoints JOIN contenders ON contenders.id = contender_id
        WHERE retires_at < $1 AND state <> 'retired' AND committed_at IS NOT NULL ORDER BY slug
        """,
        scene.now - HOUR,
    )
    return [
        Sighting(
            subject=f"contender {one.slug}",
            sentence="{name} was to retire on {date}, and is still there.",
            values={"name": one.name, "date": one.since.date().isoformat()},
            observed=f"present at {scene.now:%Y-%m-%d}",
            expected=f"retired at {one.since:%Y-%m-%d}",
            evidence=f"/contenders/{one.slug}",
        )
        for one in found
    ]


@check(
    UNDRAWN,
    Smell.DEPRECATED,
    Entity.MODEL,
    Entity.RANKING_TABLE,
    severity=Severity.WARN,
    every=HOUR,
    threshold="Not drawn in 14 days, with ten battles or more for each listed contender in that time.",
)
async def undrawn(scene: Scene) -> list[Sighting]:
    """Every listed contender is drawn for battles as long as there are any."""
    since = scene.now - UNSEEN
    found = await many(
        scene.db,
        _Contender,
        """
        WITH listed AS (
            SELECT endpoints.id, slug, name, greatest(state_since, listed_at) AS since
            FROM endpoints JOIN contenders ON contenders.id = contender_id
            WHERE state = 'listed' AND committed_at IS NOT NULL
        ), asked AS (
            SELECT FROM turns WHERE turn = 1 AND asked_at > $1 LIMIT (SELECT $2 * count(*) FROM listed)
        )
        SELECT slug, name, since FROM listed
        WHERE since < $1 AND (SELECT count(*) FROM asked) >= $2 * (SELECT count(*) FROM listed)
          AND NOT EXISTS (SELECT FROM sides WHERE sides.endpoint_id = listed.id AND last_asked_at > $1)
        ORDER BY slug
        """,
        since,
        BATTLES_EACH,
    )
    return [
        Sighting(
            subject=f"contender {one.slug}",
            sentence="{name} is listed, and was not drawn for a battle in {days} days.",
            values={"name": one.name, "days": UNSEEN.days},
            observed="battles: 0",
            expected="battles: 1 or more",
            evidence=f"/contenders/{one.slug}",
        )
        for one in found
    ]


@check(
    "D6",
    Smell.DEPRECATED,
    Entity.HARNESS,
    Entity.METRIC,
    severity=Severity.MAJOR,
    threshold="One listed judge whose endpoint is retired or was rejected.",
)
async def judges_gone(scene: Scene) -> list[Sighting]:
    """Every judge that is listed can still be asked."""
    found = await many(
        scene.db,
        _Contender,
        """
        SELECT judges.slug, judges.name, state_since AS since
        FROM judges JOIN endpoints ON endpoints.id = endpoint_id
        WHERE judges.state = 'listed' AND endpoints.state IN ('retired', 'rejected') ORDER BY judges.slug
        """,
    )
    return [
        Sighting(
            subject=f"judge {one.slug}",
            sentence="The judge “{judge}” is listed, and its endpoint has been retired since {date}.",
            values={"judge": one.name, "date": one.since.date().isoformat()},
            observed="endpoint: retired",
            expected="endpoint: listed",
            evidence=f"/judges/{one.slug}",
        )
        for one in found
    ]


class _Key(Struct, frozen=True):
    id: str
    account_id: UUID
    used_at: datetime
    ended_at: datetime


@check(
    "D9",
    Smell.DEPRECATED,
    Entity.SUBMISSION_CHANNEL,
    severity=Severity.MAJOR,
    every=HOUR,
    threshold="One use, a minute after its end.",
)
async def keys_outlived(scene: Scene) -> list[Sighting]:
    """No API key is used after the day it ends on, or after it was revoked."""
    found = await many(
        scene.db,
        _Key,
        """
        SELECT id, account_id, used_at, least(expires_at, revoked_at) AS ended_at FROM api_keys
        WHERE used_at > least(expires_at, revoked_at) + interval '1 minute' ORDER BY id
        """,
    )
    return [
        Sighting(
            subject=f"key {one.id}",
            sentence="An API key that ended on {date} was used after that.",
            values={"date": one.ended_at.date().isoformat()},
            observed=one.used_at.isoformat(),
            expected=f"until {one.ended_at.isoformat()}",
        )
        for one in found
    ]
