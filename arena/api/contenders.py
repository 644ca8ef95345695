"""Contenders over HTTP: what is or was ranked."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from arena import guards
from arena.db import Pool
from arena.integration import boards
from arena.integration.boards import OVERALL
from arena.publishing import comparisons, heats, releases
from arena.publishing.comparisons import Comparison
from arena.publishing.heats import Heat
from arena.publishing.portraits import Portrait, Portraits
from arena.submission import contenders
from arena.submission.cards import Party
from arena.submission.contenders import Summary

PAGE = 100


class Contenders(Struct):
    """A page of contenders, by their addresses; `next` is the cursor of the page after it."""

    items: list[Summary]
    next: str | None


@get("/contenders", responses=guards.json_of(Contenders))
async def list_contenders(
    request: Request[Any, Any, Any],
    db: Given[Pool],
    cursor: Annotated[str, QueryParameter(name="cursor", max_length=200)] = "",
    party: Annotated[Party | None, QueryParameter(name="party")] = None,
) -> Response[Any]:
    """What is or was ranked here, but for what is tested privately; of official providers alone with `party=first`."""
    found = await contenders.listed(db, after=cursor, party=party, most=PAGE + 1)
    return guards.fresh(request, Contenders(found[:PAGE], found[PAGE - 1].slug if len(found) > PAGE else None))


@get("/contenders/{slug:str}", responses=guards.json_of(Portrait))
async def show_contender(
    request: Request[Any, Any, Any],
    slug: FromPath[str],
    portraits: Given[Portraits],
    board: Annotated[str | None, QueryParameter(name="board", max_length=100)] = None,
) -> Response[Any]:
    """A contender: its card and versions, how it stands and stood, on `board` by opponent, and what befell it."""
    return guards.fresh(request, await portraits.of(slug, board, today=datetime.now(UTC).date()), public=True)


@get("/compare", responses=guards.json_of(Comparison))
async def compare(
    request: Request[Any, Any, Any],
    db: Given[Pool],
    wanted: Annotated[str, QueryParameter(name="with", max_length=600)],
    board: Annotated[str, QueryParameter(name="board", max_length=100)] = OVERALL,
) -> Response[Any]:
    """Compare two to five contenders, parted by commas, in the last release of a board."""
    named = [slug.strip() for slug in wanted.split(",") if slug.strip()]
    release = await releases.latest(db, (await boards.require(db, board)).slug)
    return guards.fresh(request, await comparisons.compare(db, board, release, named), public=True)


@get("/boards/{slug:str}/heat", responses=guards.json_of(Heat))
async def show_heat(request: Request[Any, Any, Any], slug: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """How a board's contenders stand on every other board, as of the last releases."""
    return guards.fresh(request, await heats.of(db, await boards.require(db, slug)), public=True)


routes = [list_contenders, show_contender, compare, show_heat]
