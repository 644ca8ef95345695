"""Who is asking, and whether the request is one we read."""

import hashlib
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit
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
from arena.db import Pool
from arena.errors import ArenaError
from arena.people import keys, members, sessions, voters
from arena.people.accounts import Account, Role
from arena.people.keys import Scope
from arena.people.members import Membership

# To be asked for again each time, and kept by whoever likes: `shelves` does.
PUBLIC = "public, no-cache"
YEAR = 365 * 24 * 3600
SESSION_SECONDS = int(sessions.LIFE.total_seconds())
# What is read without changing anything, and so may be asked from anywhere.
READS = (HttpMethod.GET, HttpMethod.HEAD, HttpMethod.OPTIONS)


class NotJson(ArenaError):
    """This address reads JSON: send the header “Content-Type: application/json”."""

    status = 415


class NotFile(ArenaError):
    """This address reads a file: send the header “Content-Type: text/csv”, or “application/jsonl” for JSON lines."""

    status = 415


class NotSignedIn(ArenaError):
    """Sign in first, or send an API key in the header “Authorization: Bearer …”."""

    status = 401


class NotAllowed(ArenaError):
    """Your account may not do this."""

    status = 403


class FromElsewhere(ArenaError):
    """This request was sent by another site's page. Use the arena's own pages, or an API key."""

    status = 403


class Asker(Struct, frozen=True):
    """Somebody who has signed in or sent a key; `scopes` is None for a session, which is good for everything."""

    account: Account
    scopes: frozenset[Scope] | None

    def allows(self, scope: Scope) -> bool:
        """Whether the asker's key, if it is one, is good for this."""
        return self.scopes is None or scope in self.scopes

    def require(self, scope: Scope, role: Role | None = None) -> None:
        """Make sure that the asker may do what takes this scope, and this role."""
        if not self.allows(scope):
            raise NotAllowed("This API key has not the scope “{scope}”. Make one that has.", scope=scope)
        if role is not None and role not in self.account.roles:
            raise NotAllowed


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


def fresh(request: Request[Any, Any, Any], content: object, *, public: bool = False) -> Response[Any]:
    """The content with its ETag, or 304 for a reader who has it already; what is `public` is the same for everybody."""
    body = msgspec.json.encode(content)
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": PUBLIC if public else "no-cache"}
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


async def network(request: Request[Any, Any, Any], settings: Given[Settings]) -> str:
    """The block of addresses that the request comes from; for counting, never to be kept or logged."""
    peer = request.client.host if request.client else ""
    return block(peer, request.headers.getall("x-forwarded-for", []), proxies=settings.trusted_proxies)


def block(peer: str, forwarded: list[str], *, proxies: int) -> str:
    """The network (/24 of IPv4, /56 of IPv6) of whoever asked our outermost proxy.

    Each proxy adds its caller at the right end of X-Forwarded-For, so what stands further left than our own proxies
    wrote is only what the caller says. With no proxies the header counts for nothing.
    """
    hops = [hop.strip() for value in forwarded for hop in value.split(",")] if proxies else []
    for hop in [*hops, peer][-1 - proxies :]:
        if address := _address(hop):
            return str(ip_network((int(address), 24 if address.version == 4 else 56), strict=False))
    return "unknown"


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in a header's hop, which may carry a port; None where there is none."""
    host = text.partition("]")[0].removeprefix("[") if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def session_name(settings: Settings) -> str:
    """The name of the cookie of those who have signed in."""
    return "__Host-session" if settings.secure else "session"


def session_cookie(token: str, settings: Settings) -> Cookie:
    """The cookie by which a session is known; an empty token takes it away."""
    return Cookie(
        key=session_name(settings),
        value=token,
        path="/",
        max_age=SESSION_SECONDS if token else 0,
        httponly=True,
        secure=settings.secure,
        samesite="lax",
    )


def session_token(request: Request[Any, Any, Any], settings: Settings) -> str | None:
    """What the browser's session cookie holds, if it has one."""
    return request.cookies.get(session_name(settings)) or None


async def asker(request: Request[Any, Any, Any], settings: Given[Settings], db: Given[Pool]) -> Asker | None:
    """Who asks, by key or by session; None for everybody else. A key that isn't good is refused."""
    scheme, _, words = request.headers.get("authorization", "").partition(" ")
    if scheme:
        if scheme.lower() != "bearer":
            raise keys.KeyRefused
        held = await keys.holder(db, words.strip())
        return Asker(held.account, held.scopes)
    token = session_token(request, settings)
    account = None if token is None else await sessions.account(db, token)
    return None if account is None else Asker(account, None)


async def reader(request: Request[Any, Any, Any], settings: Given[Settings], db: Given[Pool]) -> Account | None:
    """Who reads a page: whose session the browser has. An API key is for programs, and no page looks at it."""
    token = session_token(request, settings)
    return None if token is None else await sessions.account(db, token)


async def signed_in(asker: Given[Asker | None]) -> Asker:
    """Who asks, where that must be somebody."""
    if asker is None:
        raise NotSignedIn
    return asker


async def belonging(db: Pool, asker: Asker, organisation: str | None) -> Membership:
    """The asker's organisation: the one named, or the only one there is."""
    if organisation is not None:
        return await members.require(db, asker.account.id, organisation)
    found = await members.of(db, asker.account.id)
    if len(found) != 1:
        raise NotAllowed(
            "Say for which organisation this is, in the field “organisation”; yours are: {names}.",
            names=", ".join(each.organisation for each in found) or "none yet",
        )
    return found[0]


async def sent_from_here(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Refuse what another site's page makes a browser send with the cookies that it keeps for us."""
    if connection.scope.get("method") in READS or not connection.cookies:
        return
    if connection.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise FromElsewhere
    origin = connection.headers.get("origin")
    settings: Settings = connection.app.state.settings
    here = {connection.headers.get("host", ""), urlsplit(settings.public_url).netloc}
    if origin is not None and urlsplit(origin).netloc not in here - {""}:
        raise FromElsewhere


def content_type(connection: ASGIConnection[Any, Any, Any, Any]) -> str:
    """What the request says its body is."""
    return connection.headers.get("content-type", "").partition(";")[0].strip().lower()


async def sends_json(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse a body that doesn't say it is JSON, or of a type that the handler `reads`; no other site's form can.

    Not a plain function, because Litestar would send each request through a thread for it.
    """
    if connection.scope.get("method") in (*READS, HttpMethod.DELETE):
        return
    reads = handler.opt.get("reads")
    if reads is not None and content_type(connection) not in reads:
        raise NotFile
    if reads is None and content_type(connection) != "application/json":
        raise NotJson
