"""The pages of releases: what is planned, held and out, and one release with what was said and counted."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath, QueryParameter
from litestar.response import Template

from arena import guards
from arena.config import Settings
from arena.db import Pool
from arena.integration import boards, fragilities
from arena.pages import assets, languages, tables
from arena.publishing import announcements, bills, calendars, candidates, notes, releases
from arena.publishing.tables import make
from arena.publishing.views import PLAIN

PAGE = 25
# What a release was computed from, as files of its own.
FILES = ("votes.parquet", "votes.jsonl", "excluded.parquet", "manifest.json", "verify.py")

AnyRequest = Request[Any, Any, Any]
At = Annotated[str | None, QueryParameter(name="at", max_length=40)]


@get("/releases", include_in_schema=False)
async def index(
    request: AnyRequest,
    db: Given[Pool],
    settings: Given[Settings],
    board: Annotated[str | None, QueryParameter(name="board", max_length=100)] = None,
    at: At = None,
    cursor: Annotated[str | None, QueryParameter(name="cursor", max_length=64)] = None,
) -> Response[Any]:
    """The calendar: what will be released, what is held, and what is out, of one board or of all, by a date or now."""
    listed = await boards.listed(db)
    chosen = await boards.require(db, board) if board else None
    # An empty field of the form is no date.
    moment = calendars.moment(at) if at else None
    found = await releases.listed(db, chosen, cursor, PAGE + 1, at=moment)
    context = {
        "boards": {each.slug: each for each in listed},
        "chosen": chosen,
        "at": at or "",
        "upcoming": [each for each in await candidates.upcoming(db) if board in (None, "", each.board)],
        "held": [each for each in await candidates.held(db) if board in (None, "", each.board)],
        "releases": found[:PAGE],
        "earlier": found[PAGE - 1].id if len(found) > PAGE else None,
        "settings": settings,
    }
    return fresh(request, "releases/index.html", context, settings.release_seconds)


@get("/releases/{release_id:str}", include_in_schema=False)
async def show(request: AnyRequest, release_id: FromPath[str], db: Given[Pool]) -> Response[Any]:
    """A release: what is new in it, its facts and files, and its table as it was."""
    release = await releases.require(db, release_id)
    told = (await notes.kept(db, [release_id]))[release_id]
    written = (await announcements.listed(db, [release_id]))[release_id]
    language = languages.of(request)
    chosen = announcements.standing(written, language.tag)
    context = {
        "release": release,
        "board": await boards.require(db, release.board),
        "notes": told,
        "said": chosen.text.splitlines() if chosen else announcements.words(told, language.say),
        "written": written,
        "candidate": await candidates.of_release(db, release_id),
        "tested": await releases.self_test(db, release_id),
        "bill": await bills.kept(db, release_id),
        "fragile": await fragilities.of_release(db, release_id),
        "later": await releases.after(db, release),
        "files": FILES,
        "groups": tables.groups(make(release, PLAIN)),
    }
    return fresh(request, "releases/show.html", context)


def fresh(request: AnyRequest, template: str, context: dict[str, Any], *more: object) -> Response[Any]:
    """The page with its ETag, which names all that it is made from, or 304 for a reader who has it."""
    depends = (languages.of(request).tag, request.url.path, context, more)
    etag = assets.etag(*depends)
    headers = {"etag": etag, "cache-control": guards.PUBLIC}
    if guards.has(request, etag):
        return Response(None, status_code=304, headers=headers)
    return Template(template, context=context, headers=headers)
