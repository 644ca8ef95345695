"""The leaderboard: what can be said in words, then the numbers, then the drawing."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath

from arena import guards
from arena.config import Settings
from arena.db import Pool
from arena.integration import boards
from arena.integration.boards import Board
from arena.pages import assets, intervals, templating
from arena.pages.intervals import Scale, Whisker
from arena.publishing.releases import Latest, Release, Standing

OVERALL = "overall"
MOST_KEPT = 32


class _Kept:
    """Pages rendered lately, by the tag that names all they depend on."""

    def __init__(self) -> None:
        self._pages: dict[str, bytes] = {}

    def page(self, etag: str, render: Callable[[], str]) -> bytes:
        """The page of this tag, rendered if it is not here."""
        if etag not in self._pages:
            while len(self._pages) >= MOST_KEPT:
                del self._pages[next(iter(self._pages))]
            self._pages[etag] = render().encode()
        return self._pages[etag]


kept = _Kept()
templates = templating.environment()


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
    request: Request[Any, Any, Any], db: Given[Pool], settings: Given[Settings], latest: Given[Latest]
) -> Response[Any]:
    """The board of all votes."""
    return await _page(request, OVERALL, db, settings, latest)


@get("/leaderboard/{slug:str}", include_in_schema=False)
async def show(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    db: Given[Pool],
    settings: Given[Settings],
    latest: Given[Latest],
) -> Response[Any]:
    """A board of this name."""
    return await _page(request, slug, db, settings, latest)


async def _page(
    request: Request[Any, Any, Any], slug: str, db: Pool, settings: Settings, latest: Latest
) -> Response[Any]:
    listed = await boards.listed(db)
    board = next((each for each in listed if each.slug == slug), None) or await boards.require(db, slug)
    release = await latest.of(slug)
    headers = {"etag": _etag(board, listed, release, settings), "cache-control": "no-cache"}
    if guards.has(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    template = "boards/show.html" if release and release.standings else "boards/empty.html"
    page = kept.page(
        headers["etag"], lambda: templates.get_template(template).render(context(board, listed, release, settings))
    )
    return Response(page, media_type=MediaType.HTML, headers=headers)


def _etag(board: Board, listed: list[Board], release: Release | None, settings: Settings) -> str:
    """A name for all that the page depends on, so that a reader who has it need not get it again."""
    depends = (
        assets.VERSION,
        [(each.slug, each.name) for each in (board, *listed)],
        release and release.id,
        (settings.established_votes, settings.established_half_width, settings.release_seconds),
    )
    return f'"{hashlib.sha256(repr(depends).encode()).hexdigest()[:32]}"'
