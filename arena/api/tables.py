"""Tables over HTTP: the parameters of a view, and a table in the format that was asked for."""

import hashlib
from typing import Annotated, Any

from litestar import Request, Response
from litestar.params import QueryParameter
from msgspec import UNSET, Struct, UnsetType, structs

from arena import guards
from arena.publishing import formats, tables, views
from arena.publishing.releases import Release, Summary
from arena.publishing.tables import Table
from arena.publishing.views import View, ViewRefused

AnyRequest = Request[Any, Any, Any]


class Shown(Summary, frozen=True, kw_only=True):
    """A release as it is shown: whole, or with the `columns` alone that were asked for, a line's fields by name."""

    columns: list[str] | UnsetType = UNSET
    effective_voters: float | UnsetType = UNSET
    method: dict[str, Any] | UnsetType = UNSET
    standings: list[dict[str, Any]]


class Wish(Struct, frozen=True):
    """How a table is asked for: in which view, and in which format; `named` says whether its columns were named."""

    view: View
    format: str
    named: bool


async def wish(
    request: AnyRequest,
    q: Annotated[str, QueryParameter(name="q", description="A search, as on the page.")] = "",
    organisation: Annotated[str, QueryParameter(name="organisation", description="Who made it.")] = "",
    licence: Annotated[str, QueryParameter(name="licence")] = "",
    kind: Annotated[str, QueryParameter(name="kind")] = "",
    status: Annotated[str, QueryParameter(name="status", description="provisional or established.")] = "",
    open: Annotated[str, QueryParameter(name="open", description="Open weights: yes or no.")] = "",  # noqa: A002
    official: Annotated[str, QueryParameter(name="official", description="Run by its makers: yes or no.")] = "",
    flagged: Annotated[str, QueryParameter(name="flagged", description="yes or no.")] = "",
    size: Annotated[str, QueryParameter(name="size", description="Billions of parameters, as <=13 or 7..70.")] = "",
    price: Annotated[str, QueryParameter(name="price", description="Of a million tokens of answers, as <=5.")] = "",
    least_votes: Annotated[str, QueryParameter(name="least_votes", description="Votes at least.")] = "",
    columns: Annotated[str, QueryParameter(name="columns", description="Columns, by commas.")] = "",
    sort: Annotated[str, QueryParameter(name="sort", description="A column, with - for the highest first.")] = "",
    pin: Annotated[list[str] | None, QueryParameter(name="pin", description="Contenders kept on top.")] = None,
    scale: Annotated[str, QueryParameter(name="scale", description="rating, logits or win_rate.")] = "",
    ranks: Annotated[str, QueryParameter(name="ranks", description="Ranks overall, or among those shown.")] = "",
    format: Annotated[str, QueryParameter(name="format", description="json, csv, parquet or md.")] = "",  # noqa: A002
) -> Wish:
    """What the address asks for, read as the pages read it; the parameters are named here for the API's description."""
    given = {name: request.query_params.getall(name) for name in request.query_params}
    wanted = next((one for one in reversed(given.pop("format", [])) if one), "json")
    if wanted not in formats.NAMES:
        raise ViewRefused(
            "There is no format “{name}”. The nearest is “{near}”.",
            name=wanted[:100],
            near=views.nearest(wanted, formats.NAMES),
        )
    return Wish(views.read(given), wanted, any(given.get("columns", ())))


def released(release: Release, wished: Wish) -> Shown:
    """The release with the lines of the view, whole or, where columns were named, in these."""
    made = tables.make(release, wished.view)
    if not wished.named and wished.view.scale == "rating" and wished.view.ranks == "overall":
        return whole(structs.replace(release, standings=[line.standing for line in made.lines]))
    summary = {name: getattr(release, name) for name in Summary.__struct_fields__}
    return Shown(**summary, columns=list(made.columns), standings=made.rows)


def whole(release: Release) -> Shown:
    """The release with all that is told of each line."""
    told = structs.asdict(release) | {"standings": [structs.asdict(line) for line in release.standings]}
    return Shown(**told)


def file(request: AnyRequest, made: Table, format_name: str) -> Response[Any]:
    """The table as a file of this format."""
    chosen = formats.ALL[format_name]
    body = chosen.write(made)
    name = f"{made.release.board}-{made.release.id[:12]}.{format_name}"
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {
        "etag": etag,
        "cache-control": guards.PUBLIC,
        "content-disposition": f'attachment; filename="{name}"',
    }
    if guards.has(request, etag):
        return Response(None, status_code=304, headers=headers)
    return Response(body, media_type=chosen.media_type, headers=headers)
