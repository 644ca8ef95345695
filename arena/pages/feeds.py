"""Feeds: what was released, as Atom (RFC 4287), of all boards or of one, in the reader's language."""

import hashlib
import re
from datetime import datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as Xml

from litestar import Request, Response, get
from litestar.di import NamedDependency as Given
from litestar.params import FromPath

from arena import guards
from arena.config import Settings
from arena.db import Pool
from arena.integration import boards
from arena.integration.boards import Board
from arena.pages import formats, languages
from arena.pages.languages import Language
from arena.publishing import announcements, notes, releases
from arena.publishing.releases import Summary

ATOM: Final = "http://www.w3.org/2005/Atom"
MOST: Final = 30
# What XML 1.0 can't hold.
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

AnyRequest = Request[Any, Any, Any]


@get("/feeds/releases.atom", include_in_schema=False)
async def show_all(request: AnyRequest, db: Given[Pool], settings: Given[Settings]) -> Response[Any]:
    """What was released on any board."""
    return await _feed(request, db, settings, None)


@get("/feeds/{slug:str}/releases.atom", include_in_schema=False)
async def show(request: AnyRequest, slug: FromPath[str], db: Given[Pool], settings: Given[Settings]) -> Response[Any]:
    """What was released on a board."""
    return await _feed(request, db, settings, await boards.require(db, slug))


async def _feed(request: AnyRequest, db: Pool, settings: Settings, board: Board | None) -> Response[Any]:
    named = {each.slug: each for each in await boards.listed(db)}
    found = await releases.listed(db, board, None, MOST)
    said = await _said(db, [release.id for release in found], languages.of(request))
    here, language = address(request, settings), languages.of(request)
    return served(request, settings, _written(found, board, named, said, here, language))


def served(request: AnyRequest, settings: Settings, feed: Xml.Element) -> Response[Any]:
    """The feed with its ETag, or 304 for a reader who has it already."""
    body = bytes(Xml.tostring(feed, encoding="utf-8", xml_declaration=True))
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    # Without an address of its own the feed says the one that it was asked at, which is not for everybody to be given.
    headers = {"etag": etag, "cache-control": guards.PUBLIC if settings.public_url else "no-cache"}
    if guards.has(request, etag):
        return Response(None, status_code=304, headers=headers)
    return Response(body, media_type="application/atom+xml", headers=headers)


def address(request: AnyRequest, settings: Settings) -> str:
    """Where the arena is reached, as a feed says it."""
    return (settings.public_url or str(request.base_url)).rstrip("/")


def begun(here: str, path: str, page: str, title: str, updated: datetime | None, language: Language) -> Xml.Element:
    """A feed without entries; `page` shows the same to people."""
    Xml.register_namespace("", ATOM)
    feed = Xml.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": language.tag})
    add(feed, "title", title)
    add(feed, "id", f"{here}{path}")
    # Before the first entry nothing has changed since the arena can have begun.
    add(feed, "updated", formats.machine(updated, language) if updated else "2026-01-01T00:00:00Z")
    add(feed, "link", rel="self", href=f"{here}{path}", type="application/atom+xml")
    add(feed, "link", rel="alternate", href=f"{here}{page}", type="text/html")
    add(Xml.SubElement(feed, f"{{{ATOM}}}author"), "name", language.say("Arena", {}))
    return feed


async def _said(db: Pool, release_ids: list[str], language: Language) -> dict[str, tuple[str, datetime | None]]:
    """What is said of each release, and when an operator wrote it, None where it is made from the notes."""
    written, noted = await announcements.listed(db, release_ids), await notes.kept(db, release_ids)
    said: dict[str, tuple[str, datetime | None]] = {}
    for release_id in release_ids:
        chosen = announcements.standing(written[release_id], language.tag)
        text = chosen.text if chosen else "\n".join(announcements.words(noted[release_id], language.say))
        said[release_id] = (text, chosen.written_at if chosen else None)
    return said


def _written(
    found: list[Summary],
    board: Board | None,
    named: dict[str, Board],
    said: dict[str, tuple[str, datetime | None]],
    here: str,
    language: Language,
) -> Xml.Element:
    path = f"/feeds/{quote(board.slug)}/releases.atom" if board else "/feeds/releases.atom"
    title = language.say("Releases", {})
    changes = [max(release.published_at, said[release.id][1] or release.published_at) for release in found]
    titled = f"{language.say(board.name, {})} · {title}" if board else title
    feed = begun(here, path, "/releases", titled, max(changes, default=None), language)
    for release, changed in zip(found, changes, strict=True):
        name = language.say(named[release.board].name, {})
        feed.append(_entry(release, name, said[release.id][0], changed, here, language))
    return feed


def _entry(release: Summary, name: str, text: str, changed: datetime, here: str, language: Language) -> Xml.Element:
    entry = Xml.Element(f"{{{ATOM}}}entry")
    values = {"board": name, "date": formats.date(release.published_at, language)}
    add(entry, "title", language.say("{board}: release of {date}", values))
    # The same wherever the arena is reached, as the release is.
    add(entry, "id", uuid5(NAMESPACE_URL, release.id).urn)
    add(entry, "published", formats.machine(release.published_at, language))
    add(entry, "updated", formats.machine(changed, language))
    add(entry, "link", rel="alternate", href=f"{here}/releases/{release.id}", type="text/html")
    add(entry, "category", term=release.board)
    add(entry, "content", text, type="text")
    return entry


def add(parent: Xml.Element, name: str, text: str | None = None, **attributes: str) -> None:
    """Put an element of Atom's below another one."""
    added = Xml.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    added.text = None if text is None else _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)
