"""Nobody sees or changes another organisation's endpoints, whatever route there is: the router says which there are."""

import inspect
import typing
from collections.abc import AsyncIterator, Iterator
from datetime import date
from enum import Enum
from io import BytesIO
from typing import Any

import msgspec
import pytest
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from msgspec import Struct

from arena import api
from arena.db import Pool
from tests.builders import Visitor

ENDPOINT = {"base_url": "https://inference.northgate.example/v1", "model": "m", "name": "Qwen Secret", "private": True}
NOBODYS = "00000000-0000-0000-0000-000000000000"
# A text that every field of every body takes.
TEXT = "https://stranger.example/v1"


class Route(Struct, frozen=True):
    """A route that takes somebody who has signed in, and a body that it reads; one for files has notes in its query."""

    method: str
    path: str
    body: Any
    reads: str = "application/json"

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _routes() -> Iterator[Route]:
    for route in api.routers()[0].routes:
        assert isinstance(route, HTTPRoute)
        for handler in route.route_handlers:
            if "signed_in" in inspect.signature(handler.fn).parameters:
                reads = next(iter(handler.opt.get("reads", ["application/json"])))
                for method in sorted(handler.http_methods):
                    yield Route(method, route.path, _body(handler), reads)


def _body(handler: HTTPRouteHandler) -> Any:
    kind = typing.get_type_hints(handler.fn).get("data")
    return None if kind is None else _made(kind)


def _made(kind: Any) -> Any:
    """The least that a field of this type takes."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        fields = msgspec.structs.fields(kind)
        return {field.encode_name: _made(field.type) for field in fields if field.required}
    if typing.get_origin(kind) is typing.Annotated:
        return _made(typing.get_args(kind)[0])
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind)).value
    if kind == tuple[str, str]:
        return [TEXT, TEXT]
    return {str: TEXT, int: 1, float: 1.0, bool: False, date: "2026-01-02"}.get(kind, [])


ROUTES = list(_routes())
OF_ONE_ENDPOINT = [route for route in ROUTES if "{endpoint_id:uuid}" in route.path]
OF_OTHERS = [route for route in ROUTES if "{endpoint_id:uuid}" in route.path or "{slug:str}" in route.path]


def _path(route: Route, endpoint_id: str, slug: str | None = None) -> str:
    """The route's address at what is Ann's: her endpoint, her organisation, her contender."""
    slug = slug or ("qwen-secret" if "/contenders/" in route.path else "ann-s-lab")
    path = route.path.replace("{endpoint_id:uuid}", endpoint_id).replace("{slug:str}", slug)
    path = "/".join("1" if part.endswith(":int}") else part for part in path.split("/"))
    return "/".join(NOBODYS if part.startswith("{") else part for part in path.split("/"))


async def _call(who: Visitor, route: Route, path: str, key: str | None = None) -> tuple[int, Any]:
    if route.reads != "application/json":
        path += "?slug=x&name=x&licence=x&contender=qwen-secret"
    headers = {"content-type": route.reads} | ({"authorization": f"Bearer {key}"} if key else {})
    more = {} if route.body is None else {"data": BytesIO(msgspec.json.encode(route.body))}
    return await who._call(route.method, path, headers=headers, **more)


async def _signed_up(visitor: Visitor, who: str) -> None:
    account = {"email": f"{who}@example.org", "name": who, "password": "correct horse battery"}
    status, body = await visitor.post("/api/v1/accounts", account | {"organisation": f"{who}'s lab"})
    assert status == 201, body


@pytest.fixture
async def anns(visitor: Visitor) -> str:
    """The id of an endpoint of Ann's."""
    await _signed_up(visitor, "ann")
    status, body = await visitor.post("/api/v1/endpoints", ENDPOINT)
    assert status == 201, body
    return str(body["id"])


@pytest.fixture
async def bob(arena: str) -> AsyncIterator[Visitor]:
    async with Visitor(arena) as stranger:
        await _signed_up(stranger, "bob")
        yield stranger


@pytest.fixture
async def nobody(arena: str) -> AsyncIterator[Visitor]:
    async with Visitor(arena) as somebody:
        yield somebody


async def _rows(db: Pool) -> list[Any]:
    tables = ("endpoints", "endpoint_events", "contenders", "allowed_addresses", "renames", "members", "pairing_rates")
    more = (*tables, "pairing_policies", "forbidden_pairs")
    return [await db.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in more]


def test_the_routes_of_a_provider_are_walked() -> None:
    walked = {str(route).replace("/api/v1", "").replace("{endpoint_id:uuid}", "ID") for route in ROUTES}
    assert {"GET /endpoints", "GET /endpoints/ID", "PATCH /endpoints/ID", "POST /endpoints/ID/retire"} <= walked
    assert {"GET /endpoints/ID/events", "GET /endpoints/ID/exposure", "POST /pairing-rates"} <= walked
    assert len(OF_ONE_ENDPOINT) >= 11
    assert len(OF_OTHERS) >= 14


async def test_a_stranger_is_not_even_told_whether_there_is_such_an_endpoint(db: Pool, anns: str, bob: Visitor) -> None:
    before = await _rows(db)
    bob.received.clear()
    for route in OF_OTHERS:
        status, problem = await _call(bob, route, _path(route, anns))
        assert status in (403, 404), (route, problem)
        nothing = await _call(bob, route, _path(route, NOBODYS, "nowhere"))
        # Some say back what was asked for, which is no more than the stranger said.
        assert (status, str(problem).replace("qwen-secret", "nowhere")) == (nothing[0], str(nothing[1])), route
    assert await _rows(db) == before
    assert b"Secret" not in bob.received


async def test_a_stranger_finds_nothing_of_anothers_in_any_list(anns: str, bob: Visitor) -> None:
    bob.received.clear()
    lists = [route for route in ROUTES if route.method == "GET" and route not in OF_ONE_ENDPOINT]
    for route in lists:
        await _call(bob, route, _path(route, anns))
    for path in ("/submissions", "/contenders", "/organisations/ann-s-lab"):
        assert (await bob.get(f"/api/v1{path}"))[0] == 200
    assert len(lists) >= 3
    for word in (anns.encode(), b"Secret", b"qwen", b"northgate"):
        assert word not in bob.received


async def test_who_has_not_signed_in_is_told_to_on_every_route(db: Pool, anns: str, nobody: Visitor) -> None:
    before = await _rows(db)
    for route in ROUTES:
        assert (await _call(nobody, route, _path(route, anns)))[0] == 401, route
    assert await _rows(db) == before


async def test_a_revoked_key_is_good_for_nothing_on_every_route(
    db: Pool, visitor: Visitor, anns: str, nobody: Visitor
) -> None:
    wanted = {"name": "lost", "scopes": ["read", "submit", "account"]}
    _, made = await visitor.post("/api/v1/keys", wanted)
    secret, key_id = made["secret"], made["key"]["id"]
    read = next(route for route in OF_ONE_ENDPOINT if route.method == "GET" and route.path.endswith("uuid}"))
    assert (await _call(nobody, read, _path(read, anns), secret))[0] == 200
    await visitor.delete(f"/api/v1/keys/{key_id}")
    before = await _rows(db)
    for route in ROUTES:
        assert (await _call(nobody, route, _path(route, anns), secret))[0] == 401, route
    assert await _rows(db) == before
