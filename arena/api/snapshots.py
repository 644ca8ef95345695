"""Snapshots over HTTP: every fit of a board, released or not."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from arena import guards, jobs
from arena.db import Pool
from arena.guards import Asker
from arena.integration import boards, history
from arena.integration.history import Kept, Whole
from arena.people.accounts import Role
from arena.people.keys import Scope

PAGE = 50

AnyRequest = Request[Any, Any, Any]


class Snapshots(Struct):
    """A page of a board's snapshots, the newest first; `next` is the cursor of the page after it."""

    items: list[Kept]
    next: str | None


class Asked(Struct):
    """A snapshot was asked for; it comes in the list of the board's snapshots if there is anything new to count."""

    board: str


@get("/boards/{slug:str}/snapshots", responses=guards.json_of(Snapshots))
async def list_snapshots(
    request: AnyRequest,
    slug: FromPath[str],
    db: Given[Pool],
    cursor: Annotated[int | None, QueryParameter(name="cursor", ge=0, le=2**62)] = None,
) -> Response[Any]:
    """A board's snapshots, released or not, the newest first."""
    board = await boards.require(db, slug)
    found = await history.listed(db, board, before=cursor, most=PAGE + 1)
    following = str(found[PAGE - 1].number) if len(found) > PAGE else None
    return guards.fresh(request, Snapshots(found[:PAGE], following), public=True)


@get("/snapshots/{snapshot_id:uuid}", responses=guards.json_of(Whole))
async def show_snapshot(request: AnyRequest, snapshot_id: FromPath[UUID], db: Given[Pool]) -> Response[Any]:
    """A snapshot whole, with every line that was fitted, shown on the board or not."""
    return guards.fresh(request, await history.require(db, snapshot_id), public=True)


@post("/boards/{slug:str}/snapshots", status_code=202)
async def take_snapshot(slug: FromPath[str], signed_in: Given[Asker], db: Given[Pool]) -> Asked:
    """Have a board fitted now, whenever its schedule would call next; for operators."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    board = await boards.require(db, slug)
    await jobs.refit_soon(db, board.slug)
    return Asked(board.slug)


routes = [list_snapshots, show_snapshot, take_snapshot]
