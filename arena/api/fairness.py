"""Fairness over HTTP: what providers were promised and got."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given

from arena import guards
from arena.db import Pool
from arena.errors import NotFound
from arena.integration import fairness
from arena.integration.fairness import Report

AnyRequest = Request[Any, Any, Any]


class NoReport(NotFound):
    """There is no report on fairness yet; the first is made within minutes of the arena's start."""


@get("/fairness", responses=guards.json_of(Report))
async def show_report(request: AnyRequest, db: Given[Pool]) -> Response[Any]:
    """What providers were promised and got, what they tried and retired, who failed, and what failing would cost."""
    found = await fairness.latest(db)
    if found is None:
        raise NoReport
    return guards.fresh(request, found, public=True)


routes = [show_report]
