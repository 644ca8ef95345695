"""Fragility over HTTP: how few votes would turn a release, what a rank costs, and whose votes tell most."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath

from arena import guards
from arena.api.boards import NotReleased
from arena.db import Pool
from arena.integration import boards, fragilities
from arena.integration.fragilities import Kept, NotMeasured
from arena.publishing import releases

AnyRequest = Request[Any, Any, Any]


@get("/releases/{release_id:str}/fragility", responses=guards.json_of(Kept))
async def show_of_release(request: AnyRequest, release_id: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """How few votes would turn a release, what a rank costs, and whose votes tell most."""
    await releases.require(db, release_id)
    return guards.fresh(request, await _measured(db, release_id), public=True)


@get("/boards/{slug:str}/fragility", responses=guards.json_of(Kept))
async def show_of_board(request: AnyRequest, slug: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """The same of a board's last release."""
    last = await releases.listed(db, await boards.require(db, slug), None, 1)
    if not last:
        raise NotReleased(board=slug)
    return guards.fresh(request, await _measured(db, last[0].id), public=True)


async def _measured(db: Pool, release_id: str) -> Kept:
    kept = await fragilities.of_release(db, release_id)
    if kept is None:
        raise NotMeasured
    return kept


routes = [show_of_release, show_of_board]
