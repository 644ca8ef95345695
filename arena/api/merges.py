"""Merges over HTTP: which contenders may be one and the same, and what operators decided."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody, PathParameter
from msgspec import Meta, Struct

from arena import guards, jobs
from arena.db import Pool
from arena.guards import Asker
from arena.integration import ageing
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.publishing import merges
from arena.publishing.merges import Merge, Proposal, State
from arena.submission import cards

Number = Annotated[int, PathParameter(ge=1, le=2**62)]
Reason = Annotated[str, Meta(min_length=1, max_length=500)]


class Merges(Struct):
    """What is proposed, and what was decided; the latest first."""

    proposed: list[Proposal]
    decided: list[Merge]


class Deciding(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether two contenders are one, and why; `keep` is the one that stays, the older where nobody says so."""

    decision: State
    reason: Reason
    keep: Annotated[str, Meta(max_length=100)] | None = None


class Archiving(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a board shall be archived, and why."""

    archived: bool
    reason: Reason


class Archived(Struct, frozen=True):
    """A board, and since when it has been archived; null for one that is not."""

    slug: str
    archived_at: datetime | None


@get("/merges", responses=guards.json_of(Merges))
async def list_merges(request: Request[Any, Any, Any], db: Given[Pool]) -> Response[Any]:
    """Contenders that checks take for one and the same, and what was decided of such."""
    return guards.fresh(request, Merges(await merges.proposed(db), await merges.decided(db)), public=True)


@post("/merges/{smell_id:int}/decide", status_code=200)
async def decide(smell_id: Number, data: JSONBody[Deciding], signed_in: Given[Asker], db: Given[Pool]) -> Merge:
    """Merge two contenders, or say that they are two; for operators.

    The merged one retires and its page leads to the other's. The votes and ratings of both stay as they are.
    """
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    reason = cards.line("reason", data.reason, least=1, most=500)
    by, now = signed_in.account.id, datetime.now(UTC)
    return await merges.decide(db, smell_id, data.decision, keep=data.keep, reason=reason, account_id=by, now=now)


@post("/boards/{slug:str}/archive", status_code=200)
async def archive(slug: FromPath[str], data: JSONBody[Archiving], signed_in: Given[Asker], db: Given[Pool]) -> Archived:
    """Archive a board, or bring it back; for operators. Its numbers and its addresses stay."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    reason = cards.line("reason", data.reason, least=1, most=500)
    by, now = signed_in.account.id, datetime.now(UTC)
    board = await ageing.put(db, slug, data.archived, reason=reason, account_id=by, now=now)
    await jobs.refit_soon(db, slug)
    return Archived(board.slug, board.archived_at)


routes = [list_merges, decide, archive]
