"""When a tick is and how much of each side's text it lets out, so that its rhythm does not tell who wrote it."""

import asyncio
from math import ceil

from arena.alarms import Bell
from arena.config import Pace


class Clock:
    """Ticks for many battles at the same moments, so that the event loop wakes once for all of them.

    `offset` moves the ticks, so that those of several clocks fall between each other.
    """

    def __init__(self, seconds: float, offset: float = 0.0) -> None:
        self._seconds = seconds
        self._due = offset
        self._timer: asyncio.TimerHandle | None = None
        self._bell = Bell()

    async def tick(self) -> None:
        """Wait for the next tick; ticks that the event loop was too late for are left out."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._due += self._seconds * max(1, ceil((loop.time() - self._due) / self._seconds))
            self._timer = loop.call_at(self._due, self._wake)
        await self._bell.wait()

    def _wake(self) -> None:
        self._timer = None
        self._bell.ring()


class Pacer:
    """Decides, tick by tick, how many characters each side shows.

    In lockstep both sides show equally many, so the slower one sets the pace of both. Once one side has shown
    all it has, the other goes on at the mean pace so far: a contender that finished long ago and one that is
    still writing then look alike. Only where that would take more than `tail` ticks it is hurried, so that a short
    answer of a very slow side does not hold up a long one for ever.
    """

    def __init__(self, pace: Pace, most: int, *, tail: int) -> None:
        self._pace = pace
        self._most = most
        self._tail = tail
        self._shown = 0
        self._ticks = 0
        self._credit = 0.0

    def release(self, waiting: tuple[int, ...], ended: tuple[bool, ...]) -> tuple[int, ...]:
        """Characters to show now, given those that wait and the sides that will get no more."""
        if self._pace is Pace.PACED:
            return tuple(min(left, self._most) for left in waiting)
        done = tuple(end and not left for left, end in zip(waiting, ended, strict=True))
        if any(done):
            alone = self._go_on(max(waiting))
            return (0, alone) if done[0] else (alone, 0)
        together = min(*waiting, self._most)
        if together or self._ticks:
            self._ticks += 1
        self._shown += together
        return together, together

    def _go_on(self, waiting: int) -> int:
        mean = self._shown / self._ticks if self._ticks else float(self._most)
        mean = max(mean, waiting / max(self._tail, 1))
        self._tail -= 1
        self._credit = min(self._credit + mean, mean + 1)
        shown = min(waiting, max(int(self._credit), 0), self._most)
        self._credit -= shown
        return shown
