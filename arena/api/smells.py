"""The smells over HTTP: what the checks found and how they run for everybody, acts for operators."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta, Struct

from arena import guards
from arena.db import Pool
from arena.guards import Asker
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.publishing import checks, matrix, repairs, smells
from arena.publishing.checkup import Smell
from arena.publishing.matrix import Cell
from arena.publishing.repairs import Checked, Summary
from arena.publishing.smells import Finding, State
from arena.submission import cards

AnyRequest = Request[Any, Any, Any]
Cursor = Annotated[int | None, QueryParameter(name="cursor", ge=1, le=2**53)]
Number = Annotated[int, PathParameter(ge=1, le=2**53)]
Sentence = Annotated[str, Meta(min_length=1, max_length=500)]
Moment = Annotated[datetime, Meta(tz=True)]
PAGE: Final = 50


class Saying(Struct, frozen=True, forbid_unknown_fields=True):
    """Why; everybody may read it."""

    text: Sentence


class Muting(Struct, frozen=True, forbid_unknown_fields=True):
    """Why it shall be muted, and until when."""

    text: Sentence
    until: Moment


class Smells(Struct):
    """A page of findings, the latest first."""

    items: list[Finding]
    next: str | None


class Checks(Struct):
    """Every check, and which of them look at what for which smell."""

    items: list[Checked]
    next: None
    matrix: list[Cell]


@get("/smells", responses=guards.json_of(Smells))
async def list_smells(
    request: AnyRequest,
    db: Given[Pool],
    cursor: Cursor = None,
    standing: Annotated[State | None, QueryParameter(name="state")] = None,
    smell: Annotated[Smell | None, QueryParameter(name="smell")] = None,
) -> Response[Any]:
    """What the checks found, and what became of it."""
    states = () if standing is None else (standing,)
    found = await smells.listed(db, states=states, smell=smell, before=cursor, most=PAGE + 1)
    following = str(found[PAGE - 1].id) if len(found) > PAGE else None
    return guards.fresh(request, Smells(found[:PAGE], following), public=True)


@get("/smells/summary", responses=guards.json_of(Summary))
async def show_summary(request: AnyRequest, db: Given[Pool]) -> Response[Any]:
    """How many are open, what they hold, and how long repairs take."""
    return guards.fresh(request, await repairs.summary(db), public=True)


@get("/smells/checks", responses=guards.json_of(Checks))
async def list_checks(request: AnyRequest, db: Given[Pool]) -> Response[Any]:
    """Every check: what it promises, from when on it speaks, and how it went last."""
    told = Checks(await repairs.checked(db), None, matrix.cells(checks.ALL))
    return guards.fresh(request, told, public=True)


@get("/smells/{smell_id:int}", responses=guards.json_of(Finding))
async def show_smell(request: AnyRequest, smell_id: Number, db: Given[Pool]) -> Response[Any]:
    """One finding, and what became of it."""
    return guards.fresh(request, await smells.require(db, smell_id), public=True)


@post("/smells/{smell_id:int}/acknowledge", status_code=200)
async def acknowledge(smell_id: Number, data: JSONBody[Saying], signed_in: Given[Asker], db: Given[Pool]) -> Finding:
    """Take a finding up; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    text = cards.line("text", data.text, least=1, most=500)
    return await smells.acknowledge(db, smell_id, text=text, account_id=signed_in.account.id, now=datetime.now(UTC))


@post("/smells/{smell_id:int}/mute", status_code=200)
async def mute(smell_id: Number, data: JSONBody[Muting], signed_in: Given[Asker], db: Given[Pool]) -> Finding:
    """Leave a finding out of what is open until then; for operators. What holds releases can't be muted."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    text = cards.line("text", data.text, least=1, most=500)
    return await smells.mute(
        db, smell_id, until=data.until, text=text, account_id=signed_in.account.id, now=datetime.now(UTC)
    )


@post("/smells/{smell_id:int}/resolve", status_code=200)
async def resolve(smell_id: Number, data: JSONBody[Saying], signed_in: Given[Asker], db: Given[Pool]) -> Finding:
    """Say how it was repaired; for operators. Should it be seen again, it is another finding."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    text = cards.line("text", data.text, least=1, most=500)
    return await smells.resolve(db, smell_id, text=text, account_id=signed_in.account.id, now=datetime.now(UTC))


routes = [list_smells, show_summary, list_checks, show_smell, acknowledge, mute, resolve]
