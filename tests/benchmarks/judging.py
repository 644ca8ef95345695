"""A real model of this machine as a judge, through a real worker that is killed in the middle.

`python -m tests.benchmarks.judging [--prompts 50] [--tokens 1300]`. Two contenders have handed in answers to each
prompt of a set; the model is registered and checked as judges are, asked in both orders, and its worker gets a SIGKILL
at a third of the verdicts. Prints what was planned, how it goes, what it came to and what it cost; ends with 1 if a
verdict is lost or doubled, or a reply was paid for twice that was not under way at the kill.
"""

import argparse
import asyncio
import signal
from collections import Counter
from contextlib import AsyncExitStack
from time import monotonic
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import structs

from arena import db as database
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import judging, steering, verdicts
from arena.evaluation.dockets import Docket
from arena.evaluation.judging import Order, State
from arena.local import model
from arena.local.model import Model
from arena.people import accounts
from arena.people.accounts import Role
from arena.submission import judges
from arena.submission.judges import Judge, Proposal
from arena.submission.questions import Terms
from arena.workers import judge as worker
from tests import bench, processes, servers, upstream
from tests.builders import contender, until
from tests.upstream import Provider

PRICES = (0.15, 0.60)
SET = "numbers"
TOLD_EVERY = 5


async def main(prompts: int, tokens: int) -> int:
    """Run it once; 0 if everything was judged once."""
    async with AsyncExitStack() as stack:
        here = stack.enter_context(servers.site())
        postgres = await stack.enter_async_context(servers.postgres(durable=True))
        valkey = await stack.enter_async_context(servers.valkey())
        local = Model(here)
        await local.start()
        stack.push_async_callback(local.stop)
        print(await local.ready(), flush=True)
        settings = Settings(database_url=postgres.url, redis_url=valkey.url, secret="s" * 32, port=0, judge_seconds=600)
        await database.migrate(settings.database_url)
        db = await stack.enter_async_context(database.pool(settings.database_url, size=4))
        provider = await stack.enter_async_context(upstream.provider())
        judge = await _seated(db, settings, provider, local, tokens)
        if judge.state is not judges.State.LISTED:
            return 1
        anna, berta = [each.contender_id for each in await bench.met(db, provider)]
        await bench.answered(db, prompts, (anna, _plain), (berta, _evasive), slug=SET)
        return await _judged(stack, db, settings, prompts)


def _plain(number: int) -> str:
    return f"{number} is the whole number that comes after {number - 1} and before {number + 1}."


def _evasive(number: int) -> str:
    return f"That is hard to say. Some people like {number}, and others do not."


async def _seated(db: Pool, settings: Settings, provider: Provider, local: Model, tokens: int) -> Judge:
    entrant = await contender(db, provider, model.ALIAS, name=model.NAME)
    place = urlsplit(local.url)
    await db.execute(
        "UPDATE endpoints SET base_url = $2, prompt_price = $3, answer_price = $4 WHERE id = $1",
        *(entrant.target.endpoint_id, local.url, *PRICES),
    )
    await db.execute("UPDATE allowed_addresses SET address = $1, port = $2", place.hostname, place.port)
    proposal = Proposal(
        slug="local",
        name=model.NAME,
        family="SmolLM",
        endpoint_id=entrant.target.endpoint_id,
        rubric="pairwise_v1",
        settings=Terms(most_answer_tokens=tokens),
        own_family=False,
    )
    async with db.acquire() as connection:
        account = await accounts.open(
            connection, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,)
        )
        judge_id = await judges.propose(connection, proposal, account_id=account.id, approved=True)
    began = monotonic()
    await worker.check(db, settings, judge_id)
    for step in await judges.steps(db, judge_id):
        print(f"  {step.name:8} {step.state:5} {step.sentence}", flush=True)
    judge = await judges.require(db, "local")
    way = "schema" if judge.settings.structured else "text"
    print(f"checked in {monotonic() - began:.0f} s: {judge.state}, {way}", flush=True)
    return judge


async def _judged(stack: AsyncExitStack, db: Pool, settings: Settings, prompts: int) -> int:
    order = Order(judges=["local"], selection=Docket(prompt_set=SET, most=prompts), budget_cost=1.0)
    run_id = await judging.plan(db, order, account_id=None)
    [estimate] = (await judging.require(db, run_id)).estimates
    print(f"planned {estimate.pairs} pairs, {estimate.calls} calls, at most {estimate.cost:.4f}", flush=True)
    began = monotonic()
    async with db.acquire() as connection:
        await steering.resume(connection, run_id)
    first = await processes.start("work", settings, seconds_off=0)
    stack.push_async_callback(first.end)
    await _until(db, run_id, prompts // 3)
    first.signal(signal.SIGKILL)
    await first.ended()
    kept = await db.fetchval("SELECT count(*) FROM verdicts")
    print(f"killed at {kept} verdicts after {monotonic() - began:.0f} s", flush=True)
    await db.execute("UPDATE judge_runs SET alive_until = now() - interval '1 second'")
    await steering.look_after(db)
    second = await processes.start("work", settings, seconds_off=0)
    stack.push_async_callback(second.end)
    await _until(db, run_id, prompts)
    return await _told(db, run_id, prompts, monotonic() - began)


async def _until(db: Pool, run_id: UUID, ended: int) -> None:
    """Wait for so many verdicts or the run's end, and say how it goes meanwhile."""
    told = 0

    async def holds() -> bool:
        nonlocal told
        run = await judging.require(db, run_id)
        count = await db.fetchval("SELECT count(*) FROM judge_jobs WHERE run_id = $1 AND state <> 'waiting'", run_id)
        if count >= told + TOLD_EVERY:
            told = count
            print(f"  {count} of {run.estimates[0].pairs}, {run.spent_cost:.5f} spent", flush=True)
        return run.state is not State.RUNNING or (count >= ended and ended > 0 and count < run.estimates[0].pairs)

    await until(holds, seconds=6 * 3600)


async def _told(db: Pool, run_id: UUID, prompts: int, seconds: float) -> int:
    run = await judging.require(db, run_id)
    [progress] = await judging.progress(db, run_id)
    said = await judging.verdicts_of(db, judge="local")
    [spent] = await verdicts.spent(db, (await judges.require(db, "local")).id)
    consistent = sum(each.consistent is True for each in said)
    outcomes = Counter(str(each.outcome or each.unscored) for each in said)
    print(f"{run.state} after {seconds:.0f} s: {structs.asdict(progress)}")
    print(f"{consistent} consistent, {dict(outcomes)}; {run.spent_tokens:,} tokens, {run.spent_cost:.5f}")
    print(f"ledger {structs.asdict(spent)}")
    replies = await db.fetchval("SELECT count(*) FROM judge_replies")
    once = len({each.prompt_id for each in said}) == len(said) == progress.done
    whole = progress.done + progress.failed == prompts
    # What was under way at the kill is asked again, and was not entered in the books the first time.
    paid_once = spent.calls - spent.failures == replies
    print("no verdict lost or doubled" if once and whole else "WRONG: a verdict is lost or doubled")
    print(f"{replies} replies, each paid for once" if paid_once else "WRONG: a reply was paid for twice")
    return 0 if once and whole and paid_once else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--prompts", type=int, default=50)
    parser.add_argument("--tokens", type=int, default=1300)
    chosen = parser.parse_args()
    raise SystemExit(asyncio.run(main(chosen.prompts, chosen.tokens)))
