"""Signing in at an identity provider: there, and back."""

from typing import Annotated, Any

from litestar import Request, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency as Given
from litestar.params import QueryParameter
from litestar.response import Redirect

from arena import guards
from arena.config import Settings
from arena.db import Pool
from arena.people import accounts, departures, sessions
from arena.people.departures import IdentityRefused

AnyRequest = Request[Any, Any, Any]
BACK = "/api/v1/sessions/arrived"
HOME = "/providers"


@get("/sessions/elsewhere", include_in_schema=False)
async def depart(
    settings: Given[Settings],
    next_page: Annotated[str, QueryParameter(name="next", max_length=500)] = HOME,
) -> Redirect:
    """Go and sign in at the identity provider."""
    # What speaks with identity providers is large, and most arenas have none: it is loaded when somebody goes there.
    from arena.people import identity

    # An address of another host would make us a stop on somebody's way to it.
    destination = next_page if next_page.startswith("/") and next_page[1:2] not in ("/", "\\") else HOME
    url, departure = await identity.depart(settings, destination, _back(settings))
    cookie = _cookie(departures.sealed(departure, settings.secret), settings)
    return Redirect(url, status_code=302, cookies=[cookie], headers={"cache-control": "no-store"})


@get("/sessions/arrived", include_in_schema=False)
async def arrive(
    request: AnyRequest,
    settings: Given[Settings],
    db: Given[Pool],
    sent_state: Annotated[str, QueryParameter(name="state", max_length=500)] = "",
    code: Annotated[str, QueryParameter(name="code", max_length=4000)] = "",
) -> Redirect:
    """Come back from there, signed in."""
    from arena.people import identity

    kept = request.cookies.get(_name(settings))
    if not kept or not code:
        raise IdentityRefused
    departure = departures.unsealed(kept, settings.secret)
    who = await identity.arrive(settings, departure, state=sent_state, code=code, back=_back(settings))
    account = await accounts.arrive(db, issuer=who.issuer, subject=who.subject, email=who.email, name=who.name)
    token = await sessions.begin(db, account.id, guards.session_token(request, settings))
    cookies = [guards.session_cookie(token, settings), _cookie("", settings)]
    return Redirect(departure.destination, status_code=303, cookies=cookies, headers={"cache-control": "no-store"})


def _back(settings: Settings) -> str:
    return settings.public_url.rstrip("/") + BACK


def _name(settings: Settings) -> str:
    return "__Host-departure" if settings.secure else "departure"


def _cookie(value: str, settings: Settings) -> Cookie:
    return Cookie(
        key=_name(settings),
        value=value,
        path="/",
        max_age=departures.LONGEST_SECONDS if value else 0,
        httponly=True,
        secure=settings.secure,
        samesite="lax",
    )


routes = [depart, arrive]
