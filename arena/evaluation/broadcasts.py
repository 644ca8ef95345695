"""Broadcasts: a battle's events in memory, from the process that makes them to whoever reads along."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Iterable
from time import monotonic
from typing import Literal

import msgspec
from msgspec import Struct

from arena.alarms import Alarm, Bell
from arena.evaluation.exclusions import Exclusion, Reason, Remark

KEEP_ALIVE_SECONDS = 10.0
STALL_SECONDS = 30.0
KEEP_ALIVE = b": still here\n\n"


class Said(Struct, frozen=True):
    """Text that one side added since the last tick."""

    text: str


class Tick(Struct, frozen=True):
    """What both sides added, in one event, so that neither has an arrival time of its own."""

    seq: int
    turn: int
    sides: tuple[Said, ...]


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
    sides: tuple[Shown, ...]


class Noted(Struct, frozen=True):
    """Why the vote will not be rated, and which side that is about (0 for A, 1 for B; null: the battle)."""

    reason: Reason
    side: int | None


class Ready(Struct, frozen=True, omit_defaults=True):
    """Both have finished; the battle takes its vote."""

    remarks: tuple[Noted, ...] = ()


def ready(remarks: Iterable[Remark | Exclusion]) -> Ready:
    """The end of a turn, with what the voter is told at once."""
    return Ready(tuple(Noted(remark.reason, remark.position) for remark in remarks))


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


def is_tick(event: bytes) -> bool:
    """Whether this is a tick, as the stream carries it."""
    return event.startswith(b"event: tick\n")


def is_end(event: bytes) -> bool:
    """Whether nothing comes after this, as the stream carries it."""
    return event.startswith((b"event: ready\n", b"event: failed\n"))


def place(event: bytes) -> int:
    """Readers who want what came after a lower number get the event: a tick has its own, all else goes to everybody."""
    return int(event.split(b"\n", 2)[1].removeprefix(b"id: ")) if is_tick(event) else sys.maxsize


class Following:
    """Events as another process passes them on, which may lose some: then all later ones are missed as well."""

    def __init__(self) -> None:
        self._tick: int | None = None
        self._missed = False

    def misses(self, event: bytes) -> bool:
        """Whether something before this event never came; the reader is told the rest from what is kept."""
        if is_tick(event):
            number = place(event)
            self._missed |= self._tick is not None and number > self._tick + 1
            self._tick = number
        return self._missed


class _Place:
    """How far a reader is: after which tick they asked, and how many events they have been told or need not be."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.told = 0
        self.silent = Alarm()


class Broadcast:
    """Events in order, for any number of readers who may come late or again.

    A reader keeps a place in it and nothing else, so that a slow one costs no memory; one who takes nothing for
    30 s is cut off.
    """

    def __init__(self, *, ticks: int = 0) -> None:
        self.turn = 1
        self.first = ticks
        self.ticks = ticks
        self.ended = False
        self.readers = 0
        self.left_at = monotonic()
        self._events: list[tuple[int, bytes]] = []
        self._news = Bell()
        self._time = asyncio.get_running_loop().time

    def tick(self, turn: int, texts: Iterable[str]) -> None:
        """Tell what both sides added."""
        self.ticks += 1
        self._tell(Tick(self.ticks, turn, tuple([Said(text) for text in texts])))

    def html(self, turn: int, sides: tuple[Shown, ...]) -> None:
        """Tell which blocks are finished."""
        self._tell(Html(turn, sides))

    def end(self, event: Ready | Failed) -> None:
        """Tell how it ended; nothing comes after, unless there is another turn. Told again, it stays as it was."""
        if self.ended:
            return
        self.ended = True
        self._tell(event)

    def reopen(self) -> None:
        """Go on with another turn: the end is one no more."""
        self._events.pop()
        self.ended = False
        self.left_at = monotonic()

    async def follow(self, after: int = 0) -> AsyncGenerator[bytes, None]:
        """What came after tick `after`, and then what comes, to the end; a sign of life every 10 s of silence."""
        self.readers += 1
        place, stalled = _Place(after), Alarm()
        try:
            while (event := await self._next(place)) is not None:
                stalled.set(self._time() + STALL_SECONDS)
                yield event
                stalled.clear()
        finally:
            stalled.clear()
            self.readers -= 1
            self.left_at = monotonic()

    async def _next(self, place: _Place) -> bytes | None:
        """What a reader is told next, None at the end."""
        while True:
            while place.told < len(self._events):
                seq, data = self._events[place.told]
                place.told += 1
                if seq > place.after:
                    return data
            if self.ended:
                return None
            try:
                await place.silent.wait(self._news.wait, self._time() + KEEP_ALIVE_SECONDS)
            except TimeoutError:
                return KEEP_ALIVE

    def _tell(self, event: Event) -> None:
        self._events.append((self._place(event), encoded(event)))
        self._news.ring()  # Who comes later looks at the events first.

    def _place(self, event: Event) -> int:
        """Readers who ask for what came after a lower number get the event.

        Blocks count as just after the last tick, so that a reader who has that tick still gets them; the end is
        for everybody, even for one who asks for what comes after a tick that never was.
        """
        if isinstance(event, Tick):
            return event.seq
        return self.ticks + 1 if isinstance(event, Html) else sys.maxsize
