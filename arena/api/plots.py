"""The plots of releases over HTTP: as a picture, as a specification with its data, and as a table."""

from typing import Annotated, Any, Final, Literal

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.handlers import HTTPRouteHandler
from litestar.openapi import ResponseSpec
from litestar.params import FromPath, QueryParameter

from arena import guards
from arena.errors import NotFound
from arena.publishing.drawings import Drawing, Drawings

TYPES: Final = {"svg": "image/svg+xml", "json": "application/json", "csv": "text/csv; charset=utf-8"}
# A picture that is opened alone may do nothing.
POLICY: Final = "default-src 'none'; sandbox"

AnyRequest = Request[Any, Any, Any]


class NoSuchFormat(NotFound):
    """A plot can be had as .svg, .json (a Vega-Lite specification with its data) or .csv (the data)."""


@get(
    "/releases/{release_id:str}/plots/{file:str}",
    responses={200: ResponseSpec(bytes, description="The plot, in the format that the name asks for")},
)
async def show_plot(
    request: AnyRequest,
    release_id: FromPath[str],
    file: FromPath[str],
    drawings: Given[Drawings],
    language: Annotated[Literal["en", "zh"], QueryParameter(name="language")] = "en",
) -> Response[Any]:
    """A plot of a release: intervals, matrix, history or price, then .svg, .json or .csv."""
    name, _, format_ = file.rpartition(".")
    if format_ not in TYPES:
        raise NoSuchFormat
    headers = {"etag": f'"{release_id}-{file}-{language}"', "cache-control": guards.PUBLIC}
    drawn = await drawings.of(release_id, name, language)
    if guards.has(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    if format_ == "svg":
        headers["content-security-policy"] = POLICY
    return Response(_content(drawn, format_), media_type=TYPES[format_], headers=headers)


def _content(drawn: Drawing, format_: str) -> bytes:
    if format_ == "csv":
        return drawn.table.encode()
    return drawn.svg if format_ == "svg" else drawn.specification


routes: list[HTTPRouteHandler] = [show_plot]
