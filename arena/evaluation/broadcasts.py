"""Broadcasts: a battle's events in memory, from the process that makes them to whoever reads along."""

import asyncio
import sys
from collections.abc import AsyncIterator
from typing import Literal

import msgspec
from msgspec import Struct

KEEP_ALIVE_SECONDS = 10.0
KEEP_ALIVE = b": still here\n\n"


class Said(Struct, frozen=True):
    """Text that one side added since the last tick."""

    text: str


class Tick(Struct, frozen=True):
    """What both sides added, in one event, so that neither has an arrival time of its own."""

    seq: int
    turn: int
    sides: tuple[Said, Said]


class Shown(Struct, frozen=True, rename={"start": "from"}):
    """Safe HTML of blocks that one side has finished.

    `start` counts the pieces that came before (0: this replaces them all), `rest` is the raw text after them.
    """

    html: str
    start: int
    rest: str


class Html(Struct, frozen=True):
    """Newly finished blocks of both sides."""

    turn: int
    sides: tuple[Shown, Shown]


class Ready(Struct, frozen=True):
    """Both have finished; the battle takes its vote."""


class Failed(Struct, frozen=True):
    """The battle does not count; the code says no more than that."""

    code: Literal["interrupted", "restarting", "closed"]


Event = Tick | Html | Ready | Failed
NAMES: dict[type[Event], bytes] = {Tick: b"tick", Html: b"html", Ready: b"ready", Failed: b"failed"}

_encode = msgspec.json.Encoder().encode


def encoded(event: Event) -> bytes:
    """The event as the stream carries it; only ticks have an id, since only they are counted."""
    number = b"id: %d\n" % event.seq if isinstance(event, Tick) else b""
    return b"event: %b\n%bdata: %b\n\n" % (NAMES[type(event)], number, _encode(event))


class Broadcast:
    """Events in order, for any number of readers who may come late or again."""

    def __init__(self) -> None:
        self.ended = False
        self._events: list[tuple[int, bytes]] = []
        self._seq = 0
        self._news = asyncio.Event()

    def tick(self, turn: int, texts: tuple[str, str]) -> None:
        """Tell what both sides added."""
        self._seq += 1
        self._tell(Tick(self._seq, turn, (Said(texts[0]), Said(texts[1]))))

    def html(self, turn: int, sides: tuple[Shown, Shown]) -> None:
        """Tell which blocks are finished."""
        self._tell(Html(turn, sides))

    def end(self, event: Ready | Failed) -> None:
        """Tell how it ended; nothing comes after."""
        self.ended = True
        self._tell(event)

    async def follow(self, after: int = 0) -> AsyncIterator[bytes]:
        """What came after tick `after`, and then what comes, to the end; a sign of life every 10 s of silence."""
        place = 0
        while True:
            news = self._news
            while place < len(self._events):
                seq, data = self._events[place]
                place += 1
                if seq > after:
                    yield data
            if self.ended:
                return
            try:
                await asyncio.wait_for(news.wait(), KEEP_ALIVE_SECONDS)
            except TimeoutError:
                yield KEEP_ALIVE

    def _tell(self, event: Event) -> None:
        self._events.append((self._place(event), encoded(event)))
        news, self._news = self._news, asyncio.Event()
        news.set()

    def _place(self, event: Event) -> int:
        """Readers who ask for what came after a lower number get the event.

        Blocks count as just after the last tick, so that a reader who has that tick still gets them; the end is
        for everybody, even for one who asks for what comes after a tick that never was.
        """
        if isinstance(event, Tick):
            return event.seq
        return self._seq + 1 if isinstance(event, Html) else sys.maxsize
