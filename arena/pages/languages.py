"""The languages of the pages: which one a reader wants, what its sentences are, and the way to another."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from gettext import GNUTranslations, NullTranslations
from importlib import resources
from io import BytesIO
from typing import Annotated, Any, Final
from urllib.parse import quote

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from litestar import Request, Response, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency as Given
from litestar.params import QueryParameter

from arena import errors
from arena.config import Settings
from arena.errors import NotFound
from arena.guards import YEAR

COOKIE: Final = "language"
VARY: Final = "Accept-Language, Cookie"

# A path of this arena and nothing that a browser would read as another host: no “//”, “/\”, or control character.
_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")

_CHOSEN = re.compile(rf"(?:^|;)\s*{COOKIE}=([a-z]+)".encode())


class NoSuchLanguage(NotFound):
    """The arena does not speak this language."""


@dataclass(frozen=True, eq=False)
class Language:
    """A language the pages are written in; English sentences are the names of all others."""

    tag: str
    locale: Locale
    catalogue: NullTranslations

    @property
    def name(self) -> str:
        """Its own name for itself."""
        return str(self.locale.get_language_name(self.locale.language))

    @property
    def direction(self) -> str:
        """Which way it is written: ltr or rtl."""
        return self.locale.text_direction

    @property
    def space(self) -> str:
        """What stands between two sentences: nothing where the full stop is as wide as a letter."""
        return "" if self.locale.language == "zh" else " "

    def say(self, sentence: str, values: Mapping[str, str | int] | None = None) -> str:
        """The English sentence in this language, with its values in their places."""
        return errors.filled(self.catalogue.gettext(sentence), values or {})


def _catalogue(tag: str) -> GNUTranslations:
    """Read where it stands and compiled in memory, so that there is nothing to build and nothing to forget."""
    text = (resources.files("arena.pages") / "locales" / f"{tag}.po").read_bytes()
    compiled = BytesIO()
    write_mo(compiled, read_po(BytesIO(text), locale=tag))
    compiled.seek(0)
    return GNUTranslations(compiled)


ENGLISH: Final = Language("en", Locale("en", "GB"), NullTranslations())
CHINESE: Final = Language("zh", Locale("zh", "CN", script="Hans"), _catalogue("zh"))
ALL: Final = {language.tag: language for language in (ENGLISH, CHINESE)}


def of(request: Request[Any, Any, Any]) -> Language:
    """The language that the reader has chosen, or else the one that their browser asks for."""
    chosen = ALL.get(request.cookies.get(COOKIE, ""))
    return chosen or accepted(request.headers.get("accept-language", "")[:1000])


def told(headers: Mapping[bytes, bytes]) -> Language:
    """The same, from a request's raw headers, before there is a request."""
    chosen = _CHOSEN.search(headers.get(b"cookie", b""))
    language = ALL.get(chosen[1].decode()) if chosen else None
    return language or accepted(headers.get(b"accept-language", b"").decode("latin-1")[:1000])


@lru_cache(maxsize=256)
def accepted(header: str) -> Language:
    """The best of ours for an Accept-Language header (RFC 9110 §12.5.4), English where it names none of ours."""
    wanted = []
    for place, part in enumerate(header.split(",")):
        tag, _, quality = part.strip().lower().partition(";q=")
        if weight := _weight(quality):
            wanted.append((-weight, place, tag.partition("-")[0]))
    return next((ALL[tag] for *_, tag in sorted(wanted) if tag in ALL), ENGLISH)


def _weight(text: str) -> float:
    """A weight that can't be read counts as none, so that its language is not taken."""
    return float(text or 1) if re.fullmatch(r"(?:[01](?:\.[0-9]{0,3})?)?", text) else 0.0


@get("/language", include_in_schema=False)
async def choose(
    settings: Given[Settings],
    lang: Annotated[str, QueryParameter(name="lang", max_length=20)],
    back: Annotated[str, QueryParameter(name="back", max_length=2000)] = "/",
) -> Response[None]:
    """Keep the reader's choice in a cookie and lead back to the page they came from."""
    if lang not in ALL:
        raise NoSuchLanguage
    path = inside(back, "/")
    cookie = Cookie(
        key=COOKIE, value=lang, path="/", max_age=YEAR, httponly=True, secure=settings.secure, samesite="lax"
    )
    headers = {"location": path, "cache-control": "no-store"}
    return Response(None, status_code=303, headers=headers, cookies=[cookie])


def inside(path: str, otherwise: str) -> str:
    """The path, if it leads to a page of this arena and nowhere else."""
    return path if _PATH.fullmatch(path) else otherwise


def switch(tag: str, back: str) -> str:
    """The address that chooses a language and leads back."""
    return f"/language?lang={tag}&back={quote(back, safe='')}"
