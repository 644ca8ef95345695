"""The changes as a page and a feed: what became other than it was, and what went wrong."""

from typing import Annotated, Any
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as Xml

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import QueryParameter
from litestar.response import Template

from arena.config import Settings
from arena.db import Pool
from arena.pages import feeds, formats, languages
from arena.pages.languages import Language
from arena.publishing import changes
from arena.publishing.changes import Change, Kind

PAGE = 50


@get("/changes", include_in_schema=False)
async def show(
    db: Given[Pool],
    kind: Annotated[Kind | None, QueryParameter(name="kind")] = None,
    cursor: Annotated[str | None, QueryParameter(name="cursor", max_length=200)] = None,
) -> Template:
    """Changes of a kind, or of all, the latest first."""
    found = await changes.listed(db, kind, before=cursor, most=PAGE + 1)
    context = {
        "kind": kind,
        "kinds": [each.value for each in Kind],
        "changes": found[:PAGE],
        "earlier": changes.cursor(found[PAGE - 1]) if len(found) > PAGE else None,
        "first": cursor is None,
    }
    return Template("changes/list.html", context=context, headers={"cache-control": "no-cache"})


@get("/feeds/changes.atom", include_in_schema=False)
async def feed(
    request: Request[Any, Any, Any],
    db: Given[Pool],
    settings: Given[Settings],
    kind: Annotated[Kind | None, QueryParameter(name="kind")] = None,
) -> Response[Any]:
    """The last changes of a kind, or of all, as Atom."""
    here, language, only = feeds.address(request, settings), languages.of(request), f"?kind={kind}" if kind else ""
    found = await changes.listed(db, kind, before=None, most=feeds.MOST)
    updated = found[0].happened_at if found else None
    title = language.say("Changes", {})
    written = feeds.begun(here, f"/feeds/changes.atom{only}", f"/changes{only}", title, updated, language)
    for change in found:
        written.append(_entry(change, here, language))
    return feeds.served(request, settings, written)


def _entry(change: Change, here: str, language: Language) -> Xml.Element:
    entry = Xml.Element(f"{{{feeds.ATOM}}}entry")
    feeds.add(entry, "title", language.say(change.sentence, change.values))
    # The same wherever the arena is reached.
    feeds.add(entry, "id", uuid5(NAMESPACE_URL, f"change {changes.cursor(change)}").urn)
    feeds.add(entry, "updated", formats.machine(change.happened_at, language))
    feeds.add(entry, "link", rel="alternate", href=f"{here}{change.link}", type="text/html")
    feeds.add(entry, "category", term=change.kind.value)
    if change.reason:
        feeds.add(entry, "content", change.reason, type="text")
    return entry


routes = [show, feed]
