"""The shelf: answers that everybody may have, kept ready as bytes for a moment and then asked for anew.

Only what is marked `cache-control: public` is kept. While an answer is fresh, no handler and no database is asked.
After that, one request asks whether it has changed, and the others are given what there is meanwhile. While the arena
itself can't say, what was right a moment ago stays.
"""

import gzip
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES: Final = 64 * 1024 * 1024
WORTH_PACKING: Final = 1024
PUBLIC: Final = b"public"

Head = list[tuple[bytes, bytes]]
Wants = Mapping[bytes, bytes]
Place = tuple[bytes, str]

STATUS_LINES: Final = {200: b"HTTP/1.1 200 OK\r\n", 304: b"HTTP/1.1 304 Not Modified\r\n"}


@dataclass(frozen=True)
class Answer:
    """An answer, ready to be given; `wire` is its head as it goes over a connection, with room for more headers."""

    status: int
    head: Head
    body: bytes
    wire: bytes


@dataclass
class Kept:
    """An answer on the shelf: whole, packed if that is worth it, for who has it already; and until when it is fresh."""

    etag: bytes
    whole: Answer
    packed: Answer | None
    unchanged: Answer
    fresh_until: float
    asking: bool = False

    @property
    def size(self) -> int:
        """How much room it takes."""
        return len(self.whole.body) + (len(self.packed.body) if self.packed else 0)

    def answer(self, wants: Wants) -> Answer:
        """What a reader with these headers is given."""
        if _has(wants.get(b"if-none-match", b""), self.etag):
            return self.unchanged
        if self.packed and _unpacks(wants.get(b"accept-encoding", b"")):
            return self.packed
        return self.whole


class Shelf:
    """Gives what is kept; `spoken` tells in which language an address is answered, since each has its own answer."""

    def __init__(self, app: ASGIApp, *, seconds: float, spoken: Callable[[bytes, Wants], str]) -> None:
        self._app = app
        self._seconds = seconds
        self._spoken = spoken
        self._kept: OrderedDict[Place, Kept] = OrderedDict()
        self._size = 0

    def at_hand(self, target: bytes, wants: Wants) -> Answer | None:
        """What a GET of this target is answered, where nobody needs to be asked for it."""
        kept = self._kept.get((target, self._spoken(target, wants)))
        if kept is None or not (kept.asking or kept.fresh_until > monotonic()):
            return None
        return kept.answer(wants)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != HttpMethod.GET:
            await self._app(scope, receive, send)
            return
        target, wants = _target(scope), dict(scope["headers"])
        if answer := self.at_hand(target, wants):
            await _give(answer, send)
            return
        place = (target, self._spoken(target, wants))
        if kept := self._kept.get(place):
            await self._ask_again(place, kept, scope, receive, send)
        else:
            await self._app(scope, receive, self._keeping(place, send))

    async def _ask_again(self, place: Place, kept: Kept, scope: Scope, receive: Receive, send: Send) -> None:
        kept.asking = True
        answer = _HeldBack()
        try:
            await self._app({**scope, "headers": _asking(scope, kept.etag)}, receive, answer)  # type: ignore[arg-type]
        finally:
            kept.asking = False
        # What was right a moment ago is better than nothing while the database is away.
        if answer.status == 304 or answer.status >= 500:
            kept.fresh_until = monotonic() + self._seconds
            await _give(kept.answer(dict(scope["headers"])), send)
            return
        self._drop(place)
        await answer.send(self._keeping(place, send))

    def _keeping(self, place: Place, send: Send) -> Send:
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

    def _put(self, place: Place, head: Head, body: bytes) -> None:
        self._drop(place)
        kept = _kept(head, body, monotonic() + self._seconds)
        self._kept[place] = kept
        self._size += kept.size
        while self._size > MOST_BYTES:
            self._drop(next(iter(self._kept)))

    def _drop(self, place: Place) -> None:
        if gone := self._kept.pop(place, None):
            self._size -= gone.size


class _HeldBack:
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


def _target(scope: Scope) -> bytes:
    """The address as it was asked for."""
    query = scope["query_string"]
    return scope["raw_path"] + b"?" + query if query else scope["raw_path"]


def _kept(head: Head, body: bytes, fresh_until: float) -> Kept:
    packed = gzip.compress(body, mtime=0) if len(body) >= WORTH_PACKING else b""
    plain = [(name, value) for name, value in head if name != b"content-length"]
    if packed:
        plain = _varying(plain)
    etag = dict(head)[b"etag"]
    weak = [(name, b"W/" + value.removeprefix(b"W/") if name == b"etag" else value) for name, value in plain]
    return Kept(
        etag,
        _answer(200, [*plain, _length(body)], body),
        _answer(200, [*weak, (b"content-encoding", b"gzip"), _length(packed)], packed) if packed else None,
        _answer(304, [(name, value) for name, value in plain if name != b"content-type"], b""),
        fresh_until,
    )


def _answer(status: int, head: Head, body: bytes) -> Answer:
    wire = STATUS_LINES[status] + b"".join(b"%b: %b\r\n" % pair for pair in head)
    return Answer(status, head, body, wire)


def _length(body: bytes) -> tuple[bytes, bytes]:
    return b"content-length", b"%d" % len(body)


def _varying(head: Head) -> Head:
    """The head, telling caches on the way that a packed answer is another one."""
    others = b", ".join(value for name, value in head if name == b"vary")
    named = b"Accept-Encoding, " + others if others else b"Accept-Encoding"
    return [*((name, value) for name, value in head if name != b"vary"), (b"vary", named)]


async def _give(answer: Answer, send: Send) -> None:
    start: Any = {"type": "http.response.start", "status": answer.status, "headers": answer.head}
    await send(start)
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


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
