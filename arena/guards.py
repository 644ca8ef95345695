"""Who is asking, and whether the request is one we read."""

import hashlib
from typing import Any
from uuid import UUID

import msgspec
from litestar import MediaType, Request, Response
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.di import NamedDependency as Given
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler
from litestar.openapi import ResponseSpec
from msgspec import Struct

from arena.config import Settings
from arena.errors import ArenaError
from arena.people import voters

YEAR = 365 * 24 * 3600


class NotJson(ArenaError):
    """This address reads JSON: send the header “Content-Type: application/json”."""

    status = 415


def cookie_name(settings: Settings) -> str:
    """The voter cookie's name; a browser keeps one with this prefix to https and to this host alone."""
    return "__Host-voter" if settings.secure else "voter"


def voter_cookie(voter_id: UUID, settings: Settings) -> Cookie:
    """The cookie by which a voter is known again."""
    return Cookie(
        key=cookie_name(settings),
        value=voters.token(voter_id, settings.secret),
        path="/",
        max_age=YEAR,
        httponly=True,
        secure=settings.secure,
        samesite="lax",
    )


def no_cookie(settings: Settings) -> Cookie:
    """Takes the voter cookie away."""
    return Cookie(key=cookie_name(settings), value="", path="/", max_age=0, httponly=True, secure=settings.secure)


async def voter_id(request: Request[Any, Any, Any], settings: Given[Settings]) -> UUID | None:
    """The voter who asks, or None for one who has no cookie yet; a cookie that isn't ours is refused."""
    cookie = request.cookies.get(cookie_name(settings))
    return None if cookie is None else voters.read(cookie, settings.secret)


def fresh(request: Request[Any, Any, Any], content: object) -> Response[Any]:
    """The content with its ETag, or 304 for a reader who has it already."""
    body = msgspec.json.encode(content)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "no-cache"}
    if has(request, etag):
        return Response(None, status_code=304, headers=headers)
    return Response(body, media_type=MediaType.JSON, headers=headers)


def json_of(kind: type[Struct]) -> dict[int, ResponseSpec]:
    """What the API's description says of an answer that `fresh` makes."""
    return {200: ResponseSpec(kind, description="As it stands", media_type=MediaType.JSON)}


def has(request: Request[Any, Any, Any], etag: str) -> bool:
    """Whether the reader has this version; a proxy that compresses may have weakened its tag."""
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    return etag in known or "*" in known


def sends_json(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Refuse a body that doesn't say it is JSON; a form of another site can't say so."""
    if connection.scope.get("method") != HttpMethod.POST:
        return
    content_type = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise NotJson
