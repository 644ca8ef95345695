"""Rounds: the checks that are due are run one after another, each fenced off from everything else."""

import asyncio
import logging
from collections.abc import Mapping
from concurrent.futures import Future
from datetime import datetime
from enum import StrEnum
from threading import Thread
from time import monotonic
from typing import Final

from msgspec import Struct, structs

from arena import db as database
from arena.config import Settings
from arena.db import AWAY, Db, Pool, many
from arena.integration.boards import Board
from arena.publishing import checks, smells
from arena.publishing.checkup import CannotLook, Check, Entity, Scene, Severity, Sighting, Smell

log = logging.getLogger(__name__)

MOST_SIGHTINGS: Final = 200
# Those that read PostgreSQL alone leave the rest of it to people: they take turns. One that waits for somebody else's
# server keeps no other waiting.
INSIDE_AT_ONCE: Final = 1
OUTSIDE_AT_ONCE: Final = 4
# Whoever votes meanwhile shall not feel that a check reads all there is.
ALONE: Final = "SET max_parallel_workers_per_gather = 0"
# What a check may take over its time to be called off, before it is left to itself.
GRACE_SECONDS: Final = 2.0


class Outcome(StrEnum):
    """How a run of a check ended."""

    CLEAN = "clean"
    FOUND = "found"
    SKIPPED = "skipped"
    CRASHED = "crashed"
    HUNG = "hung"
    FLOODED = "flooded"


# What is held against a check that does not do its work.
FAILED: Final = {
    Outcome.CRASHED: "The check {check} crashed.",
    Outcome.HUNG: "The check {check} did not end within {seconds} s.",
    Outcome.FLOODED: "The check {check} found {found} things at once, more than anybody could look at.",
}


class Ran(Struct, frozen=True, kw_only=True):
    """A check's run: what it saw, and how long it took. `note` says why it was skipped or what it failed of."""

    outcome: Outcome
    sightings: list[Sighting] = []
    found: int = 0
    seconds: float
    note: str | None = None


class Last(Struct, frozen=True, kw_only=True):
    """A check's last run, or None in its places while it has never ended one."""

    check_id: str
    ended_at: datetime | None
    outcome: Outcome | None
    found: int
    seconds: float | None
    note: str | None


async def last(db: Db) -> dict[str, Last]:
    """The last run of each check."""
    found = await many(db, Last, "SELECT check_id, ended_at, outcome, found, seconds, note FROM smell_checks")
    return {each.check_id: each for each in found}


async def make(
    db: Pool, settings: Settings, *, now: datetime, among: Mapping[str, Check] = checks.ALL
) -> dict[str, Ran]:
    """Run every check that is due by then and that nobody else is at, some at a time, and keep what they found."""
    ran = dict[str, Ran]()
    inside, outside = asyncio.Semaphore(INSIDE_AT_ONCE), asyncio.Semaphore(OUTSIDE_AT_ONCE)

    async def take(check: Check) -> None:
        async with inside if check.inside else outside:
            if await _claim(db, check, now):
                ran[check.id] = await run(db, settings, check, now=now)

    await asyncio.gather(*(take(check) for check in among.values()))
    return ran


async def run(db: Pool, settings: Settings, check: Check, *, now: datetime) -> Ran:
    """Run the check and keep what it found; one that does not do its work is a finding itself."""
    ran = await _fenced(settings, check, now)
    if ran.outcome in (Outcome.CLEAN, Outcome.FOUND):
        await smells.keep(db, check, ran.sightings, now)
    failed = [_failure(check, ran)] if ran.outcome in FAILED else []
    await smells.keep(db, _harness(check), failed, now)
    await db.execute(
        "UPDATE smell_checks SET ended_at = $2, outcome = $3, found = $4, seconds = $5, note = $6 WHERE check_id = $1",
        *(check.id, now, ran.outcome, ran.found, ran.seconds, ran.note),
    )
    return ran


async def _claim(db: Pool, check: Check, now: datetime) -> bool:
    """Whether the check is due and now ours; whoever claimed it and died holds it for one turn at most."""
    claimed = await db.fetchval(
        """
        INSERT INTO smell_checks (check_id, claimed_at) VALUES ($1, $2)
        ON CONFLICT (check_id) DO UPDATE SET claimed_at = $2 WHERE smell_checks.claimed_at <= $2 - $3::interval
        RETURNING true
        """,
        *(check.id, now, check.every),
    )
    return claimed is not None


async def together(settings: Settings, among: Mapping[str, Check], board: Board, now: datetime) -> dict[str, Ran]:
    """Run these checks on one board only, at the same time, and keep nothing."""
    ran = await asyncio.gather(*(_fenced(settings, check, now, board) for check in among.values()))
    return dict(zip(among, ran, strict=True))


async def _fenced(settings: Settings, check: Check, now: datetime, board: Board | None = None) -> Ran:
    """Run it on a thread and a connection of its own: whatever it does there, whoever waits for it goes on in time."""
    outcome: Future[Ran] = Future()
    Thread(target=_work, args=(settings, check, now, board, outcome), name=f"check {check.id}", daemon=True).start()
    try:
        async with asyncio.timeout(check.seconds + GRACE_SECONDS):
            return await asyncio.wrap_future(outcome)
    except TimeoutError:
        log.error("check left to itself check=%s", check.id)
        return Ran(outcome=Outcome.HUNG, seconds=check.seconds)


def _work(settings: Settings, check: Check, now: datetime, board: Board | None, outcome: "Future[Ran]") -> None:
    begun = monotonic()
    try:
        ran = asyncio.run(_look(settings, check, now, board))
    except TimeoutError:
        ran = Ran(outcome=Outcome.HUNG, seconds=0)
    except CannotLook as reason:
        ran = Ran(outcome=Outcome.SKIPPED, seconds=0, note=str(reason))
    except AWAY as error:
        # That PostgreSQL is away is no fault of the check's.
        ran = Ran(outcome=Outcome.SKIPPED, seconds=0, note=type(error).__name__)
    except Exception as error:
        log.exception("check crashed check=%s", check.id)
        ran = Ran(outcome=Outcome.CRASHED, seconds=0, note=type(error).__name__)
    if outcome.set_running_or_notify_cancel():
        outcome.set_result(structs.replace(ran, seconds=monotonic() - begun))


async def _look(settings: Settings, check: Check, now: datetime, board: Board | None) -> Ran:
    connection = await database.connect(settings.database_url, answer_seconds=check.seconds)
    try:
        async with asyncio.timeout(check.seconds):
            await connection.execute(ALONE)
            seen = await check.look(Scene(db=connection, settings=settings, now=now, board=board))
    finally:
        connection.terminate()
    if len(seen) > MOST_SIGHTINGS:
        return Ran(outcome=Outcome.FLOODED, found=len(seen), seconds=0)
    return Ran(outcome=Outcome.FOUND if seen else Outcome.CLEAN, sightings=seen, found=len(seen), seconds=0)


def _harness(check: Check) -> Check:
    """The check on the check: that it does its work."""
    return structs.replace(
        check,
        id=f"{check.id}-runs",
        smell=Smell.UNRESPONSIVE,
        entities=(Entity.HARNESS,),
        severity=Severity.MAJOR,
        hits=1,
    )


def _failure(check: Check, ran: Ran) -> Sighting:
    return Sighting(
        subject=f"check {check.id}",
        sentence=FAILED[ran.outcome],
        values={"check": check.id, "seconds": round(check.seconds), "found": ran.found},
        observed=ran.outcome.value if ran.note is None else f"{ran.outcome}: {ran.note}",
        expected=Outcome.CLEAN.value,
        evidence="/smells",
    )
