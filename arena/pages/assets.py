"""Style sheet, scripts and icon: read once, served from memory, named by what is in them."""

import hashlib
from pathlib import Path
from typing import Final

from litestar import Response, get
from litestar.params import FromPath

from arena.errors import NotFound

MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}
FOREVER = "public, max-age=31536000, immutable"


class NoSuchAsset(NotFound):
    """There is no file of this name."""


_here = Path(__file__).parent
files = {file.name: file.read_bytes() for file in _here.glob("static/*") if file.suffix[1:] in MEDIA_TYPES}


def _version() -> str:
    """Templates and sentences count too: a page that was kept by a reader is asked for anew when any changes."""
    made_of = sorted([*_here.glob("static/*"), *_here.glob("templates/**/*.html"), *_here.glob("locales/*.po")])
    return hashlib.sha256(b"".join(file.name.encode() + file.read_bytes() for file in made_of)).hexdigest()[:16]


VERSION: Final = _version()


def etag(*depends: object) -> str:
    """A name for all that a page is made from, so that a reader who has it need not get it again."""
    return f'"{hashlib.sha256(repr((VERSION, *depends)).encode()).hexdigest()[:32]}"'


def url(name: str) -> str:
    """Where a page finds the file; modules import each other from the same folder, so the version is in the path."""
    if name not in files:
        raise NoSuchAsset("There is no file called {name} in pages/static.", name=name)
    return f"/static/{VERSION}/{name}"


@get("/static/{version:str}/{name:str}", include_in_schema=False)
async def show(version: FromPath[str], name: FromPath[str]) -> Response[bytes]:
    """A file; a page of another version gets ours too, so that a restart never leaves it without script."""
    if name not in files:
        raise NoSuchAsset
    caching = FOREVER if version == VERSION else "no-cache"
    media_type = MEDIA_TYPES[name.rpartition(".")[2]]
    return Response(files[name], media_type=media_type, headers={"cache-control": caching})
