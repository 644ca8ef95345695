"""Life cycles over HTTP: pause, resume, retire, publish; what happened to an endpoint, and how it is met."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from arena import guards
from arena.api import endpoints
from arena.api.endpoints import EndpointShown
from arena.config import Settings
from arena.db import Pool
from arena.errors import NotFound
from arena.evaluation import exposures
from arena.evaluation.exposures import Exposure, Today
from arena.guards import Asker
from arena.people import members
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.publishing.latest import Latest
from arena.submission import cards, health, lifecycle, registrations, submissions
from arena.submission.health import Hour
from arena.submission.lifecycle import Actor
from arena.submission.registrations import Registered
from arena.submission.submissions import Event

AnyRequest = Request[Any, Any, Any]
Cursor = Annotated[int | None, QueryParameter(name="cursor", ge=1, le=2**53)]
BOARD = "overall"
DAYS = 30
HOURS_OF_DAYS = 7
PAGE = 100


class Acting(Struct, frozen=True, forbid_unknown_fields=True):
    """Why somebody acts on an endpoint."""

    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Retiring(Acting, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why an endpoint retires, and the day (UTC) from which on it is not drawn; at once where none is given."""

    from_day: date | None = None


class Publishing(Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing needs to be said."""


class Events(Struct):
    """A page of what happened to an endpoint, the latest first."""

    items: list[Event]
    next: str | None


class ExposureShown(Struct):
    """How an endpoint was met in so many days, how it stands today against what its provider allows, and its hours.

    `votes_to_go` is how many more votes would make the rating's interval narrower than ± `half_width_wanted`; None
    where the contender has no interval yet.
    """

    days: int
    met: Exposure
    today: Today
    daily_calls: int | None
    daily_budget: float | None
    concurrency: int | None
    half_width: float | None
    half_width_wanted: float
    votes_to_go: int | None
    hours: list[Hour]


@post("/endpoints/{endpoint_id:uuid}/pause", status_code=200)
async def pause(
    endpoint_id: FromPath[UUID], data: JSONBody[Acting], signed_in: Given[Asker], db: Given[Pool]
) -> EndpointShown:
    """Take an endpoint out of new battles until it is resumed."""
    actor = await acting(db, signed_in, endpoint_id)
    async with db.acquire() as connection:
        await lifecycle.pause(
            connection, endpoint_id, actor=actor, note=cards.line("reason", data.reason, least=1, most=500)
        )
    return endpoints.shown(await registrations.require(db, endpoint_id))


@post("/endpoints/{endpoint_id:uuid}/resume", status_code=200)
async def resume(
    endpoint_id: FromPath[UUID], data: JSONBody[Acting], signed_in: Given[Asker], db: Given[Pool]
) -> EndpointShown:
    """Let a paused endpoint be drawn again."""
    actor = await acting(db, signed_in, endpoint_id)
    async with db.acquire() as connection:
        await lifecycle.resume(
            connection, endpoint_id, actor=actor, note=cards.line("reason", data.reason, least=1, most=500)
        )
    return endpoints.shown(await registrations.require(db, endpoint_id))


@post("/endpoints/{endpoint_id:uuid}/retire", status_code=200)
async def retire(
    endpoint_id: FromPath[UUID], data: JSONBody[Retiring], signed_in: Given[Asker], db: Given[Pool]
) -> EndpointShown:
    """Draw an endpoint no more, for good: at once, or from a day on."""
    actor = await acting(db, signed_in, endpoint_id)
    async with db.acquire() as connection:
        await lifecycle.retire(
            connection,
            endpoint_id,
            actor=actor,
            note=cards.line("reason", data.reason, least=1, most=500),
            from_day=data.from_day,
        )
    return endpoints.shown(await registrations.require(db, endpoint_id))


@post("/endpoints/{endpoint_id:uuid}/publish", status_code=200)
async def publish(
    endpoint_id: FromPath[UUID], data: JSONBody[Publishing], signed_in: Given[Asker], db: Given[Pool]
) -> EndpointShown:
    """End a private test: the public is told of the contender, and the votes of battles from now on count."""
    found = await endpoints.own(db, signed_in, endpoint_id, Scope.SUBMIT)
    async with db.acquire() as connection:
        await lifecycle.publish(connection, found.id, actor=Actor(signed_in.account.id, "provider"))
    return endpoints.shown(await registrations.require(db, endpoint_id))


@get("/endpoints/{endpoint_id:uuid}/events", responses=guards.json_of(Events))
async def list_events(
    request: AnyRequest, endpoint_id: FromPath[UUID], signed_in: Given[Asker], db: Given[Pool], cursor: Cursor = None
) -> Response[Any]:
    """What happened to an endpoint: every state, when, by whom and why."""
    await endpoints.own(db, signed_in, endpoint_id, Scope.READ)
    found = await submissions.of(db, endpoint_id, before=cursor, most=PAGE + 1)
    return guards.fresh(request, Events(found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else None))


@get("/endpoints/{endpoint_id:uuid}/exposure", responses=guards.json_of(ExposureShown))
async def show_exposure(
    request: AnyRequest,
    endpoint_id: FromPath[UUID],
    signed_in: Given[Asker],
    db: Given[Pool],
    settings: Given[Settings],
    latest: Given[Latest],
) -> Response[Any]:
    """How often an endpoint was to be met and was, how it did, how it failed, and what it cost."""
    found = await endpoints.own(db, signed_in, endpoint_id, Scope.READ)
    half_width, to_go = await _forecast(latest, found, settings.established_half_width)
    shown = ExposureShown(
        days=DAYS,
        met=await exposures.of(db, endpoint_id, days=DAYS),
        today=await exposures.today(db, endpoint_id),
        daily_calls=found.daily_calls,
        daily_budget=found.daily_budget,
        concurrency=found.concurrency,
        half_width=half_width,
        half_width_wanted=settings.established_half_width,
        votes_to_go=to_go,
        hours=await health.hours(db, endpoint_id, days=HOURS_OF_DAYS),
    )
    return guards.fresh(request, shown)


async def acting(db: Pool, asker: Asker, endpoint_id: UUID) -> Actor:
    """As whom the asker may act on this endpoint: its provider, or an operator, who is logged as one.

    Others are not told whether there is such an endpoint.
    """
    asker.require(Scope.SUBMIT)
    found = await registrations.require(db, endpoint_id)
    if found.provider_id in {each.provider_id for each in await members.of(db, asker.account.id)}:
        return Actor(asker.account.id, "provider")
    if Role.OPERATOR not in asker.account.roles or not (asker.scopes is None or Scope.OPERATE in asker.scopes):
        raise NotFound("There is no such endpoint, or it is not yours.")
    return Actor(asker.account.id, "operator")


async def _forecast(latest: Latest, found: Registered, wanted: float) -> tuple[float | None, int | None]:
    release = await latest.of(BOARD)
    standing = next((one for one in release.standings if one.contender == found.contender), None) if release else None
    if standing is None or standing.lower is None or standing.upper is None:
        return None, None
    half_width = (standing.upper - standing.lower) / 2
    return half_width, exposures.forecast(standing.votes, half_width, wanted=wanted)


routes = [pause, resume, retire, publish, list_events, show_exposure]
