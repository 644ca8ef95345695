"""Changes over HTTP: what became other than it was, and what went wrong."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import QueryParameter
from msgspec import Struct

from arena import guards
from arena.db import Pool
from arena.publishing import changes
from arena.publishing.changes import Change, Kind

PAGE = 50

AnyRequest = Request[Any, Any, Any]


class Changes(Struct):
    """A page of changes, the latest first; `next` is the cursor of the page after it."""

    items: list[Change]
    next: str | None


@get("/changes", responses=guards.json_of(Changes))
async def list_changes(
    request: AnyRequest,
    db: Given[Pool],
    kind: Annotated[Kind | None, QueryParameter(name="kind")] = None,
    cursor: Annotated[str | None, QueryParameter(name="cursor", max_length=200)] = None,
) -> Response[Any]:
    """What changed of models, methodology and data, and what went wrong, the latest first."""
    found = await changes.listed(db, kind, before=cursor, most=PAGE + 1)
    after = changes.cursor(found[PAGE - 1]) if len(found) > PAGE else None
    return guards.fresh(request, Changes(found[:PAGE], after), public=True)


routes = [list_changes]
