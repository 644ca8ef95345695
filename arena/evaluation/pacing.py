"""When a tick is and how much of each side's text it lets out, so that its rhythm does not tell who wrote it."""

import asyncio
from enum import StrEnum
from math import ceil
from typing import Final

from arena.alarms import Bell

# Lockstep keeps so many ticks' worth of the slower side's text back, so that neither its unevenness nor its end shows.
RESERVE_TICKS: Final = 6


class Pace(StrEnum):
    """How the two sides' texts are let out."""

    LOCKSTEP = "lockstep"
    PACED = "paced"
    BUFFERED = "buffered"


# The first look at both sides falls anywhere between two ticks, so a rate is measured from the second one on.
BASE = 2


class Clock:
    """Ticks for many battles at the same moments, so that the event loop wakes once for all of them.

    `offset` moves the ticks, so that those of several clocks fall between each other.
    """

    def __init__(self, seconds: float, offset: float = 0.0) -> None:
        self._seconds = seconds
        self._due = offset
        self._timer: asyncio.TimerHandle | None = None
        self._bell = Bell()

    def tick(self) -> asyncio.Future[None]:
        """To be awaited: done at the next tick; those that the event loop was too late for are left out."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._due += self._seconds * max(1, ceil((loop.time() - self._due) / self._seconds))
            self._timer = loop.call_at(self._due, self._wake)
        return self._bell.wait()

    def _wake(self) -> None:
        self._timer = None
        self._bell.ring()


class Pacer:
    """Decides, tick by tick, how many characters each side shows.

    Paced, each side shows what has come, within the most. Buffered, nobody shows anything until both have ended.

    In lockstep both show equally many, at the mean rate at which the slower one writes. A reserve of its text is kept
    back, so that what is shown is even, whether it is still being written or has long been there. When the slower one
    ends, the rate stays as it is, also for the other one after it: who is alone at the end, a quick contender or a
    slow one, then looks alike. Only where that would take more than `tail` ticks it is hurried, so that a short answer
    of a very slow side does not hold up a long one for ever.
    """

    def __init__(self, pace: Pace, most: int, *, tail: int) -> None:
        self._pace = pace
        self._most = most
        self._tail = tail
        self._shown = [0, 0]
        self._slower: int | None = None
        self._over = False
        self._first = 0
        self._ticks = 0
        self._rate = 0.0
        self._steady = self._latest = 0.0
        self._written = 0
        self._credit = 0.0

    def release(self, waiting: tuple[int, ...], ended: tuple[bool, ...]) -> tuple[int, ...]:
        """Characters to show now, given those that wait and the sides that will get no more."""
        if self._pace is Pace.PACED:
            return tuple([min(left, self._most) for left in waiting])
        if self._pace is Pace.BUFFERED:
            return waiting if all(ended) else tuple(0 for _ in waiting)
        self._watch(waiting, ended)
        together = self._together(waiting, ended)
        shown = tuple(min(together, left) for left in waiting)
        self._shown = [before + now for before, now in zip(self._shown, shown, strict=True)]
        return shown

    def _watch(self, waiting: tuple[int, ...], ended: tuple[bool, ...]) -> None:
        """See how fast the slower side writes, as long as it does; which one that is stays open while both write."""
        come = [shown + left for shown, left in zip(self._shown, waiting, strict=True)]
        writing = [side for side in (0, 1) if not ended[side]]
        if not all(come) and writing:
            return
        if len(writing) == 2 or self._slower is None:
            self._slower = min(writing or (0, 1), key=come.__getitem__)
        self._ticks += 1
        written = come[self._slower]
        if self._ticks <= BASE:
            self._first = written
        # Its last text may come together with its end; and who is alone goes on as both did, whoever it is.
        alone = any(end and not left for left, end in zip(waiting, ended, strict=True))
        if not self._over and not alone:
            mean = (written - self._first) / max(self._ticks - BASE, 1)
            too_much = waiting[self._slower] - 3 * RESERVE_TICKS * mean
            self._rate = mean + max(too_much, 0) / (2 * RESERVE_TICKS)
            if written > self._written:
                self._steady, self._latest = self._latest, self._rate
        self._written = written
        if ended[self._slower] and not self._over:
            # Its last words fill no whole tick, and that they were the last is known later: both would slow the rate.
            self._rate = self._steady
        self._over = ended[self._slower]
        if self._over and self._ticks <= RESERVE_TICKS:
            self._rate = max(self._rate, written / self._ticks)

    def _together(self, waiting: tuple[int, ...], ended: tuple[bool, ...]) -> int:
        """How many characters each side may show that has as many."""
        writing = [left for left, end in zip(waiting, ended, strict=True) if not end]
        if not self._ticks or (writing and self._ticks <= RESERVE_TICKS):
            return 0
        rate = self._rate
        if self._over:
            rate = max(rate, max(waiting) / max(self._tail, 1))
            self._tail -= 1
        if any(end and not left for left, end in zip(waiting, ended, strict=True)):
            rate = max(rate, min(self._shown) / self._ticks)
        rate = min(rate, self._most)
        self._credit = min(self._credit + rate, rate + 1)
        together = min(int(self._credit), self._most, *(writing or [max(waiting)]))
        self._credit -= together
        return together
