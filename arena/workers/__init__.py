"""The worker: what jobs.py calls, for as long as it runs."""

import asyncio
import logging
from collections.abc import Coroutine
from functools import partial
from time import monotonic
from typing import Any

from arena import jobs
from arena.config import Settings
from arena.db import AWAY, CLOSE_SECONDS, COMMAND_SECONDS, Pool, connect, losses, pool
from arena.integration import boards, ledger_checks
from arena.jobs import Clockwork
from arena.workers import ask, audit, check, diagnose, judge, ledger, measure, refit, smell, sweep

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
STOP_SECONDS = 2.0


async def run(settings: Settings, *, stop: asyncio.Event) -> None:
    """Work until `stop` is set; while PostgreSQL is away, try again every second."""
    while not stop.is_set():
        try:
            with losses():
                await _work(settings, stop)
        except AWAY as error:
            log.warning("queue lost error=%s", type(error).__name__)
            await _pause(stop)


async def _work(settings: Settings, stop: asyncio.Event) -> None:
    async with pool(settings.database_url, size=settings.pool_size) as db:
        connection = await connect(settings.database_url, answer_seconds=COMMAND_SECONDS)
        try:
            # Before anything is released: a ledger that was changed holds every release.
            await ledger_checks.check(db)
            await ledger.begin(db, settings)
            clockwork = Clockwork(connection)
            await _wind(clockwork, db, settings)
            await _until(stop, clockwork, ledger.sequence(db, settings, stop=stop))
        finally:
            await connection.close(timeout=CLOSE_SECONDS)


async def _wind(clockwork: Clockwork, db: Pool, settings: Settings) -> None:
    clockwork.on_refit(partial(refit.look, db, settings))
    clockwork.on_check(partial(check.run, db, settings))
    clockwork.on_ask(partial(ask.run, db, settings))
    clockwork.every("* * * * *", "look after set runs", partial(ask.look_after, db))
    clockwork.every("* * * * *", "look after checks", partial(check.look_after, db))
    clockwork.on_judging(
        audition=partial(judge.check, db, settings),
        run=partial(judge.run, db, settings),
        trial=partial(judge.attack, db, settings),
    )
    clockwork.every("* * * * *", "look after judges", partial(judge.look_after, db))
    clockwork.every("* * * * *", "measure judges", partial(judge.measure, db))
    clockwork.every("* * * * *", "sweep", partial(sweep.clear, db, settings))
    clockwork.every("* * * * *", "call boards", partial(refit.call, db))
    clockwork.every("* * * * *", "audit", partial(audit.look, db))
    clockwork.every("*/10 * * * *", "make boards", partial(refit.make_defaults, db))
    clockwork.every("* * * * *", "keep calendars", partial(refit.keep, db, settings))
    clockwork.every("* * * * *", "measure releases", partial(measure.look, db))
    clockwork.every("*/10 * * * *", "report on fairness", partial(measure.report, db))
    clockwork.every("*/5 * * * *", "diagnose boards", partial(diagnose.look, db))
    clockwork.every("* * * * *", "look for smells", partial(smell.look, db, settings, since=monotonic()))
    for board in await boards.listed(db):
        await jobs.refit_soon(db, board.slug)


async def _until(stop: asyncio.Event, clockwork: Clockwork, beside: Coroutine[Any, Any, None]) -> None:
    running = [asyncio.create_task(clockwork.run()), asyncio.create_task(beside)]
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((*running, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    clockwork.stop()
    running[1].cancel()
    await asyncio.wait(running, timeout=STOP_SECONDS)
    for task in running:
        if task.done() and not task.cancelled():
            task.result()
        task.cancel()


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), RETRY_SECONDS)
    except TimeoutError:
        return
