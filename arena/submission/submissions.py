"""Submissions: what happened to endpoints, for their own providers and, where it is public, for everybody."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many, one
from arena.errors import NotFound


class Event(Struct, frozen=True, kw_only=True):
    """What happened to an endpoint; where both states are the same, `reason` says what."""

    id: int
    former: str | None
    state: str
    reason: str | None
    note: str | None
    actor: str
    happened_at: datetime


class PublicEvent(Event, frozen=True, kw_only=True):
    """What happened to an endpoint of a contender that the public has been told of."""

    contender: str
    name: str
    organisation: str


class Incident(Struct, frozen=True, kw_only=True):
    """An endpoint was taken out of battles: paused, or turned away by a check; `ended_at` is None while that lasts."""

    state: Literal["paused", "rejected"]
    reason: str | None
    note: str | None
    actor: str
    began_at: datetime
    ended_at: datetime | None


class Organisation(Struct, frozen=True, kw_only=True):
    """An organisation as everybody sees it: how many contenders it has brought, and has tested or tests in private."""

    slug: str
    name: str
    contenders: int
    private_variants: int


COLUMNS = "events.id, former, events.state, events.reason, events.note, actor, happened_at"
# What the arena notes by itself may tell how an endpoint is reached, and is for its provider.
PUBLIC = COLUMNS.replace("events.note", "CASE WHEN actor <> 'arena' THEN events.note END AS note")
# One that was committed later than it was registered was tested in private until then.
ORGANISATIONS = """
        SELECT providers.slug, providers.name,
               count(*) FILTER (WHERE committed_at IS NOT NULL) AS contenders,
               count(*) FILTER (WHERE contenders.id IS NOT NULL AND committed_at IS DISTINCT FROM entered_at)
                   AS private_variants
        FROM providers LEFT JOIN endpoints ON provider_id = providers.id
        LEFT JOIN contenders ON contenders.id = contender_id"""


async def of(db: Db, endpoint_id: UUID, *, before: int | None, most: int) -> list[Event]:
    """What happened to the endpoint, the latest first, from before this event on."""
    return await many(
        db,
        Event,
        f"""
        SELECT {COLUMNS} FROM endpoint_events AS events
        WHERE endpoint_id = $1 AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3
        """,  # noqa: S608 - a constant
        *(endpoint_id, before, most),
    )


async def listed(db: Db, *, before: int | None, most: int) -> list[PublicEvent]:
    """What happened to all endpoints that the public may know of, the latest first."""
    return await many(
        db,
        PublicEvent,
        f"""
        SELECT {PUBLIC}, contenders.slug AS contender, contenders.name, providers.slug AS organisation
        FROM endpoint_events AS events JOIN endpoints ON endpoints.id = endpoint_id
        JOIN contenders ON contenders.id = contender_id JOIN providers ON providers.id = provider_id
        WHERE committed_at IS NOT NULL AND ($1::bigint IS NULL OR events.id < $1) ORDER BY events.id DESC LIMIT $2
        """,  # noqa: S608 - a constant
        *(before, most),
    )


async def of_contender(db: Db, contender_id: UUID, *, most: int) -> list[Event]:
    """What happened to a contender's endpoint, as everybody may know it, the latest first."""
    return await many(
        db,
        Event,
        f"""
        SELECT {PUBLIC} FROM endpoint_events AS events JOIN endpoints ON endpoints.id = endpoint_id
        WHERE contender_id = $1 ORDER BY events.id DESC LIMIT $2
        """,  # noqa: S608 - a constant
        *(contender_id, most),
    )


async def incidents(db: Db, contender_id: UUID, *, most: int) -> list[Incident]:
    """When the contender's endpoint was paused or turned away, until when and why, the latest first."""
    return await many(
        db,
        Incident,
        f"""
        WITH steps AS (
            SELECT {PUBLIC}, lead(happened_at) OVER (ORDER BY events.id) AS ended_at
            FROM endpoint_events AS events JOIN endpoints ON endpoints.id = endpoint_id
            WHERE contender_id = $1 AND former IS DISTINCT FROM events.state
        )
        SELECT state, reason, note, actor, happened_at AS began_at, ended_at FROM steps
        WHERE state IN ('paused', 'rejected') ORDER BY id DESC LIMIT $2
        """,  # noqa: S608 - a constant
        *(contender_id, most),
    )


async def testers(db: Db) -> list[Organisation]:
    """The organisations that have tested anything in private, and how many variants that were."""
    private = "count(*) FILTER (WHERE contenders.id IS NOT NULL AND committed_at IS DISTINCT FROM entered_at) > 0"
    return await many(
        db, Organisation, f"{ORGANISATIONS} GROUP BY providers.id HAVING {private} ORDER BY providers.slug"
    )


async def organisation(db: Db, slug: str) -> Organisation:
    """An organisation that has brought anything to be ranked."""
    found = await one(db, Organisation, f"{ORGANISATIONS} WHERE providers.slug = $1 GROUP BY providers.id", slug)
    if found is None:
        raise NotFound("There is no organisation “{slug}” here.", slug=slug[:100])
    return found
