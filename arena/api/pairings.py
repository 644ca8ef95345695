"""How pairs are drawn, over HTTP: the shares of the rules and the pairs that never meet, with every change of them."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import JSONBody, PathParameter, QueryParameter
from msgspec import Meta, Struct

from arena import guards
from arena.db import Pool
from arena.evaluation import forbidden, policies
from arena.evaluation.forbidden import Forbidden
from arena.evaluation.policies import Policy, Terms
from arena.guards import Asker
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.submission import cards

AnyRequest = Request[Any, Any, Any]
Cursor = Annotated[int | None, QueryParameter(name="cursor", ge=1, le=2**53)]
Number = Annotated[int, PathParameter(ge=0, le=2**53)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]
PAGE = 100


class Policies(Struct):
    """A page of every pairing policy that there ever was, the latest first."""

    items: list[Policy]
    next: str | None


class Prohibitions(Struct):
    """A page of every pair that was ever forbidden, the latest first."""

    items: list[Forbidden]
    next: str | None


class Setting(Terms, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The terms of a policy, from a moment to come or from now on, and why."""

    reason: Reason
    valid_from: datetime | None = None


class Prohibition(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Two contenders, by slug, that shall not meet, and why."""

    contenders: tuple[str, str]
    reason: Reason


class Lifting(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Why two contenders may meet again."""

    reason: Reason


@get("/pairing-policies", responses=guards.json_of(Policies))
async def list_policies(request: AnyRequest, db: Given[Pool], cursor: Cursor = None) -> Response[Any]:
    """Which rule draws which share of the battles, and every change of that."""
    found = await policies.listed(db, before=cursor, most=PAGE + 1)
    return guards.fresh(request, Policies(found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else None))


@post("/pairing-policies")
async def set_policy(data: JSONBody[Setting], signed_in: Given[Asker], db: Given[Pool]) -> Policy:
    """Set how pairs are drawn; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    return await policies.set(
        db,
        data,
        valid_from=data.valid_from,
        reason=_reason(data.reason),
        account_id=signed_in.account.id,
    )


@get("/forbidden-pairs", responses=guards.json_of(Prohibitions))
async def list_forbidden(
    request: AnyRequest, db: Given[Pool], asker: Given[Asker | None], cursor: Cursor = None
) -> Response[Any]:
    """Which contenders never meet and why; what is tested in private is named to operators alone."""
    found = await forbidden.listed(db, before=cursor, most=PAGE + 1, private=asker is not None and _operates(asker))
    return guards.fresh(request, Prohibitions(found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else None))


@post("/forbidden-pairs")
async def forbid_pair(data: JSONBody[Prohibition], signed_in: Given[Asker], db: Given[Pool]) -> Forbidden:
    """Let two contenders never meet; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    reason = _reason(data.reason)
    forbidden_id = await forbidden.forbid(db, data.contenders, reason=reason, account_id=signed_in.account.id)
    return await forbidden.require(db, forbidden_id)


@post("/forbidden-pairs/{forbidden_id:int}/lift", status_code=200)
async def lift_forbidden(
    forbidden_id: Number, data: JSONBody[Lifting], signed_in: Given[Asker], db: Given[Pool]
) -> Forbidden:
    """Let two contenders meet again; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    await forbidden.lift(db, forbidden_id, because=_reason(data.reason), account_id=signed_in.account.id)
    return await forbidden.require(db, forbidden_id)


def _operates(asker: Asker) -> bool:
    return Role.OPERATOR in asker.account.roles and (asker.scopes is None or Scope.OPERATE in asker.scopes)


def _reason(text: str) -> str:
    return cards.line("reason", text, least=1, most=500)


routes = [list_policies, set_policy, list_forbidden, forbid_pair, lift_forbidden]
