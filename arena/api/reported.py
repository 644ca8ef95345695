"""Reported figures over HTTP: a provider says what its own contender reached elsewhere, and everybody reads it."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody

from arena import guards
from arena.db import Pool
from arena.guards import Asker
from arena.people.keys import Scope
from arena.submission import reported
from arena.submission.reported import Claim, Figure, Reported


@get("/contenders/{slug:str}/reported", responses=guards.json_of(Reported))
async def list_figures(request: Request[Any, Any, Any], slug: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """What the contender's provider reports of it, and reported before; no rating knows of these figures."""
    return guards.fresh(request, await reported.of(db, slug))


@post("/contenders/{slug:str}/reported")
async def report_figure(slug: FromPath[str], data: JSONBody[Claim], signed_in: Given[Asker], db: Given[Pool]) -> Figure:
    """Report a figure of one's own contender, in place of the one that stands for this benchmark."""
    signed_in.require(Scope.SUBMIT)
    async with db.acquire() as connection:
        return await reported.report(
            connection, slug, data, account_id=signed_in.account.id, today=datetime.now(UTC).date()
        )


@delete("/contenders/{slug:str}/reported/{figure_id:uuid}", status_code=200)
async def withdraw_figure(
    slug: FromPath[str], figure_id: FromPath[UUID], signed_in: Given[Asker], db: Given[Pool]
) -> Figure:
    """Let a figure of one's own contender stand no more; it stays in the history."""
    signed_in.require(Scope.SUBMIT)
    async with db.acquire() as connection:
        return await reported.withdraw(connection, slug, figure_id, account_id=signed_in.account.id)


routes = [list_figures, report_figure, withdraw_figure]
