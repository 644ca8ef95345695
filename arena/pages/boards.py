"""The leaderboard: what can be said in words, then the numbers, then the drawing."""

import hashlib
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any, Literal

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from litestar.response import Template

from arena import guards
from arena.config import Settings
from arena.db import Pool
from arena.integration import boards
from arena.integration.boards import Board
from arena.pages import assets, intervals, languages, plans
from arena.pages.intervals import Scale, Whisker
from arena.pages.languages import Language
from arena.publishing import calendars, releases
from arena.publishing.releases import Release, Standing

OVERALL = "overall"

At = Annotated[str | None, QueryParameter(name="at", max_length=40)]


@dataclass(frozen=True)
class Row:
    """A contender's line and its drawing."""

    standing: Standing
    whisker: Whisker


@dataclass(frozen=True)
class Group:
    """Contenders whom votes connect, on one scale; another group's can't be compared with them."""

    number: int
    scale: Scale
    rows: list[Row]


@dataclass(frozen=True)
class Lede:
    """What the release lets us say first; the template has the words."""

    kind: Literal["one voter", "settled", "level", "open"]
    leader: str
    firsts: int
    contenders: int


def groups(standings: list[Standing]) -> list[Group]:
    """The standings by group, each on a scale of its own."""
    made = []
    for number, members in groupby(standings, key=lambda standing: standing.group):
        rows = list(members)
        scale = Scale.of(rows)
        made.append(Group(number, scale, [Row(row, intervals.whisker(row, scale)) for row in rows]))
    return made


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


def context(board: Board, listed: list[Board], release: Release | None, settings: Settings) -> dict[str, object]:
    """What the templates are given; without standings there is nothing to say of them."""
    given: dict[str, object] = {"board": board, "boards": listed, "release": release, "settings": settings}
    if release and release.standings:
        given |= {"lede": lede(release), "groups": groups(release.standings)}
    return given


@get("/leaderboard", include_in_schema=False)
async def show_overall(
    request: Request[Any, Any, Any], db: Given[Pool], settings: Given[Settings], at: At = None
) -> Response[Any]:
    """The board of all votes; with `at`, a date or a moment, as it was then."""
    return await _page(request, OVERALL, db, settings, at)


@get("/leaderboard/{slug:str}", include_in_schema=False)
async def show(
    request: Request[Any, Any, Any], slug: FromPath[str], db: Given[Pool], settings: Given[Settings], at: At = None
) -> Response[Any]:
    """A board of this name; with `at`, a date or a moment, as it was then."""
    return await _page(request, slug, db, settings, at)


async def _page(
    request: Request[Any, Any, Any], slug: str, db: Pool, settings: Settings, at: str | None
) -> Response[Any]:
    board = await boards.require(db, slug)
    listed = await boards.listed(db)
    release = await (releases.in_force(db, slug, calendars.moment(at)) if at else releases.latest(db, slug))
    plan = await plans.of(db, board, at)
    headers = {
        "etag": _etag(board, listed, release, settings, languages.of(request), plan),
        "cache-control": guards.PUBLIC,
    }
    if guards.has(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    template = "boards/show.html" if release and release.standings else "boards/empty.html"
    return Template(template, context=context(board, listed, release, settings) | plan, headers=headers)


def _etag(
    board: Board,
    listed: list[Board],
    release: Release | None,
    settings: Settings,
    language: Language,
    plan: dict[str, object],
) -> str:
    """A name for all that the page depends on, so that a reader who has it need not get it again."""
    depends = (
        assets.VERSION,
        language.tag,
        [(each.slug, each.name, each.attribution) for each in (board, *listed)],
        release and release.id,
        plan,
        (settings.established_votes, settings.established_half_width, settings.release_seconds),
    )
    return f'"{hashlib.sha256(repr(depends).encode()).hexdigest()[:32]}"'
