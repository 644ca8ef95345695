"""The page of changes: what became other than it was, and what went wrong."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.params import QueryParameter
from litestar.response import Template

from arena.db import Pool
from arena.publishing import changes
from arena.publishing.changes import Kind

PAGE = 50


@get("/changes", include_in_schema=False)
async def show(
    db: Given[Pool],
    kind: Annotated[Kind | None, QueryParameter(name="kind")] = None,
    cursor: Annotated[str | None, QueryParameter(name="cursor", max_length=200)] = None,
) -> Template:
    """Changes of a kind, or of all, the latest first."""
    found = await changes.listed(db, kind, before=cursor, most=PAGE + 1)
    context = {
        "kind": kind,
        "kinds": [each.value for each in Kind],
        "changes": found[:PAGE],
        "earlier": changes.cursor(found[PAGE - 1]) if len(found) > PAGE else None,
        "first": cursor is None,
    }
    return Template("changes/list.html", context=context, headers={"cache-control": "no-cache"})
