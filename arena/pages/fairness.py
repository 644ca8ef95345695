"""The page on fairness: what providers were promised and got."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given

from arena.db import Pool
from arena.integration import fairness
from arena.pages import releases


@get("/fairness", include_in_schema=False)
async def show(request: Request[Any, Any, Any], db: Given[Pool]) -> Response[Any]:
    """Exposure, variants, retirements, failures, and the ratings if failing were losing."""
    return releases.fresh(request, "fairness/show.html", {"report": await fairness.latest(db)})
