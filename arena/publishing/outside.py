"""Outside: this arena asked at its own address, as anybody would, and what others say of it there."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from time import monotonic
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
import msgspec
from msgspec import Struct

from arena.config import Settings
from arena.errors import Refused
from arena.publishing.checkup import CannotLook
from arena.upstream import safety
from arena.upstream.calls import Grants

SECONDS: Final = 10.0
# Who asks rests after each answer, longer than it took: whoever comes meanwhile is not kept waiting by the checks.
REST: Final = 3.0
MOST_REST_SECONDS: Final = 1.0
MOST_BYTES: Final = 4 * 1024 * 1024
LOCAL: Final = ("127.0.0.1", "::1", "localhost")
# Other sites may hang up on who says nothing of themselves.
HEADERS: Final = {"user-agent": "arena-check/1"}
# What asking can fail of, other than time.
BROKEN: Final = (aiohttp.ClientError, OSError, ValueError)
PROMPTED: Final = {"content-type": "application/json"}


class Said(Struct, frozen=True, kw_only=True):
    """What an address answered: its status, or why there is none. `ends_at` is when its certificate does.

    `kind` is the media type of its body, `robots` what it says to programs that go from link to link.
    """

    path: str
    status: int | None = None
    failure: str | None = None
    seconds: float = 0.0
    body: bytes = b""
    kind: str = ""
    robots: str = ""
    ends_at: datetime | None = None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode(errors="replace")

    def read(self) -> Any:
        """The body as JSON."""
        return msgspec.json.decode(self.body)


def address(settings: Settings) -> str:
    """Where this process reaches the arena; CannotLook where it does not know."""
    if found := settings.probe_url or settings.public_url:
        return found.rstrip("/")
    if settings.host in LOCAL and settings.port:
        host = f"[{settings.host}]" if ":" in settings.host else settings.host
        return f"http://{host}:{settings.port}"
    raise CannotLook("The arena does not know its own address: set ARENA_PUBLIC_URL or ARENA_PROBE_URL.")


class Visit:
    """Somebody who asks this arena; `cookie` is what they bring along."""

    def __init__(self, session: aiohttp.ClientSession, base: str, cookie: str) -> None:
        self.session = session
        self._base = base
        self._headers = HEADERS | ({"cookie": cookie} if cookie else {})

    async def get(self, path: str, *, headers: Mapping[str, str] | None = None) -> Said:
        """What the arena answers, whatever that is; nobody is waited for longer than SECONDS."""
        said = await asked(self.session, "GET", self._base + path, self._headers | dict(headers or {}), path)
        await asyncio.sleep(min(REST * said.seconds, MOST_REST_SECONDS))
        return said

    async def post(self, path: str, body: object) -> Said:
        """What the arena answers to a call."""
        headers = self._headers | PROMPTED
        return await asked(self.session, "POST", self._base + path, headers, path, msgspec.json.encode(body))

    async def need(self, path: str) -> Said:
        """What the arena answers; CannotLook where it does not, which other checks find."""
        said = await self.get(path)
        if said.status != 200:
            raise CannotLook(f"The arena did not answer at {path}.")
        return said

    @asynccontextmanager
    async def lines(self, path: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """The lines of an answer as they come, for as long as the caller waits."""
        timeout = aiohttp.ClientTimeout(total=None, connect=SECONDS)
        async with self.session.get(self._base + path, headers=self._headers, timeout=timeout) as response:
            yield aiter(response.content)


@asynccontextmanager
async def visit(settings: Settings, *, cookie: str = "") -> AsyncIterator[Visit]:
    """Visit the arena at its address."""
    base = address(settings)
    async with aiohttp.ClientSession(
        response_class=safety.Reply,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=SECONDS),
        trust_env=False,
    ) as session:
        yield Visit(session, base, cookie)


async def follow(url: str, allowed: Grants = frozenset()) -> Said:
    """Follow a link to another site, without its body where it says what it has without; public https alone."""
    try:
        safety.check_url(url.partition("#")[0].partition("?")[0], allowed)
    except Refused:
        return Said(path=url, failure="address refused")
    async with safety.open_session(url, allowed) as session:
        said = await asked(session, "HEAD", url, HEADERS, url)
        # Many answer GET alone.
        return said if said.status is not None and said.status < 400 else await asked(session, "GET", url, HEADERS, url)


async def asked(
    session: aiohttp.ClientSession, method: str, url: str, headers: Mapping[str, str], path: str, data: bytes = b""
) -> Said:
    """One request and what came of it."""
    begun = monotonic()
    try:
        async with (
            asyncio.timeout(SECONDS),
            session.request(method, url, headers=headers, data=data or None) as response,
        ):
            body = b"" if method == "HEAD" else await _body(response)
            return Said(
                path=path,
                status=response.status,
                seconds=monotonic() - begun,
                body=body,
                kind=response.content_type,
                robots=", ".join(response.headers.getall("x-robots-tag", [])),
                ends_at=_ends(getattr(response, "certificate", None)),
            )
    except TimeoutError:
        failure = f"no answer within {SECONDS:.0f} s"
    except BROKEN as error:
        failure = type(error).__name__
    return Said(path=path, failure=failure, seconds=monotonic() - begun)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > MOST_BYTES:
            break
    return bytes(body)


def _ends(certificate: dict[str, Any] | None) -> datetime | None:
    ends = (certificate or {}).get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(ends), UTC) if ends else None


def path_of(url: str) -> str:
    """A link to another site as people would call it: without what stands after it."""
    parts = urlsplit(url)
    return f"{parts.hostname}{parts.path}"[:200]
