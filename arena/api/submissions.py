"""The public log over HTTP: what was brought here, what became of it, who tests in private, and the pairing rates."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct

from arena import guards
from arena.db import Pool
from arena.guards import Asker
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.submission import cards, rates, submissions
from arena.submission.lifecycle import State
from arena.submission.rates import Rate
from arena.submission.submissions import Organisation, PublicEvent

AnyRequest = Request[Any, Any, Any]
Cursor = Annotated[int | None, QueryParameter(name="cursor", ge=1, le=2**53)]
PAGE = 100


class Submissions(Struct):
    """A page of the public log, the latest first; what is tested in private is in `private` as numbers alone."""

    items: list[PublicEvent]
    private: list[Organisation]
    next: str | None


class PairingRates(Struct):
    """A page of every rate that was ever set, the latest first."""

    items: list[Rate]
    next: str | None


class Rating(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A rate for all contenders in a state, from a moment to come or from now on, and why."""

    state: State
    rate: float
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    valid_from: datetime | None = None


@get("/submissions", responses=guards.json_of(Submissions))
async def list_submissions(request: AnyRequest, db: Given[Pool], cursor: Cursor = None) -> Response[Any]:
    """What happened to all that was brought here."""
    found = await submissions.listed(db, before=cursor, most=PAGE + 1)
    after = str(found[PAGE - 1].id) if len(found) > PAGE else None
    return guards.fresh(request, Submissions(found[:PAGE], await submissions.testers(db), after))


@get("/organisations/{slug:str}", responses=guards.json_of(Organisation))
async def show_organisation(request: AnyRequest, slug: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """An organisation as everybody sees it."""
    return guards.fresh(request, await submissions.organisation(db, slug))


@get("/pairing-rates", responses=guards.json_of(PairingRates))
async def list_rates(request: AnyRequest, db: Given[Pool], cursor: Cursor = None) -> Response[Any]:
    """How often contenders in each state are drawn, and every change of that."""
    found = await rates.listed(db, before=cursor, most=PAGE + 1)
    return guards.fresh(request, PairingRates(found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else None))


@post("/pairing-rates")
async def set_rate(data: JSONBody[Rating], signed_in: Given[Asker], db: Given[Pool]) -> Rate:
    """Set the rate of a state; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    return await rates.set(
        db,
        data.state,
        data.rate,
        valid_from=data.valid_from,
        reason=cards.line("reason", data.reason, least=1, most=500),
        account_id=signed_in.account.id,
    )


routes = [list_submissions, show_organisation, list_rates, set_rate]
