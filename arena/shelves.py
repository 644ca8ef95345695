"""The shelf: answers that everybody may have, kept ready as bytes for a moment and then asked for anew.

Only what is marked `cache-control: public` is kept. While an answer is fresh, no handler and no database is asked.
After that, one request asks whether it has changed, and the others are given what there is meanwhile. While the arena
itself can't say, what was right a moment ago stays.
"""

import gzip
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES: Final = 64 * 1024 * 1024
WORTH_PACKING: Final = 1024
PUBLIC: Final = b"public"

Head = list[tuple[bytes, bytes]]


@dataclass
class Kept:
    """An answer on the shelf, whole and for a reader who has it already, and until when it is fresh."""

    etag: bytes
    body: bytes
    packed: bytes
    heads: tuple[Head, Head, Head]
    fresh_until: float
    asking: bool = False

    @property
    def size(self) -> int:
        """How much room it takes."""
        return len(self.body) + len(self.packed)


class Shelf:
    """Gives what is kept; `spoken` tells in which language a page is to be given, since each has its own."""

    def __init__(self, app: ASGIApp, *, seconds: float, spoken: Callable[[Scope], str]) -> None:
        self._app = app
        self._seconds = seconds
        self._spoken = spoken
        self._kept: OrderedDict[tuple[str, bytes, str], Kept] = OrderedDict()
        self._size = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != HttpMethod.GET:
            await self._app(scope, receive, send)
            return
        place = (scope["path"], scope["query_string"], self._spoken(scope))
        kept = self._kept.get(place)
        if kept is None:
            await self._app(scope, receive, self._keeping(place, send))
        elif kept.asking or kept.fresh_until > monotonic():
            await _give(kept, scope, send)
        else:
            await self._ask_again(place, kept, scope, receive, send)

    async def _ask_again(
        self, place: tuple[str, bytes, str], kept: Kept, scope: Scope, receive: Receive, send: Send
    ) -> None:
        kept.asking = True
        answer = _Answer()
        try:
            await self._app({**scope, "headers": _asking(scope, kept.etag)}, receive, answer)  # type: ignore[arg-type]
        finally:
            kept.asking = False
        # What was right a moment ago is better than nothing while the database is away.
        if answer.status == 304 or answer.status >= 500:
            kept.fresh_until = monotonic() + self._seconds
            await _give(kept, scope, send)
            return
        self._drop(place)
        await answer.send(self._keeping(place, send))

    def _keeping(self, place: tuple[str, bytes, str], send: Send) -> Send:
        """Passes an answer on, and keeps it if it is one that may be kept and comes whole in one piece."""
        head: Head | None = None

        async def sent(message: Message) -> None:
            nonlocal head
            if message["type"] == "http.response.start":
                named = dict(message["headers"])
                public = PUBLIC in named.get(b"cache-control", b"") and b"set-cookie" not in named
                head = list(message["headers"]) if message["status"] == 200 and public and b"etag" in named else None
            elif message["type"] == "http.response.body" and head is not None and not message.get("more_body"):
                self._put(place, head, message["body"])
            await send(message)

        return sent

    def _put(self, place: tuple[str, bytes, str], head: Head, body: bytes) -> None:
        self._drop(place)
        kept = _kept(head, body, monotonic() + self._seconds)
        self._kept[place] = kept
        self._size += kept.size
        while self._size > MOST_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, place: tuple[str, bytes, str]) -> None:
        if gone := self._kept.pop(place, None):
            self._size -= gone.size


class _Answer:
    """An answer that is held back until it is known what becomes of it."""

    def __init__(self) -> None:
        self.status = 0
        self._messages: list[Message] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self._messages.append(message)

    async def send(self, send: Send) -> None:
        for message in self._messages:
            await send(message)


def _kept(head: Head, body: bytes, fresh_until: float) -> Kept:
    packed = gzip.compress(body, mtime=0) if len(body) >= WORTH_PACKING else b""
    plain = [(name, value) for name, value in head if name != b"content-length"]
    if packed:
        plain = _varying(plain)
    etag = dict(head)[b"etag"]
    weak = [(name, b"W/" + value.removeprefix(b"W/") if name == b"etag" else value) for name, value in plain]
    heads = (
        [*plain, (b"content-length", b"%d" % len(body))],
        [*weak, (b"content-encoding", b"gzip"), (b"content-length", b"%d" % len(packed))],
        [(name, value) for name, value in plain if name != b"content-type"],
    )
    return Kept(etag, body, packed, heads, fresh_until)


def _varying(head: Head) -> Head:
    """The head, telling caches on the way that a packed answer is another one."""
    others = b", ".join(value for name, value in head if name == b"vary")
    named = b"Accept-Encoding, " + others if others else b"Accept-Encoding"
    return [*((name, value) for name, value in head if name != b"vary"), (b"vary", named)]


async def _give(kept: Kept, scope: Scope, send: Send) -> None:
    wants = dict(scope["headers"])
    status, head, body = 200, kept.heads[0], kept.body
    if _has(wants.get(b"if-none-match", b""), kept.etag):
        status, head, body = 304, kept.heads[2], b""
    elif kept.packed and _unpacks(wants.get(b"accept-encoding", b"")):
        head, body = kept.heads[1], kept.packed
    start: Any = {"type": "http.response.start", "status": status, "headers": head}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _has(known: bytes, etag: bytes) -> bool:
    return bool(known) and (known == etag or etag in known or known.strip() == b"*")


def _unpacks(accepted: bytes) -> bool:
    """Whether the reader takes gzip: named, and not with a weight of nothing."""
    for part in accepted.lower().split(b","):
        name, _, weight = part.strip().partition(b";")
        if name == b"gzip":
            return weight.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000")
    return False


def _asking(scope: Scope, etag: bytes) -> Head:
    """The request's headers, asking whether what is kept is still right."""
    return [*((name, value) for name, value in scope["headers"] if name != b"if-none-match"), (b"if-none-match", etag)]
