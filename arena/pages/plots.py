"""The plots of a release on a page, each with its data to download."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath
from litestar.response import Template

from arena import guards
from arena.db import Pool
from arena.pages import assets, languages
from arena.publishing import plots, releases
from arena.publishing.releases import Release


def context(release: Release) -> dict[str, object]:
    """What `releases/plots.html` is given."""
    return {"release": release, "plots": plots.drawable(release)}


@get("/releases/{release_id:str}/plots", include_in_schema=False)
async def show(request: Request[Any, Any, Any], release_id: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """All that is drawn of a release."""
    release = await releases.require(db, release_id)
    etag = f'"{release.id}-{assets.VERSION}-{languages.of(request).tag}"'
    headers = {"etag": etag, "cache-control": guards.PUBLIC}
    if guards.has(request, etag):
        return Response(None, status_code=304, headers=headers)
    return Template("releases/drawn.html", context=context(release), headers=headers)
