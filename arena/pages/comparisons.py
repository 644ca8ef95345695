"""Contenders beside one another: a few of them pair by pair, and all of a board on every other board."""

from dataclasses import dataclass
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from litestar.response import Template

from arena import guards
from arena.db import Pool
from arena.integration import boards
from arena.integration.boards import OVERALL, Board
from arena.pages import intervals
from arena.pages.contenders import Row, row, tag
from arena.pages.intervals import Scale, Whisker
from arena.publishing import comparisons, heats, releases
from arena.publishing.careers import Stay
from arena.publishing.comparisons import FEWEST, MOST, Comparison, Difference
from arena.publishing.heats import Cell, Heat
from arena.publishing.releases import Release

# So many points away from where it stands on the board are one step deeper in colour, up to the deepest.
STEP = 25
DEEPEST = 4


@dataclass(frozen=True)
class Gap:
    """A pair's difference with its drawing and its record; the scale is that of all differences, and has zero."""

    difference: Difference
    whisker: Whisker | None
    row: Row | None


@dataclass(frozen=True)
class Apart:
    """A difference as something that can be drawn: zero stands where a rating's reference does."""

    rating: float
    lower: float | None
    upper: float | None


@get("/compare", include_in_schema=False)
async def show(
    request: Request[Any, Any, Any],
    db: Given[Pool],
    wanted: Annotated[list[str] | None, QueryParameter(name="with")] = None,
    slug: Annotated[str, QueryParameter(name="board", max_length=100)] = OVERALL,
) -> Response[Any]:
    """Compare two to five contenders of a board; with fewer, choose them."""
    board = await boards.require(db, slug)
    release = await releases.latest(db, board.slug)
    named = list(dict.fromkeys(one.strip() for each in wanted or [] for one in each.split(",") if one.strip()))
    found = None if len(named) < FEWEST else await comparisons.compare(db, board.slug, release, named)
    listed = await boards.listed(db)
    headers = {"etag": tag(request, (found, named, listed, release and release.id)), "cache-control": guards.PUBLIC}
    if guards.has(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    return Template("comparisons/show.html", context=context(board, listed, release, found, named), headers=headers)


@get("/leaderboard/{slug:str}/heat", include_in_schema=False)
async def show_heat(request: Request[Any, Any, Any], slug: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """A board's contenders on every other board."""
    board = await boards.require(db, slug)
    heat = await heats.of(db, board)
    headers = {"etag": tag(request, (board, heat)), "cache-control": guards.PUBLIC}
    if guards.has(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    given = {"board": board, "heat": heat, "rows": shades(heat)}
    return Template("comparisons/heat.html", context=given, headers=headers)


def context(
    board: Board, listed: list[Board], release: Release | None, found: Comparison | None, named: list[str]
) -> dict[str, object]:
    """What the template is given."""
    given: dict[str, object] = {
        "board": board,
        "boards": listed,
        "choices": [] if release is None else sorted((line.name, line.contender) for line in release.standings),
        "chosen": [*named, *[""] * MOST][:MOST],
        "found": found,
    }
    if found is not None:
        scale = Scale.of(found.standings)
        shared = [{stay.board for stay in stays if stay.present} for stays in found.boards.values()]
        given |= {
            "boards": [each for each in listed if all(each.slug in one for one in shared)],
            "scale": scale,
            "rows": [(line, intervals.whisker(line, scale)) for line in found.standings],
            "names": {line.contender: line.name for line in found.standings},
            "gaps": gaps(found),
            "zero_x": Scale.of([_moved(difference) for difference in found.differences]).x(intervals.REFERENCE),
            "everywhere": everywhere(found.boards),
        }
    return given


def gaps(found: Comparison) -> list[Gap]:
    """The differences on one scale."""
    moved = [_moved(difference) for difference in found.differences]
    scale = Scale.of(moved)
    return [
        Gap(
            difference,
            None if difference.lower is None else intervals.whisker(at, scale),
            None if difference.record is None else row(difference.record),
        )
        for difference, at in zip(found.differences, moved, strict=True)
    ]


def everywhere(stays: dict[str, list[Stay]]) -> list[tuple[str, list[Stay | None]]]:
    """The boards on which any of them stands now, and how each does there."""
    shown: dict[str, str] = {}
    for each in stays.values():
        shown |= {stay.board: stay.board_name for stay in each if stay.present}
    by_board = [{stay.board: stay for stay in each if stay.present} for each in stays.values()]
    return [(name, [one.get(board) for one in by_board]) for board, name in shown.items()]


def shades(heat: Heat) -> list[tuple[heats.Line, list[tuple[Cell, str, int] | None]]]:
    """The lines with each cell's side and depth; what is within the interval has neither."""
    return [(line, [None if cell is None else (cell, *_shade(cell)) for cell in line.cells]) for line in heat.lines]


def _shade(cell: Cell) -> tuple[str, int]:
    if not cell.told:
        return "", 0
    return ("over" if cell.away > 0 else "under"), min(DEEPEST, 1 + int(abs(cell.away) // STEP))


def _moved(difference: Difference) -> Apart:
    zero = intervals.REFERENCE
    lower, upper = difference.lower, difference.upper
    return Apart(
        zero + difference.points, None if lower is None else zero + lower, None if upper is None else zero + upper
    )
