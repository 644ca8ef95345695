"""What `arena judge` does: plan a judge run with its cost, begin it, and tell how it goes until it ends."""

import asyncio
from collections.abc import Callable
from typing import Final
from uuid import UUID

from arena.db import Pool, pool
from arena.evaluation import judging, steering
from arena.evaluation.judging import Estimated, Order, Progress, Run, State

LOOK_SECONDS: Final = 1.0
GOING: Final = (State.PLANNED, State.RUNNING)

Say = Callable[[str], None]


async def plan(database_url: str, order: Order, *, say: Say) -> UUID:
    """Plan a run and say what it would cost; its id."""
    async with pool(database_url, size=2) as db:
        return await _planned(db, order, say)


async def run(database_url: str, order: Order, *, say: Say) -> None:
    """Plan a run, begin it, and say how it goes until it ends."""
    async with pool(database_url, size=2) as db:
        await _follow(db, await _planned(db, order, say), say)


async def resume(database_url: str, run_id: UUID, *, say: Say) -> None:
    """Begin a run that was planned, or go on with one, and say how it goes until it ends."""
    async with pool(database_url, size=2) as db:
        await _follow(db, run_id, say)


async def _planned(db: Pool, order: Order, say: Say) -> UUID:
    run_id = await judging.plan(db, order, account_id=None)
    for estimate in (await judging.require(db, run_id)).estimates:
        say(_priced(estimate))
    say(f"Planned as {run_id}")
    return run_id


def _priced(estimate: Estimated) -> str:
    cost = "at no known price" if estimate.cost is None else f"for {estimate.cost:.4f}"
    excused = f", {estimate.excused:,} left out as its own family's" if estimate.excused else ""
    return (
        f"{estimate.judge}: {estimate.pairs:,} pairs, {estimate.known:,} judged already{excused}; "
        f"at most {estimate.calls:,} calls and {estimate.tokens:,} tokens {cost}"
    )


async def _follow(db: Pool, run_id: UUID, say: Say) -> None:
    """A worker does the judging; whoever stops following stops nothing."""
    async with db.acquire() as connection:
        await steering.resume(connection, run_id)
    told = ""
    while True:
        found, progress = await judging.require(db, run_id), await judging.progress(db, run_id)
        line = "; ".join(_told(each) for each in progress)
        if line != told:
            say(line)
            told = line
        if found.state not in GOING:
            say(_ended(found))
            return
        await asyncio.sleep(LOOK_SECONDS)


def _told(progress: Progress) -> str:
    why = [f"{count:,} {reason}" for reason, count in (progress.unscored | progress.failures).items()]
    rest = f" ({', '.join(why)})" if why else ""
    return f"{progress.judge}: {progress.done + progress.failed:,} of {progress.pairs:,}{rest}"


def _ended(found: Run) -> str:
    why = f". {steering.WHY[found.reason]}" if found.reason else ""
    return f"{found.state.capitalize()}: {found.spent_tokens:,} tokens, {found.spent_cost:.4f} spent{why}"
