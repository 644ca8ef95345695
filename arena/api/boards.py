"""Boards and their releases over HTTP."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from arena import guards
from arena.db import Pool
from arena.integration import boards
from arena.integration.boards import Board, Source
from arena.publishing import releases
from arena.publishing.releases import Release, Summary

PAGE = 50

AnyRequest = Request[Any, Any, Any]


class BoardListed(Struct):
    """A board in the list of boards."""

    slug: str
    name: str
    description: str
    source: Source
    attribution: str | None


class Boards(Struct):
    """All boards."""

    items: list[BoardListed]
    next: str | None


class BoardShown(BoardListed):
    """A board and its latest release, null before the first."""

    release: Release | None


class Releases(Struct):
    """A page of releases, the newest first; `next` is the cursor of the page after it."""

    items: list[Summary]
    next: str | None


@get("/boards", responses=guards.json_of(Boards))
async def list_boards(request: AnyRequest, db: Given[Pool]) -> Response[Any]:
    """Every board."""
    found = await boards.listed(db)
    return guards.fresh(request, Boards([_listed(board) for board in found], None), public=True)


def _listed(board: Board) -> BoardListed:
    return BoardListed(board.slug, board.name, board.description, board.source, board.attribution)


@get("/boards/{slug:str}", responses=guards.json_of(BoardShown))
async def show_board(request: AnyRequest, slug: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """A board and the table of its latest release."""
    board = await boards.require(db, slug)
    shown = BoardShown(
        board.slug, board.name, board.description, board.source, board.attribution, await releases.latest(db, slug)
    )
    return guards.fresh(request, shown, public=True)


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
