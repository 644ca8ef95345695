"""The public log: what happened to all that was brought here."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.params import QueryParameter
from litestar.response import Template

from arena.db import Pool
from arena.submission import submissions

PAGE = 50


@get("/submissions", include_in_schema=False)
async def show(
    db: Given[Pool], cursor: Annotated[int | None, QueryParameter(name="cursor", ge=0, le=2**62)] = None
) -> Template:
    """A page of the log, the latest first, and who has tested in private."""
    found = await submissions.listed(db, before=cursor, most=PAGE + 1)
    context = {
        "events": found[:PAGE],
        "earlier": found[PAGE - 1].id if len(found) > PAGE else None,
        "testers": await submissions.testers(db),
        "first": cursor is None,
    }
    return Template("submissions/show.html", context=context, headers={"cache-control": "no-cache"})
