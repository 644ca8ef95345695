"""Releases over HTTP."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from arena import guards
from arena.db import Pool
from arena.integration import boards
from arena.publishing import releases
from arena.publishing.releases import Release, Summary

PAGE = 50

AnyRequest = Request[Any, Any, Any]


class Releases(Struct):
    """A page of releases, the newest first; `next` is the cursor of the page after it."""

    items: list[Summary]
    next: str | None


@get("/boards/{slug:str}/releases", responses=guards.json_of(Releases))
async def list_releases(
    request: AnyRequest,
    slug: FromPath[str],
    db: Given[Pool],
    cursor: Annotated[str | None, QueryParameter(name="cursor")] = None,
) -> Response[Any]:
    """A board's releases, the newest first."""
    board = await boards.require(db, slug)
    found = await releases.listed(db, board, cursor, PAGE + 1)
    return guards.fresh(request, Releases(found[:PAGE], found[PAGE - 1].id if len(found) > PAGE else None), public=True)


@get("/releases/{release_id:str}", responses=guards.json_of(Release))
async def show_release(request: AnyRequest, release_id: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """A release whole."""
    return guards.fresh(request, await releases.require(db, release_id), public=True)


routes = [list_releases, show_release]
