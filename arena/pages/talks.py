"""Two contenders side by side by name, and a chat with one: kept, and never rated."""

from typing import Annotated

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.params import QueryParameter
from litestar.response import Template

from arena.config import Settings
from arena.db import Pool
from arena.evaluation.kinds import Kind
from arena.submission import choices

Chosen = Annotated[list[str] | None, QueryParameter(name="contender", max_items=2)]


@get("/side-by-side", include_in_schema=False)
async def show_side_by_side(settings: Given[Settings], db: Given[Pool], chosen: Chosen = None) -> Template:
    """Where two contenders are asked by name."""
    return await _page(Kind.NAMED, settings, db, chosen or [])


@get("/chat", include_in_schema=False)
async def show_chat(settings: Given[Settings], db: Given[Pool], chosen: Chosen = None) -> Template:
    """Where one contender is asked by name."""
    return await _page(Kind.DIRECT, settings, db, chosen or [])


async def _page(kind: Kind, settings: Settings, db: Pool, chosen: list[str]) -> Template:
    context = {
        "kind": kind,
        "choices": await choices.listed(db),
        "chosen": [*chosen, "", ""][: kind.sides],
        "silence_seconds": settings.first_byte_seconds + settings.idle_seconds + settings.start_barrier_seconds,
    }
    return Template("talks/show.html", context=context, headers={"cache-control": "no-cache"})
