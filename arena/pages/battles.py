"""The battle page: one task; its script speaks with the API."""

from typing import Any

from litestar import Request, get
from litestar.di import NamedDependency as Given
from litestar.response import Template

from arena.config import Settings
from arena.pages import languages, suggestions


@get("/", include_in_schema=False)
async def show(request: Request[Any, Any, Any], settings: Given[Settings]) -> Template:
    """Where a battle is held."""
    language = languages.of(request).tag
    return Template(
        "battles/show.html",
        context={
            "suggestions": suggestions.offered(language),
            "second_looks": settings.second_looks > 0,
            # Nothing comes for longer than this only where the connection is dead without having said so.
            "silence_seconds": settings.first_byte_seconds + settings.idle_seconds + settings.start_barrier_seconds,
        },
        headers={"cache-control": "no-cache"},
    )
