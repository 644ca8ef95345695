"""The queue and the clock: what runs, and when.

Jobs are rows in PostgreSQL. Losing a wake-up call costs little: every board's own clock looks again.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from time import time
from typing import TypeAlias, cast
from uuid import UUID

from pgqueuer import PgQueuer
from pgqueuer.db import AsyncpgDriver, AsyncpgPoolDriver
from pgqueuer.models import Job, Schedule
from pgqueuer.queries import Queries

from arena.db import Connection, Pool, Proxy

REFIT = "refit"
CHECK = "check"
ASK = "ask"
CHECKS_AT_ONCE = 4
# Each holds its board's votes in memory.
REFITS_AT_ONCE = 2
# A worker not heard from for this long keeps nobody waiting: its jobs are taken over, and its places among
# those at once with them. Shorter than the lease of a board, so that by then somebody is there to end it.
HEARD_WITHIN = timedelta(seconds=15)
# What a voter waits for comes before what the clock calls for.
AWAITED = 1
AUDITION = "audition"
JUDGE = "judge"
TRIAL = "trial"
RUNS_AT_ONCE = 2
ASKS_AT_ONCE = 4
SOON = timedelta(seconds=1)

Work: TypeAlias = Callable[[], Awaitable[None]]
IdWork: TypeAlias = Callable[[UUID], Awaitable[None]]
BoardWork: TypeAlias = Callable[[str], Awaitable[None]]


async def refit_soon(db: Pool, board: str, *, after: timedelta = SOON, priority: int = 0) -> None:
    """Have a board looked after shortly; however many ask within the same second, it is one job.

    The job runs a second or more after it was asked for, thus after every vote whose own call was folded into it, and
    before those of a lower priority.
    """
    await Queries(AsyncpgPoolDriver(db)).enqueue(
        REFIT,
        board.encode(),
        priority,
        execute_after=after,
        dedupe_key=f"{REFIT}:{board}:{int(time() + after.total_seconds())}",
        on_conflict="skip",
    )


async def check_soon(db: Connection | Proxy, check_id: UUID) -> None:
    """Have an endpoint checked by a worker; asked for twice before one begins, it is one job."""
    await _soon(db, CHECK, check_id)


async def audition_soon(db: Connection | Proxy, judge_id: UUID) -> None:
    """Have a judge checked by a worker."""
    await _soon(db, AUDITION, judge_id)


async def judge_soon(db: Connection | Proxy, run_id: UUID) -> None:
    """Have a worker begin a judge run, or go on with it."""
    # Not folded into the call that a worker which is gone has taken; of two that come, one finds nothing to do.
    await _soon(db, JUDGE, run_id, at=f":{time()}")


async def trial_soon(db: Connection | Proxy, trial_id: UUID) -> None:
    """Have a worker attack a judge."""
    await _soon(db, TRIAL, trial_id)


async def _soon(db: Connection | Proxy, what: str, subject_id: UUID, *, at: str = "") -> None:
    # A connection of the pool does all that its driver asks of one.
    await Queries(AsyncpgDriver(cast("Connection", db))).enqueue(
        what, subject_id.bytes, dedupe_key=f"{what}:{subject_id}{at}", on_conflict="skip"
    )


async def ask_soon(db: Connection | Proxy, run_id: UUID) -> None:
    """Have a contender asked a prompt set by a worker; called for twice before one begins, it is one job."""
    await Queries(AsyncpgDriver(cast("Connection", db))).enqueue(
        ASK, run_id.bytes, dedupe_key=f"{ASK}:{run_id}", on_conflict="skip"
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
            await refit_soon(self._db, board, priority=AWAITED)
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

        @self._queue.entrypoint(REFIT, concurrency_limit=REFITS_AT_ONCE, on_failure="hold")
        async def refit(job: Job) -> None:
            await work((job.payload or b"").decode())

    def on_check(self, work: IdWork) -> None:
        """Call `work` with the check's id for every check job, some at a time."""

        @self._queue.entrypoint(CHECK, concurrency_limit=CHECKS_AT_ONCE)
        async def check(job: Job) -> None:
            await work(UUID(bytes=job.payload))

    def on_judging(self, *, audition: IdWork, run: IdWork, trial: IdWork) -> None:
        """Call each with the id of what it is about, some at a time."""
        for name, work in ((AUDITION, audition), (JUDGE, run), (TRIAL, trial)):
            self._on(name, work)

    def _on(self, name: str, work: IdWork) -> None:
        @self._queue.entrypoint(name, concurrency_limit=RUNS_AT_ONCE)
        async def called(job: Job) -> None:
            await work(UUID(bytes=job.payload))

    def on_ask(self, work: IdWork) -> None:
        """Call `work` with the run's id for every run of a prompt set, some at a time."""

        @self._queue.entrypoint(ASK, concurrency_limit=ASKS_AT_ONCE)
        async def ask(job: Job) -> None:
            await work(UUID(bytes=job.payload))

    def every(self, cron: str, name: str, work: Work) -> None:
        """Call `work` whenever the cron expression (UTC) says so."""

        @self._queue.schedule(name, cron)
        async def run(schedule: Schedule) -> None:
            await work()

    async def run(self) -> None:
        """Run until `stop`."""
        await self._queue.run(dequeue_timeout=timedelta(seconds=5), heartbeat_timeout=HEARD_WITHIN)

    def stop(self) -> None:
        """Let running jobs end and take no more."""
        self._queue.shutdown.set()
