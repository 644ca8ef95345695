"""Contenders over HTTP: what is or was ranked."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from msgspec import Struct

from arena import guards
from arena.db import Pool
from arena.submission import contenders
from arena.submission.contenders import Entry, Summary

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
) -> Response[Any]:
    """What is or was ranked here, but for what is tested privately."""
    found = await contenders.listed(db, after=cursor, most=PAGE + 1)
    return guards.fresh(request, Contenders(found[:PAGE], found[PAGE - 1].slug if len(found) > PAGE else None))


@get("/contenders/{slug:str}", responses=guards.json_of(Entry))
async def show_contender(request: Request[Any, Any, Any], slug: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """A contender's card, what it was called before, and the versions before and after it."""
    return guards.fresh(request, await contenders.require(db, slug))


routes = [list_contenders, show_contender]
