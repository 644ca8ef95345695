"""Who is asking, and whether the request is one we read."""

from typing import Any
from uuid import UUID

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.di import NamedDependency as Given
from litestar.enums import HttpMethod
from litestar.handlers import BaseRouteHandler

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


def sends_json(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Refuse a body that doesn't say it is JSON; a form of another site can't say so."""
    if connection.scope.get("method") != HttpMethod.POST:
        return
    content_type = connection.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise NotJson
