"""The deadlines of one answer, on the event loop's own clock, which no change of the wall clock moves."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from arena.alarms import Alarm
from arena.upstream.calls import Failure, Limits, UpstreamFailed

SLOW_AFTER_SECONDS = 30.0
CHARACTERS_PER_SECOND = 1.0
TAIL_SECONDS = 2.0

T = TypeVar("T")


class Deadlines:
    """How long the endpoint of one answer may still be waited for.

    Connecting, headers and everything else until the first text take `first_byte_seconds` at most, and each text
    after the one before it `idle_seconds`; comments and empty pieces are not text. The whole answer takes
    `answer_seconds` at most, the time its reader takes included. An endpoint that has been waited for during
    SLOW_AFTER_SECONDS since its first text and has sent fewer than CHARACTERS_PER_SECOND in them is too slow.
    """

    def __init__(self, limits: Limits) -> None:
        self._time = asyncio.get_running_loop().time
        self._alarm = Alarm()
        self._idle_seconds = limits.idle_seconds
        now = self._time()
        self._end = now + limits.answer_seconds
        self._due: float | None = now + limits.first_byte_seconds
        self._characters = 0
        self._waited = 0.0
        self._looked: float | None = None

    async def wait(self, call: Callable[[], Awaitable[T]]) -> T:
        """What the call gives, or UpstreamFailed as soon as a deadline has passed."""
        # A call whose result lies ready never gives the timeout a chance, so a passed deadline is looked for first.
        due = self.require()
        began = self._time()
        try:
            return await self._alarm.wait(call, due)
        except TimeoutError:
            raise self._failed(self._time()) from None
        finally:
            if self._characters:
                self._waited += self._time() - began

    def require(self) -> float:
        """The time until which the endpoint may be waited for now; UpstreamFailed where that has passed."""
        now = self._time()
        if self._due is None:
            # The idle time begins now: what the reader took since the last text is not the endpoint's.
            self._due = now + self._idle_seconds
        due = min(self._due, self._end)
        if now >= due or self._too_slow():
            raise self._failed(now)
        return due

    def look(self, *, in_vain: bool) -> None:
        """Somebody looks for what lies ready; where that is nothing, the time since the last look was a wait.

        UpstreamFailed where a deadline has passed, whatever lies there.
        """
        now = self._time()
        if in_vain and self._characters and self._looked is not None:
            self._waited += now - self._looked
        self._looked = now
        if self._due is None:
            self._due = now + self._idle_seconds
        if now >= self._due or now >= self._end or self._too_slow():
            raise self._failed(now)

    def text(self, characters: int) -> None:
        """The endpoint has sent text."""
        self._characters += characters
        self._due = None

    def tail(self) -> None:
        """The endpoint has said that its text is finished; what may still follow gets TAIL_SECONDS in all."""
        self._end = min(self._end, self._time() + TAIL_SECONDS)

    def _too_slow(self) -> bool:
        return self._waited >= SLOW_AFTER_SECONDS and self._characters < self._waited * CHARACTERS_PER_SECOND

    def _failed(self, now: float) -> UpstreamFailed:
        if now >= self._end:
            return UpstreamFailed(Failure.SLOW, "The endpoint did not finish its answer in time.")
        if self._too_slow():
            return UpstreamFailed(Failure.SLOW, "The endpoint sends its answer too slowly.")
        if self._characters:
            return UpstreamFailed(Failure.TIMEOUT, "The endpoint stopped in the middle of its answer.")
        return UpstreamFailed(Failure.TIMEOUT, "The endpoint gave no text in time.")
