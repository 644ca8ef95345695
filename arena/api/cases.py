"""Cases over HTTP: anybody flags a contender, an operator decides with a reason, its provider may appeal."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, JSONBody, PathParameter, QueryParameter
from msgspec import Meta, Struct

from arena import guards
from arena.config import Settings
from arena.db import Pool
from arena.errors import Refused
from arena.evaluation import cases, prompts
from arena.evaluation.cases import MOST_CHARACTERS, MOST_LINKS, Case, Flagger, Reason, State, Summary
from arena.guards import Asker
from arena.limits import Rates
from arena.people import voters
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.submission import cards

AnyRequest = Request[Any, Any, Any]
Cursor = Annotated[int | None, QueryParameter(name="cursor", ge=0, le=2**62)]
Number = Annotated[int, PathParameter(ge=1, le=2**62)]
Words = Annotated[str, Meta(min_length=1, max_length=MOST_CHARACTERS)]
PAGE = 50


class Flagging(Struct, frozen=True, forbid_unknown_fields=True):
    """What is held against a contender: a code, what was seen, and links to where others can see it."""

    reason: Reason
    text: Words
    links: Annotated[list[str], Meta(max_length=MOST_LINKS)] = []


class Saying(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said for the record; everybody may read it."""

    text: Words


class Deciding(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether what was flagged is so, and why; everybody may read it."""

    decision: Literal["upheld", "dismissed"]
    text: Words


class Cases(Struct):
    """A page of cases, the latest first."""

    items: list[Summary]
    next: str | None


@get("/cases", responses=guards.json_of(Cases))
async def list_cases(
    request: AnyRequest,
    db: Given[Pool],
    cursor: Cursor = None,
    contender: Annotated[str | None, QueryParameter(name="contender", max_length=100)] = None,
    standing: Annotated[State | None, QueryParameter(name="state")] = None,
) -> Response[Any]:
    """What is and was held against contenders, of one contender or in one state alone if that is asked for."""
    found = await cases.listed(db, contender=contender, state=standing, before=cursor, most=PAGE + 1)
    return guards.fresh(
        request, Cases(found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else None), public=True
    )


@get("/cases/{case_id:int}", responses=guards.json_of(Case))
async def show_case(request: AnyRequest, case_id: Number, asker: Given[Asker | None], db: Given[Pool]) -> Response[Any]:
    """A case with everything that was said and done; what a gate holds back is for operators."""
    whole = asker is not None and Role.OPERATOR in asker.account.roles and asker.allows(Scope.OPERATE)
    return guards.fresh(request, await cases.require(db, case_id, whole=whole))


@post("/contenders/{slug:str}/flags", status_code=200, responses={201: ResponseSpec(Case, description="A new case")})
async def flag(
    slug: FromPath[str],
    data: JSONBody[Flagging],
    voter_id: Given[UUID | None],
    network: Given[str],
    asker: Given[Asker | None],
    db: Given[Pool],
    rates: Given[Rates],
    settings: Given[Settings],
) -> Response[Case]:
    """Flag a contender: 201 with the case, 200 where one has flagged in it before. No account is needed."""
    text, links = _text(data.text), [_link(link) for link in data.links]
    if asker is not None:
        asker.require(Scope.ACCOUNT)
        await rates.flag(asker.account.id.hex)
        case, new = await cases.flag(db, slug, data.reason, text=text, links=links, by=Flagger(None, asker.account.id))
        return Response(case, status_code=201 if new else 200)
    await rates.flag(network)
    voter = voter_id or voters.invite()
    case, new = await cases.flag(db, slug, data.reason, text=text, links=links, by=Flagger(voter, None))
    cookies = [] if voter_id else [guards.voter_cookie(voter, settings)]
    return Response(case, status_code=201 if new else 200, cookies=cookies)


@post("/cases/{case_id:int}/acknowledge", status_code=200)
async def acknowledge(case_id: Number, data: JSONBody[Saying], signed_in: Given[Asker], db: Given[Pool]) -> Case:
    """Take a case up; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    return await cases.acknowledge(db, case_id, text=_text(data.text), account_id=signed_in.account.id)


@post("/cases/{case_id:int}/decide", status_code=200)
async def decide(case_id: Number, data: JSONBody[Deciding], signed_in: Given[Asker], db: Given[Pool]) -> Case:
    """Decide a case, or the appeal against what was decided; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    said, upheld = _text(data.text), data.decision == "upheld"
    return await cases.decide(db, case_id, upheld=upheld, text=said, account_id=signed_in.account.id)


@post("/cases/{case_id:int}/appeal", status_code=200)
async def appeal(case_id: Number, data: JSONBody[Saying], signed_in: Given[Asker], db: Given[Pool]) -> Case:
    """Speak against what was upheld, once; for the contender's own provider."""
    signed_in.require(Scope.SUBMIT)
    return await cases.appeal(db, case_id, text=_text(data.text), account_id=signed_in.account.id)


def _text(text: str) -> str:
    prompts.require_printable(text)
    if not text.strip():
        raise Refused("The field “{field}” is empty.", field="text")
    return text.strip()


def _link(link: str) -> str:
    if not cards.LINK.fullmatch(link):
        raise Refused(
            "“{link}” is not a link; a link begins with https:// and has no spaces.", link=link[:100], field="links"
        )
    return link


routes = [list_cases, show_case, flag, acknowledge, decide, appeal]
