"""Boards and their releases over HTTP."""

from typing import Annotated, Any

from litestar import Request, Response, get, patch
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct, structs

from arena import guards
from arena.db import Pool
from arena.evaluation.pacing import Pace
from arena.guards import Asker
from arena.integration import boards
from arena.integration.boards import Act, Board, Source
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.publishing import releases, tables
from arena.publishing.releases import Release, Summary
from arena.submission import cards

PAGE = 50

AnyRequest = Request[Any, Any, Any]


class BoardListed(Struct):
    """A board in the list of boards."""

    slug: str
    name: str
    description: str
    source: Source
    attribution: str | None
    pace: Pace


class Boards(Struct):
    """All boards."""

    items: list[BoardListed]
    next: str | None


class BoardShown(BoardListed):
    """A board and its latest release, null before the first.

    With a search the release has the lines that fit it, out of so many `lines`.
    """

    release: Release | None
    lines: int


class Releases(Struct):
    """A page of releases, the newest first; `next` is the cursor of the page after it."""

    items: list[Summary]
    next: str | None


class BoardChange(Struct, frozen=True, forbid_unknown_fields=True):
    """How the board's battles shall let their answers out from now on, and why."""

    pace: Pace
    reason: Annotated[str, Meta(min_length=1, max_length=500)]


class Acts(Struct):
    """A page of what operators changed about a board, the latest first."""

    items: list[Act]
    next: str | None


@get("/boards", responses=guards.json_of(Boards))
async def list_boards(request: AnyRequest, db: Given[Pool]) -> Response[Any]:
    """Every board."""
    found = await boards.listed(db)
    return guards.fresh(request, Boards([_listed(board) for board in found], None), public=True)


def _listed(board: Board) -> BoardListed:
    return BoardListed(board.slug, board.name, board.description, board.source, board.attribution, board.pace)


@get("/boards/{slug:str}", responses=guards.json_of(BoardShown))
async def show_board(
    request: AnyRequest,
    slug: FromPath[str],
    db: Given[Pool],
    q: Annotated[str, QueryParameter(name="q", max_length=10_000)] = "",
) -> Response[Any]:
    """A board and the table of its latest release, or those of its lines that fit the search `q`."""
    return guards.fresh(request, await _shown(db, await boards.require(db, slug), q), public=True)


@patch("/boards/{slug:str}")
async def change_board(
    slug: FromPath[str], data: JSONBody[BoardChange], signed_in: Given[Asker], db: Given[Pool]
) -> BoardShown:
    """Change how a board's battles let their answers out; for operators. Battles under way go on as they began."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    reason = cards.line("reason", data.reason, least=1, most=500)
    return await _shown(db, await boards.set_pace(db, slug, data.pace, reason=reason, account_id=signed_in.account.id))


async def _shown(db: Pool, board: Board, search: str = "") -> BoardShown:
    release = await releases.latest(db, board.slug)
    found = tables.search(release, search) if release else None
    listed = structs.asdict(_listed(board))
    return BoardShown(**listed, release=found.release if found else None, lines=found.lines if found else 0)


@get("/boards/{slug:str}/acts", responses=guards.json_of(Acts))
async def list_acts(
    request: AnyRequest,
    slug: FromPath[str],
    db: Given[Pool],
    cursor: Annotated[int | None, QueryParameter(name="cursor", ge=0, le=2**62)] = None,
) -> Response[Any]:
    """What operators changed about a board, when and why; for everybody."""
    found = await boards.acts(db, await boards.require(db, slug), before=cursor, most=PAGE + 1)
    return guards.fresh(
        request, Acts(found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else None), public=True
    )


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


routes = [list_boards, show_board, change_board, list_acts, list_releases, show_release]
