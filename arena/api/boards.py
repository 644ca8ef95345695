"""Boards and their releases over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from arena.db import Pool
from arena.integration import boards
from arena.integration.boards import Board, Source
from arena.publishing import releases
from arena.publishing.releases import Release, Summary

PAGE = 50


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


class BoardShown(Struct):
    """A board and its latest release, null before the first."""

    slug: str
    name: str
    description: str
    source: Source
    attribution: str | None
    release: Release | None


class Releases(Struct):
    """A page of releases, the newest first."""

    items: list[Summary]
    next: str | None


@get("/boards")
async def list_boards(db: Given[Pool]) -> Boards:
    """Every board."""
    found = await boards.listed(db)
    return Boards([_listed(board) for board in found], None)


def _listed(board: Board) -> BoardListed:
    return BoardListed(board.slug, board.name, board.description, board.source, board.attribution)


@get("/boards/{slug:str}")
async def show_board(
    request: Request[Any, Any, Any], slug: FromPath[str], db: Given[Pool]
) -> Response[BoardShown | None]:
    """A board and the table of its latest release."""
    board = await boards.require(db, slug)
    release = await releases.latest(db, slug)
    etag = f'"{release.id if release else "none"}"'
    if request.headers.get("if-none-match") == etag:
        return Response(None, status_code=304, headers={"etag": etag})
    shown = BoardShown(board.slug, board.name, board.description, board.source, board.attribution, release)
    return Response(shown, headers={"etag": etag})


@get("/boards/{slug:str}/releases")
async def list_releases(
    slug: FromPath[str], db: Given[Pool], before: Annotated[datetime | None, QueryParameter(name="cursor")] = None
) -> Releases:
    """A board's releases, the newest first."""
    board = await boards.require(db, slug)
    found = await releases.listed(db, board, before, PAGE)
    more = found[-1].published_at.isoformat() if len(found) == PAGE else None
    return Releases(found, more)


@get("/releases/{release_id:str}")
async def show_release(release_id: FromPath[str], db: Given[Pool]) -> Release:
    """A release whole."""
    return await releases.require(db, release_id)
