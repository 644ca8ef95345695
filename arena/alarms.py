"""Alarms and bells: deadlines and wake-up calls for tasks that wait many times and shortly, at little cost for each."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

T = TypeVar("T")


class Alarm:
    """Cancels the task that has made it, once the time it is set to has come and it has not been cleared.

    Setting it later again leaves the timer where it is; the timer looks when it fires, and goes on to the new time.
    One that is set for every piece of a stream therefore costs next to nothing.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._at = 0.0
        self._set = False
        self._rang = False
        # Asked once: on Python 3.11 each time takes a call of the system.
        self._task = _running_task()

    def set(self, due: float) -> None:
        """From now on until it is cleared, cancel the task at this time of the event loop's clock."""
        self._set, self._at, self._rang = True, due, False
        if self._timer is None or self._timer.when() > due:
            self._arm()

    def clear(self) -> None:
        """Cancel nothing."""
        self._set = False

    async def wait(self, call: Callable[[], Awaitable[T]], due: float) -> T:
        """What the call gives, or TimeoutError where that takes longer; as `asyncio.timeout_at` does it."""
        self.set(due)
        others = self._task.cancelling()
        try:
            return await call()
        except asyncio.CancelledError:
            if self._rang and self._task.uncancel() <= others:
                raise TimeoutError from None
            raise
        finally:
            self.clear()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._at, self._look)

    def _look(self) -> None:
        self._timer = None
        if not self._set:
            return
        if self._loop.time() < self._at:
            self._arm()
            return
        self._rang = True
        self._task.cancel()


class Bell:
    """Wakes all who wait for it at that moment; as `asyncio.Event` set and cleared at once, without its searching."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: list[asyncio.Future[None]] = []

    def wait(self) -> asyncio.Future[None]:
        """To be awaited: done when it is rung the next time."""
        rung = self._loop.create_future()
        self._waiting.append(rung)
        return rung

    def ring(self) -> None:
        """Let all who wait by now go on."""
        waiting, self._waiting = self._waiting, []
        for rung in waiting:
            if not rung.done():  # Whoever waited may have been cancelled.
                rung.set_result(None)


def _running_task() -> asyncio.Task[Any]:
    task = asyncio.current_task()
    assert task is not None
    return task
