"""What a provider comes to: signing up and in, their endpoints, and the form for another one."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency as Given
from litestar.params import QueryParameter
from litestar.response import Redirect, Template

from arena.config import Settings
from arena.db import Pool
from arena.pages import languages, private
from arena.people import members
from arena.people.accounts import Account, Role
from arena.people.members import Membership
from arena.submission import contenders, registrations
from arena.submission.cards import Card
from arena.submission.connections import Connection
from arena.submission.registrations import Registered

HOME = "/providers"
NOTHING = Connection(base_url="", model="")


@get(HOME, include_in_schema=False)
async def show(
    request: Request[Any, Any, Any],
    reader: Given[Account | None],
    db: Given[Pool],
    settings: Given[Settings],
    back: Annotated[str, QueryParameter(name="next", max_length=500)] = HOME,
) -> Template:
    """Where to sign up or in, or one's endpoints."""
    if reader is None:
        site = settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        context = {"settings": settings, "next_page": languages.inside(back, HOME), "site": site}
        return private.page("providers/welcome.html", None, context)
    memberships = await members.of(db, reader.id)
    entries = await registrations.listed(db, [each.provider_id for each in memberships])
    return private.page("providers/show.html", reader, {"memberships": memberships, "entries": entries})


@get("/providers/new", include_in_schema=False)
async def new(
    reader: Given[Account | None],
    db: Given[Pool],
    follows: Annotated[UUID | None, QueryParameter(name="follows")] = None,
    organisation: Annotated[str, QueryParameter(name="organisation", max_length=100)] = "",
) -> Template | Redirect:
    """The form that brings an endpoint, or what follows one of the reader's own."""
    if reader is None:
        return private.sign_in("/providers/new")
    memberships = await members.of(db, reader.id)
    former = None if follows is None else await private.own(db, reader, follows)
    context = {
        "former": former,
        "given": former or NOTHING,
        "given_name": former.name if former else "",
        "parameters": parameters(former),
        "card": await _card(db, former),
        "memberships": [(each.organisation, each.name) for each in memberships],
        "chosen": former.organisation if former else _chosen(memberships, organisation),
        "operator": Role.OPERATOR in reader.roles,
    }
    return private.page("providers/new.html", reader, context)


def parameters(endpoint: Registered | None) -> str:
    """The parameters of an endpoint as they are written into a form."""
    return msgspec.json.encode(endpoint.parameters).decode() if endpoint and endpoint.parameters else ""


def _chosen(memberships: list[Membership], organisation: str) -> str:
    return organisation if organisation in {each.organisation for each in memberships} else ""


async def _card(db: Pool, former: Registered | None) -> Card:
    """What was said of the former version is said of the next one too, until its provider says otherwise."""
    if former is None or former.private:
        return Card()
    return (await contenders.require(db, former.contender)).card
