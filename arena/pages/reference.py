"""The API's reference as a page: what the description says, for people, with nothing loaded from elsewhere."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.response import Template

from arena import guards
from arena.pages import assets, languages
from arena.pages.languages import Language

Schema = dict[str, Any]

PREFIX = "/api/v1/"


@get("/api", include_in_schema=False)
async def show(request: Request[Any, Any, Any], described: Given[Schema]) -> Response[Any]:
    """Every operation by the noun that its address begins with, and every shape that bodies have."""
    headers = {"etag": _etag(described, languages.of(request)), "cache-control": guards.PUBLIC}
    if guards.has(request, headers["etag"]):
        return Response(None, status_code=304, headers=headers)
    return Template("reference/show.html", context=_context(described), headers=headers)


def _etag(description: Schema, language: Language) -> str:
    """A name for all that the page depends on."""
    return assets.etag(language.tag, description)


def _context(description: Schema) -> dict[str, Any]:
    operations = [
        (path, method.upper(), operation)
        for path, methods in sorted(description["paths"].items())
        for method, operation in methods.items()
    ]
    groups = [(noun, list(group)) for noun, group in groupby(operations, lambda each: noun_of(each[0]))]
    shapes = sorted(description["components"]["schemas"].items())
    return {"groups": groups, "shapes": shapes, "kind": kind, "answers": answers}


def noun_of(path: str) -> str:
    """The noun that an address is about."""
    return path.removeprefix(PREFIX).strip("/").partition("/")[0]


def answers(operation: Schema) -> Iterable[tuple[str, str, Schema]]:
    """The status, content type and shape of each answer that is no refusal."""
    for status, answer in operation["responses"].items():
        if status.isdigit():
            content = answer.get("content") or {"": {}}
            yield from ((status, media, told.get("schema", {})) for media, told in content.items())


def kind(schema: Schema) -> str:
    """What a value may be, in a word or a few."""
    if reference := schema.get("$ref"):
        return str(reference).rpartition("/")[2]
    if values := schema.get("enum"):
        return " | ".join(str(value) for value in values)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " | ".join(kind(choice) for choice in choices)
    if members := schema.get("prefixItems"):
        return f"[{', '.join(kind(member) for member in members)}]"
    if isinstance(items := schema.get("items"), dict):
        return f"[{kind(items)}, …]"
    return str(schema.get("format") or schema.get("type") or schema.get("const", "…"))
