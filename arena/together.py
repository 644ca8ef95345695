"""Together: what many ask of the database at the same time is asked by one statement."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
R = TypeVar("R")

# What was asked, each with its answer to come.
Asked: TypeAlias = list[tuple[T, "asyncio.Future[R]"]]

MOST = 100


class Together(Generic[T, R]):
    """Asks one by one while there is little to do, and by the hundred while there is much.

    What comes while a call is under way waits for the next one, so that nobody is told what was read before they
    asked. The call is given the things asked, in order, and gives as many answers; its error is everybody's.
    """

    def __init__(self, call: Callable[[list[T]], Awaitable[Sequence[R]]]) -> None:
        self._call = call
        self._waiting: Asked[T, R] = []
        self._calling: asyncio.Task[None] | None = None

    async def ask(self, thing: T) -> R:
        """The answer to this thing."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((thing, answer))
        if self._calling is None:
            self._calling = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        now: Asked[T, R] = []
        try:
            while self._waiting:
                now, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
                await self._tell(now)
        except asyncio.CancelledError:
            # Nobody waits for ever for a call that was cut off, nor for those that would have come after it.
            left, self._waiting = [*now, *self._waiting], []
            _refuse(left, ConnectionAbortedError())
            raise
        finally:
            self._calling = None

    async def _tell(self, now: "Asked[T, R]") -> None:
        try:
            answers = await self._call([thing for thing, _ in now])
        except Exception as error:
            _refuse(now, error)
            return
        for (_, answer), told in zip(now, answers, strict=True):
            if not answer.done():  # Whoever asked may have gone.
                answer.set_result(told)


def _refuse(asked: "Asked[T, R]", error: Exception) -> None:
    for _, answer in asked:
        if not answer.done():
            answer.set_exception(error)
