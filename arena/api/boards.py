"""Boards over HTTP."""

from datetime import datetime
from typing import Annotated, Any

from litestar import Request, Response, get, patch, post
from litestar.di import NamedDependency as Given
from litestar.di import Provide
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import Meta, Struct, structs

from arena import guards, jobs
from arena.api import tables
from arena.api.tables import Shown, Wish
from arena.db import Pool
from arena.errors import NotFound, Refused
from arena.evaluation.pacing import Pace
from arena.guards import Asker
from arena.integration import board_acts, boards, history
from arena.integration.board_acts import Act
from arena.integration.boards import Board, Change, Group, New, Source
from arena.integration.history import Whole
from arena.integration.questions import Question
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.publishing import calendars, formats, freshness, slots
from arena.publishing.freshness import Stale
from arena.publishing.latest import Latest
from arena.publishing.releases import Release
from arena.publishing.tables import make
from arena.submission import cards

PAGE = 50

AnyRequest = Request[Any, Any, Any]


class NotReleased(NotFound):
    """The board “{board}” has no release yet, so there is no table to write."""


class BoardListed(Struct):
    """A board in the list of boards."""

    slug: str
    name: str
    description: str
    source: Source
    attribution: str | None
    pace: Pace
    group: Group
    cron: str
    question: Question
    methodology: int
    calendar: str
    archived_at: datetime | None


class Boards(Struct):
    """All boards."""

    items: list[BoardListed]
    next: str | None


class BoardShown(BoardListed):
    """A board and its latest release, null before the first.

    A board that judges have a part in is never released; it has its latest `snapshot` instead, whose method tells under
    `judged` which judges were heard, how much they weigh and what a vote is worth with them.
    `stale` is told of a board that rests on old votes.
    In a view the release has the lines that fit it, out of so many `lines`, and with columns named, only these.
    """

    release: Shown | None
    lines: int
    snapshot: Whole | None = None
    stale: Stale | None = None


class BoardNew(Struct, frozen=True, forbid_unknown_fields=True):
    """A board to be made: what it asks of the votes of battles, when it is looked after (cron, UTC), and why.

    With `source` “judge” it asks verdicts instead, with “combined” votes and verdicts.
    """

    slug: str
    name: str
    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    question: Question = Question()
    description: str = ""
    cron: str = boards.OFTEN
    source: Source = Source.BATTLES


class BoardChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What is to be another way about a board, and why; null stays as it is.

    `pace` is how its battles let their answers out, `calendar` when it is released.
    """

    reason: Annotated[str, Meta(min_length=1, max_length=500)]
    name: str | None = None
    description: str | None = None
    cron: str | None = None
    pace: Pace | None = None
    question: Question | None = None
    calendar: str | None = None


class Acts(Struct):
    """A page of what was changed about a board, the latest first."""

    items: list[Act]
    next: str | None


@get("/boards", responses=guards.json_of(Boards))
async def list_boards(request: AnyRequest, db: Given[Pool]) -> Response[Any]:
    """Every board."""
    found = await boards.listed(db)
    return guards.fresh(request, Boards([_listed(board) for board in found], None), public=True)


def _listed(board: Board) -> BoardListed:
    return BoardListed(*(getattr(board, field) for field in BoardListed.__struct_fields__))


@get(
    "/boards/{slug:str}",
    responses=guards.json_of(BoardShown),
    opt={"gives": [form.media_type for form in formats.ALL.values()]},
    dependencies={"wished": Provide(tables.wish)},
)
async def show_board(
    request: AnyRequest, slug: FromPath[str], wished: Given[Wish], latest: Given[Latest], db: Given[Pool]
) -> Response[Any]:
    """A board and the table of its latest release, in the view and the format that were asked for."""
    board = await boards.require(db, slug)
    release = await latest.of(board.slug)
    if wished.format == "json":
        shown = _shown(board, release, wished)
        shown.stale = (await freshness.stale(db)).get(board.slug)
        shown.snapshot = None if board.source.released else await history.last(db, board)
        return guards.fresh(request, shown, public=True)
    if release is None:
        raise NotReleased(board=board.slug)
    return tables.file(request, make(release, wished.view), wished.format)


@post("/boards")
async def make_board(data: JSONBody[BoardNew], signed_in: Given[Asker], db: Given[Pool]) -> BoardShown:
    """Make a board; for operators. It is fitted as soon as there are votes that it asks for."""
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    new = New(
        slug=data.slug,
        name=cards.title("name", data.name),
        description=cards.line("description", data.description, most=500),
        cron=data.cron,
        question=data.question,
        source=data.source,
    )
    reason = cards.line("reason", data.reason, least=1, most=500)
    board = await boards.make(db, new, reason=reason, account_id=signed_in.account.id)
    await jobs.refit_soon(db, board.slug)
    return _shown(board, None)


@patch("/boards/{slug:str}")
async def change_board(
    slug: FromPath[str],
    data: JSONBody[BoardChange],
    signed_in: Given[Asker],
    latest: Given[Latest],
    db: Given[Pool],
) -> BoardShown:
    """Change a board; for operators. Battles under way go on as they began, and what was released stays as it is.

    A release whose votes are frozen comes when it was due.
    """
    signed_in.require(Scope.OPERATE, Role.OPERATOR)
    wanted = Change(
        name=None if data.name is None else cards.title("name", data.name),
        description=None if data.description is None else cards.line("description", data.description, most=500),
        cron=data.cron,
        pace=data.pace,
        question=data.question,
        calendar=None if data.calendar is None else calendars.read(data.calendar).text,
    )
    if wanted == Change():
        raise Refused("Say what shall change: “name”, “description”, “cron”, “pace”, “question” or “calendar”.")
    reason = cards.line("reason", data.reason, least=1, most=500)
    board = await boards.change(db, slug, wanted, reason=reason, account_id=signed_in.account.id)
    await slots.plan(db, board)
    await jobs.refit_soon(db, board.slug)
    return _shown(board, await latest.of(board.slug))


def _shown(board: Board, release: Release | None, wished: Wish | None = None) -> BoardShown:
    listed = structs.asdict(_listed(board))
    shown = None
    if release:
        shown = tables.released(release, wished) if wished else tables.whole(release)
    return BoardShown(**listed, release=shown, lines=len(release.standings) if release else 0)


@get("/boards/{slug:str}/acts", responses=guards.json_of(Acts))
async def list_acts(
    request: AnyRequest,
    slug: FromPath[str],
    db: Given[Pool],
    cursor: Annotated[int | None, QueryParameter(name="cursor", ge=1, le=2**53)] = None,
) -> Response[Any]:
    """What operators, or the arena itself, changed about a board, when and why; for everybody."""
    board = await boards.require(db, slug)
    found = await board_acts.listed(db, board.id, before=cursor, most=PAGE + 1)
    return guards.fresh(
        request, Acts(found[:PAGE], str(found[PAGE - 1].id) if len(found) > PAGE else None), public=True
    )


routes = [list_boards, show_board, make_board, change_board, list_acts]
