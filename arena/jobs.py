"""The queue and the clock: what runs, and when.

Jobs are rows in PostgreSQL. Losing a wake-up call costs little: every board's own clock looks again.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import time
from typing import TypeAlias

from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.models import Job, Schedule
from pgqueuer.queries import Queries

from arena.db import Connection, Pool

REFIT = "refit"
SOON = timedelta(seconds=1)

Work: TypeAlias = Callable[[], Awaitable[None]]
BoardWork: TypeAlias = Callable[[str], Awaitable[None]]


async def refit_soon(db: Pool, board: str, *, after: timedelta = SOON) -> None:
    """Have a board looked after shortly; however many ask within the same second, it is one job.

    The job runs a second or more after it was asked for, thus after every vote whose own call was folded into it.
    """
    await Queries(AsyncpgPoolDriver(db)).enqueue(
        REFIT,
        board.encode(),
        execute_after=after,
        dedupe_key=f"{REFIT}:{board}:{int(time() + after.total_seconds())}",
        on_conflict="skip",
    )


class Wakeups:
    """This process's calls for a refit: however many votes come within a second, one of them makes the call."""

    def __init__(self, db: Pool) -> None:
        self._db = db
        self._called: dict[str, int] = {}

    async def refit_soon(self, board: str) -> None:
        """Have a board looked after shortly, after every vote whose own call was folded into an earlier one."""
        second = int(time())
        if self._called.get(board) == second:
            return
        self._called[board] = second
        try:
            await refit_soon(self._db, board)
        except BaseException:
            # Nobody has been called, so the next vote calls.
            self._called.pop(board, None)
            raise


class Clockwork:
    """The worker's queue on a connection of its own."""

    def __init__(self, connection: Connection) -> None:
        self._queue = PgQueuer(AsyncpgDriver(connection))

    def on_refit(self, work: BoardWork) -> None:
        """Call `work` with the board's slug for every refit job."""

        @self._queue.entrypoint(REFIT, on_failure="hold")
        async def refit(job: Job) -> None:
            await work((job.payload or b"").decode())

    def every(self, cron: str, name: str, work: Work) -> None:
        """Call `work` whenever the cron expression (UTC) says so."""

        @self._queue.schedule(name, cron)
        async def run(schedule: Schedule) -> None:
            await work()

    async def run(self) -> None:
        """Run until `stop`."""
        await self._queue.run(dequeue_timeout=timedelta(seconds=5))

    def stop(self) -> None:
        """Let running jobs end and take no more."""
        self._queue.shutdown.set()
