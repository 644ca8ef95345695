"""The leaderboard: what can be said in words, then the numbers, then the drawing."""

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from litestar.response import Template
from msgspec import Struct

from arena import guards
from arena.config import Settings
from arena.db import Pool
from arena.errors import NotFound
from arena.integration import boards, history
from arena.integration.boards import OVERALL, Board, Group
from arena.pages import assets, formats, languages, plans, tables
from arena.pages.languages import Language
from arena.pages.tables import Piece
from arena.publishing import calendars, releases, views
from arena.publishing.latest import Latest
from arena.publishing.releases import Release
from arena.publishing.tables import Table, make
from arena.publishing.views import PLAIN, View

# As many boards stand side by side; more are in a menu.
MOST_TABS: Final = 6
AnyRequest = Request[Any, Any, Any]

At = Annotated[str | None, QueryParameter(name="at", max_length=40)]


class NothingToShow(NotFound):
    """This board has no release yet."""


class LineShown(Struct, frozen=True):
    """A contender that is shown, its ranks, and its name and organisation in pieces, what the search found marked."""

    contender: str
    ranks: str
    name: list[Piece]
    organisation: list[Piece]


class Shown(Struct, frozen=True):
    """What a view shows of a release: the sentence for it, the view as a query, the same for exports, and the lines."""

    release: str
    echo: str
    query: str
    export: str
    lines: list[LineShown]


@dataclass(frozen=True)
class Lede:
    """What the release lets us say first; the template has the words."""

    kind: Literal["one voter", "settled", "level", "open"]
    leader: str
    firsts: int
    contenders: int


def lede(release: Release) -> Lede:
    """Who leads the first group, and whether that is settled."""
    first = [standing for standing in release.standings if standing.group == release.standings[0].group]
    firsts = sum(standing.rank_lower == 1 for standing in first)
    level = sum(round(standing.rating) == round(first[0].rating) for standing in first)
    kind: Literal["one voter", "settled", "level", "open"] = "open"
    if release.voters == 1:
        kind = "one voter"
    elif firsts == 1:
        kind = "settled"
    elif level > 1:
        kind = "level"
    return Lede(kind, first[0].name, firsts, len(first))


def shelved(listed: list[Board]) -> list[tuple[str, list[Board]]]:
    """The boards by their groups, for a menu; a few stand side by side."""
    kinds = [(group.value, [board for board in listed if board.group is group]) for group in Group]
    return [kind for kind in kinds if kind[1]]


def context(
    board: Board, listed: list[Board], release: Release | None, settings: Settings, view: View = PLAIN
) -> dict[str, object]:
    """What the templates are given; without standings there is nothing to say of them."""
    given: dict[str, object] = {"board": board, "boards": listed, "release": release, "settings": settings}
    given |= {"shelves": shelved(listed), "most_tabs": MOST_TABS}
    if release and release.standings:
        given |= {"lede": lede(release), "parts": len({line.group for line in release.standings})}
        given |= tables.context(make(release, view))
    return given


def asked(request: AnyRequest) -> View:
    """The view that the page's address asks for; what others have hung on to the address is none of ours."""
    given = {name: request.query_params.getall(name) for name in request.query_params if name in views.NAMES}
    return views.read(given)


@get("/leaderboard", include_in_schema=False)
async def show_overall(
    request: AnyRequest, db: Given[Pool], latest: Given[Latest], settings: Given[Settings], at: At = None
) -> Response[Any]:
    """The board of all votes; with `at`, a date or a moment, as it was then."""
    return await _page(request, OVERALL, db, latest, settings, at)


@get("/leaderboard/{slug:str}", include_in_schema=False)
async def show(
    request: AnyRequest,
    slug: FromPath[str],
    db: Given[Pool],
    latest: Given[Latest],
    settings: Given[Settings],
    at: At = None,
) -> Response[Any]:
    """A board of this name; with `at`, a date or a moment, as it was then."""
    return await _page(request, slug, db, latest, settings, at)


@get("/leaderboard/{slug:str}/lines", include_in_schema=False)
async def show_lines(
    request: AnyRequest, slug: FromPath[str], db: Given[Pool], latest: Given[Latest], at: At = None
) -> Response[Any]:
    """Which lines of the board are shown in a view, in order, for a page that has them all."""
    release = await _release(db, latest, (await boards.require(db, slug)).slug, at)
    if release is None or not release.standings:
        raise NothingToShow
    language, table = languages.of(request), make(release, asked(request))
    told = request.app.template_engine.get_template("boards/echo.html")  # type: ignore[union-attr]
    echo = told.render(request=request, table=table, sought=tables.sought(table), nearest=tables.nearest(table))
    return guards.fresh(request, Shown(release.id, " ".join(echo.split()), *_shown(table, language)), public=True)


def _shown(table: Table, language: Language) -> tuple[str, str, list[LineShown]]:
    lines = [
        LineShown(
            line.standing.contender,
            formats.ranks(line.rank_lower, line.rank_upper, language),
            tables.pieces(line.standing.name, table.search),
            tables.pieces(line.standing.organisation, table.search),
        )
        for line in table.lines
    ]
    return views.address(table.view), views.address(table.view, columns=table.columns), lines


async def _release(db: Pool, latest: Latest, slug: str, at: str | None) -> Release | None:
    return await (releases.in_force(db, slug, calendars.moment(at)) if at else latest.of(slug))


async def _page(
    request: AnyRequest, slug: str, db: Pool, latest: Latest, settings: Settings, at: str | None
) -> Response[Any]:
    board, view = await boards.require(db, slug), asked(request)
    listed = await boards.listed(db)
    if not board.source.released:
        return await _unreleased(request, board, listed, db, settings)
    release = await _release(db, latest, slug, at)
    plan = await plans.of(db, board, at)
    depends = board, listed, release, settings, languages.of(request), view, plan
    headers = {"etag": _etag(*depends), "cache-control": guards.PUBLIC}
    if guards.has(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    template = "boards/show.html" if release and release.standings else "boards/empty.html"
    return Template(template, context=context(board, listed, release, settings, view) | plan, headers=headers)


async def _unreleased(
    request: AnyRequest, board: Board, listed: list[Board], db: Pool, settings: Settings
) -> Response[Any]:
    """A board that judges have a part in, as its latest snapshot has it."""
    snapshot = await history.last(db, board)
    named = [(each.slug, each.name) for each in (board, *listed)]
    depends = languages.of(request).tag, named, board.description, snapshot and snapshot.id
    tag = assets.etag(*depends)
    headers = {"etag": tag, "cache-control": guards.PUBLIC}
    if guards.has(request, tag):
        return Response(None, status_code=304, headers=headers)
    given = context(board, listed, None, settings) | {"snapshot": snapshot}
    return Template("boards/unreleased.html", context=given, headers=headers)


def _etag(
    board: Board,
    listed: list[Board],
    release: Release | None,
    settings: Settings,
    language: Language,
    view: View,
    plan: dict[str, object],
) -> str:
    """A name for all that the page depends on, so that a reader who has it need not get it again."""
    depends = (
        language.tag,
        [(each.slug, each.name, each.attribution, each.archived_at) for each in (board, *listed)],
        release and (release.id, [(line.flagged, line.gain_votes) for line in release.standings]),
        plan,
        views.address(view),
        (settings.established_votes, settings.established_half_width, settings.release_seconds),
    )
    return assets.etag(*depends)
