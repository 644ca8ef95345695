"""Judges and judge runs over HTTP: who may do what, and a run through a worker that is killed in the middle."""

import signal
from typing import Any

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import judging, steering
from tests import bench
from tests.builders import Visitor, contender, until
from tests.conftest import Open
from tests.processes import Run
from tests.upstream import Provider

PLAN = {"judges": ["bench"], "selection": {"most": 100}}
BATTLES = 50


async def called(visitor: Visitor, headers: dict[str, str], path: str, body: Any = None) -> Any:
    status, answer = await visitor.post(f"/api/v1{path}", body, headers=headers)
    assert status < 300, answer
    return answer


async def test_an_operator_registers_a_judge_plans_a_run_and_sees_it_done(
    open_arena: Open, db: Pool, provider: Provider, operator: dict[str, str]
) -> None:
    address = await open_arena(working=True)
    provider.teach(bench.MODEL, bench.longer)
    itself = await contender(db, provider, bench.MODEL)
    for number, entrants in enumerate([await bench.met(db, provider)] * 3):
        await bench.voted(db, entrants, number)
    async with Visitor(address) as visitor:
        given = {
            "slug": "bench",
            "name": "Bench",
            "family": "Bench Works",
            "endpoint_id": str(itself.target.endpoint_id),
        }
        assert (await visitor.post("/api/v1/judges", given))[0] == 401
        assert (await visitor.post("/api/v1/judges", given | {"rubric": "pointwise_v1"}, headers=operator))[0] == 400
        assert (await called(visitor, operator, "/judges", given))["state"] == "checking"
        assert (await visitor.post("/api/v1/judges", given, headers=operator))[0] == 409

        async def listed() -> bool:
            return [each["slug"] for each in (await visitor.get("/api/v1/judges"))[1]["items"]] == ["bench"]

        await until(listed)
        shown = (await visitor.get("/api/v1/judges/bench"))[1]
        assert [step["state"] for step in shown["steps"]] == ["pass"] * 4
        assert (shown["settings"]["structured"], shown["spend"]) == (True, None)

        planned = await called(visitor, operator, "/judge-runs", PLAN)
        assert (planned["state"], planned["estimates"][0]["calls"]) == ("planned", 6)
        path = f"/judge-runs/{planned['id']}"
        await called(visitor, operator, f"{path}/resume")

        async def done() -> bool:
            return bool((await visitor.get(f"/api/v1{path}", headers=operator))[1]["state"] == "done")

        await until(done)
        run = (await visitor.get(f"/api/v1{path}", headers=operator))[1]
        assert (run["progress"][0]["done"], run["progress"][0]["failed"]) == (3, 0)
        assert (await visitor.post(f"/api/v1{path}/cancel", headers=operator))[0] == 409
        spend = (await visitor.get("/api/v1/judges/bench", headers=operator))[1]["spend"]
        assert [row["calls"] for row in spend] == [6]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/judge-runs", PLAN),
        ("/judges/bench/list", None),
        ("/judges/bench/retire", {"reason": "Old."}),
        ("/judges/bench/attacks", {"budget_cost": 1}),
    ],
)
async def test_runs_and_listing_are_for_operators(visitor: Visitor, path: str, body: Any) -> None:
    assert (await visitor.post(f"/api/v1{path}", body))[0] == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"judges": []},
        {"judges": ["nobody"]},
        {"judges": ["bench", "bench"]},
        {"selection": {"most": 0}},
        {"selection": {"everything": True}},
        {"selection": {"category": "no such category"}},
        {"budget_tokens": -1},
    ],
)
async def test_a_plan_that_means_nothing_is_refused(
    visitor: Visitor,
    db: Pool,
    settings: Settings,
    provider: Provider,
    operator: dict[str, str],
    wrong: dict[str, Any],
) -> None:
    await bench.seat(db, settings, provider)
    await bench.voted(db, await bench.met(db, provider), 1)
    assert (await visitor.post("/api/v1/judge-runs", PLAN | wrong, headers=operator))[0] in (400, 404)
    assert await db.fetchval("SELECT count(*) FROM judge_runs") == 0


@pytest.mark.slow
async def test_a_worker_killed_in_the_middle_loses_no_verdict_and_doubles_none(
    run: Run, db: Pool, settings: Settings, provider: Provider, operator: dict[str, str], visitor: Visitor
) -> None:
    await bench.seat(db, settings, provider)
    entrants = await bench.met(db, provider)
    for number in range(BATTLES):
        await bench.voted(db, entrants, number)
    before = bench.judging(provider)
    planned = await called(visitor, operator, "/judge-runs", PLAN)
    # Attempts fail as well, but fewer than a pair has of them.
    failing = (before + 9, before + 18)
    broken = (500, dict[str, str](), b"")
    provider.teach(bench.MODEL, lambda call: broken if bench.judging(provider) in failing else bench.longer(call))
    first = await run("work")
    await called(visitor, operator, f"/judge-runs/{planned['id']}/resume")

    async def halfway() -> bool:
        return bool(await db.fetchval("SELECT count(*) FROM verdicts") >= BATTLES // 3)

    await until(halfway)
    first.signal(signal.SIGKILL)
    await first.ended()
    kept = await db.fetchval("SELECT count(*) FROM verdicts")
    assert kept < BATTLES
    # As if the time had passed after which a worker that says nothing is taken to be gone.
    await db.execute("UPDATE judge_runs SET alive_until = now() - interval '1 second'")
    assert await steering.look_after(db) == 1
    await run("work")

    async def done() -> bool:
        return (await judging.require(db, planned["id"])).state is judging.State.DONE

    await until(done)
    [progress] = await judging.progress(db, planned["id"])
    assert (progress.pairs, progress.done, progress.failed) == (BATTLES, BATTLES, 0)
    said = await judging.verdicts_of(db)
    assert len({each.battle_id for each in said}) == len(said) == BATTLES
    # Each question was paid for once, but for the calls that were under way when the worker was killed.
    assert 2 * BATTLES <= bench.judging(provider) - before <= 2 * BATTLES + len(failing) + 2 * 2
    assert await db.fetchval("SELECT count(*) FROM judge_replies") == 2 * BATTLES
