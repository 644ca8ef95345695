"""Endpoints over HTTP: a provider brings a contender and says how it is reached."""

from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, field, structs

from arena import guards
from arena.db import Pool
from arena.errors import NotFound, Refused
from arena.guards import Asker
from arena.people import members
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.sealing import Keyring
from arena.submission import cards, checks, contenders, endpoints, registrations
from arena.submission.cards import Card
from arena.submission.connections import Connection
from arena.submission.endpoints import Grant
from arena.submission.lifecycle import Actor
from arena.submission.registrations import Change, Registered, Registration
from arena.upstream import Dialect

AnyRequest = Request[Any, Any, Any]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]


class Granting(Struct, frozen=True, forbid_unknown_fields=True):
    """A private address and port that an operator lets one endpoint use, and why."""

    address: Annotated[str, Meta(max_length=100)]
    port: Annotated[int, Meta(ge=1, le=65535)]
    reason: Reason


class Registering(Connection, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A contender to bring, and how it is reached; `grant` is for operators."""

    name: Annotated[str, Meta(max_length=200)]
    organisation: Annotated[str, Meta(max_length=100)] | None = None
    private: bool = False
    card: Card = field(default_factory=Card)
    grant: Granting | None = None


class Renaming(Struct, frozen=True, forbid_unknown_fields=True):
    """Another name for a contender, and why."""

    name: Annotated[str, Meta(max_length=200)]
    reason: Reason


class KeyShown(Struct):
    """All that is ever shown of an endpoint's key: that there is one, and how it ends where it is long."""

    set: bool
    ends: str


class Named(Struct):
    """A contender by its address and name."""

    slug: str
    name: str


class EndpointShown(Struct):
    """An endpoint as its provider sees it."""

    id: UUID
    organisation: str
    contender: Named
    private: bool
    state: str
    state_since: datetime
    reason: str | None
    note: str | None
    retires_at: datetime | None
    base_url: str
    model: str
    dialect: Dialect
    key: KeyShown | None
    headers: list[str]
    parameters: dict[str, Any]
    system_prompt: str | None
    context_tokens: int | None
    concurrency: int | None
    daily_calls: int | None
    daily_budget: float | None
    prompt_price: float | None
    answer_price: float | None
    created_at: datetime


class Endpoints(Struct):
    """The endpoints of one's organisations."""

    items: list[EndpointShown]
    next: str | None


@post("/endpoints")
async def register(
    data: JSONBody[Registering], signed_in: Given[Asker], db: Given[Pool], keyring: Given[Keyring]
) -> EndpointShown:
    """Bring a contender with its endpoint; the contract test begins at once."""
    signed_in.require(Scope.SUBMIT)
    membership = await guards.belonging(db, signed_in, data.organisation)
    return await _brought(db, keyring, signed_in, membership.provider_id, data)


@get("/endpoints", responses=guards.json_of(Endpoints))
async def list_endpoints(request: AnyRequest, signed_in: Given[Asker], db: Given[Pool]) -> Response[Any]:
    """The endpoints of one's organisations, the newest first."""
    signed_in.require(Scope.READ)
    mine = [each.provider_id for each in await members.of(db, signed_in.account.id)]
    return guards.fresh(request, Endpoints([shown(one) for one in await registrations.listed(db, mine)], None))


@get("/endpoints/{endpoint_id:uuid}", responses=guards.json_of(EndpointShown))
async def show_endpoint(
    request: AnyRequest, endpoint_id: FromPath[UUID], signed_in: Given[Asker], db: Given[Pool]
) -> Response[Any]:
    """An endpoint of one's own."""
    return guards.fresh(request, shown(await own(db, signed_in, endpoint_id, Scope.READ)))


@patch("/endpoints/{endpoint_id:uuid}")
async def change_endpoint(
    endpoint_id: FromPath[UUID],
    data: JSONBody[Change],
    signed_in: Given[Asker],
    db: Given[Pool],
    keyring: Given[Keyring],
) -> EndpointShown:
    """Change how it is reached; what is left out stays, and null takes away."""
    await own(db, signed_in, endpoint_id, Scope.SUBMIT)
    async with db.acquire() as connection:
        await registrations.change(connection, keyring, endpoint_id, data)
    return shown(await registrations.require(db, endpoint_id))


@post("/endpoints/{endpoint_id:uuid}/versions")
async def new_version(
    endpoint_id: FromPath[UUID],
    data: JSONBody[Registering],
    signed_in: Given[Asker],
    db: Given[Pool],
    keyring: Given[Keyring],
) -> EndpointShown:
    """Bring what follows this contender: a contender of its own, with votes of its own."""
    former = await own(db, signed_in, endpoint_id, Scope.SUBMIT)
    return await _brought(db, keyring, signed_in, former.provider_id, data, follows=former.contender_id)


@post("/endpoints/{endpoint_id:uuid}/rename", status_code=200)
async def rename(
    endpoint_id: FromPath[UUID], data: JSONBody[Renaming], signed_in: Given[Asker], db: Given[Pool]
) -> EndpointShown:
    """Give the contender another name; its former ones stay in its history."""
    former = await own(db, signed_in, endpoint_id, Scope.SUBMIT)
    name = cards.line("name", data.name, least=1)
    async with db.acquire() as connection:
        await contenders.rename(
            connection, former.contender_id, name, reason=data.reason, account_id=signed_in.account.id
        )
    return shown(await registrations.require(db, endpoint_id))


@post("/endpoints/{endpoint_id:uuid}/addresses", status_code=200)
async def grant_address(
    endpoint_id: FromPath[UUID], data: JSONBody[Granting], signed_in: Given[Asker], db: Given[Pool]
) -> EndpointShown:
    """Let an endpoint, anybody's, use a private address and port; for operators."""
    given = _granted(signed_in, data)
    assert given is not None
    found = await registrations.require(db, endpoint_id)
    await endpoints.grant(db, endpoint_id, given)
    return shown(found)


async def own(db: Pool, asker: Asker, endpoint_id: UUID, scope: Scope) -> Registered:
    """The endpoint, if it belongs to the asker; others are not told whether there is one."""
    asker.require(scope)
    mine = {each.provider_id for each in await members.of(db, asker.account.id)}
    found = await registrations.require(db, endpoint_id)
    if found.provider_id not in mine:
        raise NotFound("There is no such endpoint, or it is not yours.")
    return found


def shown(found: Registered) -> EndpointShown:
    """The endpoint as its provider sees it."""
    same = {name: getattr(found, name) for name in EndpointShown.__struct_fields__ if hasattr(found, name)}
    key = None if found.key_ends is None else KeyShown(set=True, ends=found.key_ends)
    contender = Named(found.contender, found.name)
    return EndpointShown(**same | {"contender": contender, "key": key, "headers": found.header_names})


async def _brought(
    db: Pool, keyring: Keyring, asker: Asker, provider_id: UUID, data: Registering, *, follows: UUID | None = None
) -> EndpointShown:
    """The endpoint, registered for this provider, with its first contract test begun in the same transaction."""
    actor = Actor(asker.account.id, "provider")
    grant = _granted(asker, data.grant)
    async with db.acquire() as connection, connection.transaction():
        endpoint_id = await registrations.register(
            connection, keyring, provider_id, _registration(data), actor=actor, grant=grant, follows=follows
        )
        await checks.begin(connection, endpoint_id, actor=actor)
    return shown(await registrations.require(db, endpoint_id))


def _registration(data: Registering) -> Registration:
    connection = Connection(**{name: getattr(data, name) for name in Connection.__struct_fields__})
    return Registration(name=data.name, card=data.card, connection=connection, private=data.private)


def _granted(asker: Asker, granting: Granting | None) -> Grant | None:
    if granting is None:
        return None
    asker.require(Scope.OPERATE, Role.OPERATOR)
    try:
        address = str(ip_address(granting.address))
    except ValueError:
        raise Refused("“{address}” is not an address; names can't be granted.", address=granting.address) from None
    return Grant(**structs.asdict(granting) | {"address": address})


routes = [register, list_endpoints, show_endpoint, change_endpoint, new_version, rename, grant_address]
