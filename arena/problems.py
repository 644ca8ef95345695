"""Problems: what goes wrong, told in a sentence of the reader's language, as a page or as JSON (RFC 9457)."""

import logging
import re
from collections.abc import Mapping
from http import HTTPStatus
from math import ceil
from typing import Any, Final

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Template
from litestar.types import ExceptionHandlersMap
from msgspec import UNSET, Struct, UnsetType

from arena import db as database
from arena import guards
from arena.errors import ArenaError, Later, NoSuchCursor
from arena.pages import languages
from arena.people.voters import UnknownVoter

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0

# What the server itself refuses, in our own words.
SENTENCES: Mapping[int, str] = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "This address does not take this method; /schema says which it takes.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "This request is larger than the arena reads. Send less.",
}
# The parser's words for a field too many or too few.
FIELD = re.compile(r"(?:(?P<unknown>unknown)|missing required) field `(?P<field>[^`]{1,100})`")
NO_VALUES: Mapping[str, str | int] = {}

AnyRequest = Request[Any, Any, Any]


class Unavailable(ArenaError):
    """The arena can't reach its database at the moment. Nothing is lost; try again in a few seconds."""

    status = 503


class Problem(Struct):
    """What went wrong (RFC 9457), with a sentence that the reader can act on, and the field it is about, if any."""

    title: str
    status: int
    detail: str
    type: str = "about:blank"
    field: str | UnsetType = UNSET


def is_page(path: str) -> bool:
    """Whether people read what this address answers."""
    return not path.startswith(("/api/", "/health/", "/schema", "/static/"))


def _arena_error(request: AnyRequest, error: ArenaError) -> Response[Any]:
    response = _problem(request, error.status, error.detail, error.values)
    if isinstance(error, UnknownVoter):
        response.set_cookie(guards.no_cookie(request.app.state.settings))
    seconds = error.seconds if isinstance(error, Later) else None
    if seconds is not None or error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["retry-after"] = str(ceil(RETRY_SECONDS if seconds is None else seconds))
    return response


def _http_error(request: AnyRequest, error: HTTPException) -> Response[Any]:
    response = _problem(request, error.status_code, *_sentence(error))
    if error.headers and "allow" in error.headers:
        response.headers["allow"] = error.headers["allow"]
    return response


def _away(request: AnyRequest, error: Exception) -> Response[Any]:
    log.warning("database away path=%s", request.scope["path"], exc_info=error)
    return _arena_error(request, Unavailable())


def _unwritable(request: AnyRequest, _: Exception) -> Response[Any]:
    return _problem(request, 404, "There is nothing at this address.")


def _unreadable(request: AnyRequest, error: Exception) -> Response[Any]:
    """The parser's two ways of giving up that are no errors of its own: broken UTF-8, and nesting without end."""
    log.warning("unreadable path=%s", request.scope["path"], exc_info=error)
    return _problem(request, 400, "The body can't be read: it must be JSON in UTF-8, nested no deeper than it needs.")


def _unforeseen(request: AnyRequest, error: Exception) -> Response[Any]:
    log.exception("unforeseen path=%s", request.scope["path"], exc_info=error)
    return _problem(request, 500, ArenaError.sentence())


def _sentence(error: HTTPException) -> tuple[str, dict[str, str | int]]:
    """The sentence and its values; what the parser says of a body is for programmers and stays English."""
    if error.status_code in SENTENCES:
        return SENTENCES[error.status_code], {}
    if isinstance(error, ValidationException) and isinstance(error.extra, list) and error.extra:
        return _what_is_wrong(error.extra[0])
    return f"{error.detail.removesuffix('.')}.", {}


def _what_is_wrong(first: object) -> tuple[str, dict[str, str | int]]:
    """The parser's words with the place they are about; a body that is no object at all has no better ones."""
    told = first if isinstance(first, dict) else {"message": str(first)}
    what, where = str(told.get("message") or "").rstrip("."), str(told.get("key") or "")
    if named := FIELD.search(what):
        unknown = "There is no field “{field}” here; /schema names the fields there are."
        within = "" if where in ("", "data") else f"{where}."
        return (unknown if named["unknown"] else "The field “{field}” is missing."), {"field": within + named["field"]}
    if where == "cursor":
        return NoSuchCursor.sentence(), {"field": where}
    if where == "data" or not what:
        return (
            "The body must be a JSON object with the fields that /schema names, in UTF-8 without broken characters.",
            {},
        )
    return ("{what} (in “{where}”).", {"what": what, "where": where}) if where else ("{what}.", {"what": what})


def _problem(
    request: AnyRequest, status: int, sentence: str, values: Mapping[str, str | int] = NO_VALUES
) -> Response[Any]:
    language = languages.of(request)
    title, detail = language.say(HTTPStatus(status).phrase), language.say(sentence, values)
    if is_page(request.scope["path"]) and "text/html" in request.headers.get("accept", ""):
        return Template("problem.html", context={"title": title, "detail": detail}, status_code=status)
    about = values.get("field") or values.get("where")
    problem = Problem(title, status, detail, field=str(about) if about else UNSET)
    return Response(problem, status_code=status, media_type="application/problem+json")


HANDLERS: Final[ExceptionHandlersMap] = {
    ArenaError: _arena_error,
    HTTPException: _http_error,
    **dict.fromkeys(database.AWAY, _away),
    **dict.fromkeys(database.UNWRITABLE, _unwritable),
    UnicodeDecodeError: _unreadable,
    RecursionError: _unreadable,
    Exception: _unforeseen,
}
