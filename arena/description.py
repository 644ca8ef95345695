"""The API's description (OpenAPI) as it is served: what Litestar knows of the routes, completed by what holds for all.

Litestar leaves out what the parser refuses (unknown fields, lists of another length, bounds of nought) and describes
refusals that are not ours. The parser's own word replaces the one, problems the other.
"""

import typing
from collections.abc import Iterable, Iterator
from typing import Any, Final, cast

import msgspec
from litestar import Litestar, Request
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.routes import HTTPRoute
from msgspec import Struct

from arena.problems import Problem

Schema = dict[str, Any]

PLACE: Final = "#/components/schemas/"
REFUSED: Final = "A sentence that says what went wrong and what to do (RFC 9457)"
BROKEN: Final = "The arena can't answer at the moment"
WAYS_IN: Final[Schema] = {
    "key": {"type": "http", "scheme": "bearer", "description": "An API key"},
    "session": {"type": "apiKey", "in": "cookie", "name": "session", "description": "Who has signed in on the pages"},
}
UNREAD: Final[Schema] = {
    "description": "Nothing of it is read; that it is JSON shows that no form of another site has sent it",
    "required": True,
    "content": {"application/json": {"schema": {}}},
}


class Description(JsonRenderPlugin):
    """Serves the description as JSON."""

    def __init__(self) -> None:
        super().__init__(path="/")
        self._served = b""

    def render(self, request: Request[Any, Any, Any], openapi_schema: Schema) -> bytes:
        self._served = self._served or msgspec.json.encode(of(request.app))
        return self._served


def of(app: Litestar) -> Schema:
    """The whole description, made when it is first asked for."""
    if "description" not in app.state:
        app.state.description = _whole(app)
    return cast(Schema, app.state.description)


def _whole(app: Litestar) -> Schema:
    schema: Schema = msgspec.json.decode(msgspec.json.encode(app.openapi_schema.to_schema()))
    described = list(_described(app))
    kinds = [kind for _, _, handler in described for kind in _kinds(handler)]
    components = schema["components"]
    components["schemas"] = _components([*kinds, Problem], components["schemas"])
    components["securitySchemes"] = WAYS_IN
    for path, method, handler in described:
        operation = schema["paths"][path][method.lower()]
        _complete(operation)
        operation["responses"].get("200", {}).get("content", {}).update(
            {_kind(form): {} for form in handler.opt.get("gives", ())}
        )
        if "signed_in" in handler.parsed_fn_signature.parameters:
            operation["security"] = [{name: []} for name in WAYS_IN]
        if method in ("POST", "PUT", "PATCH"):
            operation.setdefault("requestBody", _file(handler.opt["reads"]) if "reads" in handler.opt else UNREAD)
    return schema


def _described(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        for handler in route.route_handlers if isinstance(route, HTTPRoute) else ():
            if handler.resolve_include_in_schema():
                yield from ((route.path_format, method, handler) for method in handler.http_methods)


def _kinds(handler: HTTPRouteHandler) -> Iterator[type[Struct]]:
    """The Structs that a handler takes and gives."""
    signature = handler.parsed_fn_signature
    told = [signature.return_type.annotation, *(spec.data_container for spec in (handler.responses or {}).values())]
    if data := signature.parameters.get("data"):
        told.append(data.annotation)
    for kind in told:
        for part in (kind, *typing.get_args(kind)):
            if isinstance(part, type) and issubclass(part, Struct):
                yield part


def _components(kinds: list[type[Struct]], known: dict[str, Schema]) -> dict[str, Schema]:
    """The Structs as the parser reads them, under the names by which the routes know them."""
    _, components = msgspec.json.schema_components(kinds, ref_template=PLACE + "{name}")
    names = {name: next((one for one in known if _ends(name, one)), name) for name in components}
    text = msgspec.json.encode(components).decode()
    for name, short in names.items():
        text = text.replace(f'"{PLACE}{name}"', f'"{PLACE}{short}"')
    found = {names[name]: component for name, component in msgspec.json.decode(text).items()}
    for name in found.keys() & known.keys():
        for field, told in known[name].get("properties", {}).items():
            if "date-time" in str(told):  # The parser's word for a moment is text.
                found[name]["properties"][field] = told
    return found


def _ends(name: str, short: str) -> bool:
    """Whether a module's path and a Struct (arena.api.set_runs.Run) are what a route calls set_runs_Run."""
    parts = name.split(".")
    return any(short == "_".join(parts[place:]) for place in range(len(parts)))


def _file(forms: Iterable[str]) -> Schema:
    """What a route that reads a file takes: text, in one of these forms."""
    return {"required": True, "content": {_kind(form): {"schema": {"type": "string"}} for form in forms}}


def _kind(form: str) -> str:
    """The media type without its parameters."""
    return form.partition(";")[0]


def _complete(operation: Schema) -> None:
    answers = operation["responses"]
    answers.pop("400", None)
    for status, answer in answers.items():
        if status == "204":
            answer.pop("content", None)
    problem = {"application/problem+json": {"schema": {"$ref": f"{PLACE}Problem"}}}
    answers["4XX"] = {"description": REFUSED, "content": problem}
    answers["5XX"] = {"description": BROKEN, "content": problem}
