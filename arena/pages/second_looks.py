"""The page on which a stored pair is judged a second time; its script speaks with the API."""

from litestar import get
from litestar.di import NamedDependency as Given
from litestar.response import Template

from arena.config import Settings
from arena.evaluation import second_looks


@get("/second-look", include_in_schema=False)
async def show(settings: Given[Settings]) -> Template:
    """Where somebody judges a pair that is waiting."""
    if not settings.second_looks:
        raise second_looks.NotOffered
    return Template("second_looks/show.html", headers={"cache-control": "no-cache"})
