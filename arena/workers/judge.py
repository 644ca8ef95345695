"""Judge: judges are checked, runs are sat through and attacks are made, each by one worker at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from uuid import UUID, uuid4

from arena.config import Settings
from arena.db import AWAY, Pool, away
from arena.evaluation import attacks, judging, sittings, steering
from arena.evaluation.attacks import Attacker
from arena.evaluation.judging import State as RunState
from arena.evaluation.sittings import Sitting
from arena.evaluation.steering import Ends
from arena.evaluation.tills import Till
from arena.integration import judge_quality
from arena.sealing import Keyring
from arena.submission import contract, endpoints, judges
from arena.submission.auditions import Audition
from arena.submission.contract import Step
from arena.submission.judges import Judge
from arena.submission.reports import State
from arena.upstream import Upstream
from judge import Attacked, Budget, BudgetSpent, rubric

log = logging.getLogger(__name__)

BEAT_SECONDS = 10.0


async def check(db: Pool, settings: Settings, judge_id: UUID) -> None:
    """Put a judge through its test, unless another worker has it."""
    worker = uuid4()
    judge = await judges.claim(db, judge_id, worker)
    if judge is None:
        return
    audition = Audition(rubric.load(judge.rubric), judge.settings)
    [target] = await endpoints.targets(db, [judge.endpoint_id])
    async with _beating(lambda: judges.beat(db, judge_id, worker)):
        ended = await _tried(db, settings, judge, worker, audition)
    reason = contract.reason(ended, fatal=[trial.name for trial in audition.trials if trial.fatal])
    version = judges.version(target, judge.rubric, audition.terms)
    await judges.end(db, judge_id, worker, terms=audition.terms, version=version, reason=reason)
    log.info("judge checked judge=%s reason=%s", judge_id, reason)


async def _tried(db: Pool, settings: Settings, judge: Judge, worker: UUID, audition: Audition) -> list[Step]:
    [target] = await endpoints.targets(db, [judge.endpoint_id])
    ended = list[Step]()
    async with (
        Upstream(Keyring(settings)) as upstream,
        aclosing(audition.run(upstream, target, seconds=settings.judge_seconds)) as steps,
    ):
        async for step in steps:
            if step.state is not State.RUNNING:
                ended.append(step)
                await judges.keep(db, judge.id, worker, ended)
    return ended


async def run(db: Pool, settings: Settings, run_id: UUID) -> None:
    """Go on with a run, unless another worker is at it; where this one is stopped, `look_after` calls another."""
    worker = uuid4()
    if not await steering.claim(db, run_id, worker):
        return
    log.info("judge run begins run=%s", run_id)
    async with _beating(lambda: steering.beat(db, run_id, worker)):
        ends = await _ends(db, settings, run_id, worker)
        await steering.end(db, run_id, worker, ends)
    log.info("judge run leaves run=%s state=%s reason=%s", run_id, ends.state, ends.reason)


async def _ends(db: Pool, settings: Settings, run_id: UUID, worker: UUID) -> Ends:
    """How the run leaves this worker; what nobody has foreseen ends this run and no other."""
    try:
        return await _sat(db, settings, run_id, worker)
    except Exception as error:
        if away(error):
            raise
        log.exception("judge run broke run=%s", run_id)
        return Ends(RunState.FAILED, steering.UNFORESEEN)


async def _sat(db: Pool, settings: Settings, run_id: UUID, worker: UUID) -> Ends:
    planned = await judging.require(db, run_id)
    seats = await sittings.benches(db, await judging.seated(db, run_id))
    if any(sittings.changed(bench) for bench in seats.values()):
        return Ends(RunState.FAILED, "judge_changed")
    async with Upstream(Keyring(settings)) as upstream:
        sitting = Sitting(db, upstream, planned, worker, seats, seconds=settings.judge_seconds)
        return await sitting.sit()


async def attack(db: Pool, settings: Settings, trial_id: UUID) -> None:
    """Attack a judge and keep how often that won."""
    worker = uuid4()
    claimed = await attacks.claim(db, trial_id, worker)
    if claimed is None:
        return
    allowed = Budget(tokens=claimed.budget_tokens, cost=claimed.budget_cost)
    [bench] = (await sittings.benches(db, await judges.of(db, [claimed.judge_id]))).values()
    async with _beating(lambda: attacks.beat(db, trial_id, worker)), Upstream(Keyring(settings)) as upstream:
        till = Till(db, upstream, allowed, seconds=settings.judge_seconds)
        figures, reason = await _attacked(Attacker(bench, till))
        await attacks.end(db, trial_id, worker, figures, spent=till, reason=reason)
    log.info("judge attacked judge=%s reason=%s", claimed.judge_id, reason)


async def _attacked(attacker: Attacker) -> tuple[list[Attacked] | None, str | None]:
    """The figures, or why there are none."""
    if attacker.stale:
        return None, "judge_changed"
    try:
        return await attacker.attack(), None
    except BudgetSpent:
        return None, "budget"
    except Exception as error:
        if away(error):
            raise
        log.exception("attack broke")
        return None, steering.UNFORESEEN


async def look_after(db: Pool) -> None:
    """Go on with what has lost its worker."""
    gone = [await judges.look_after(db), await steering.look_after(db), await attacks.look_after(db)]
    if any(gone):
        log.warning("judging without a worker checks=%d runs=%d attacks=%d", *gone)


async def measure(db: Pool) -> None:
    """Measure how good the judges are of which something has changed."""
    if measured := await judge_quality.measure(db):
        log.info("judges measured versions=%d", measured)


@asynccontextmanager
async def _beating(say: Callable[[], Awaitable[object]]) -> AsyncIterator[None]:
    """Say again and again that this worker is at it."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await say()
            except AWAY as error:
                log.warning("no beat error=%s", type(error).__name__)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
