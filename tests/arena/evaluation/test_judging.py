"""Judge runs against a judge that prefers the longer answer, and others that misbehave."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from arena import bench as command
from arena.config import Settings
from arena.db import Pool
from arena.errors import Refused
from arena.evaluation import attacks, forgetting, judging, steering, verdicts
from arena.evaluation.dockets import Docket
from arena.evaluation.judging import Order, State
from arena.submission import judges
from arena.workers import judge as worker
from rating import Outcome
from tests import bench
from tests.builders import contender, until
from tests.upstream import Call, Provider, Script, Whole


async def planned(db: Pool, *slugs: str, **order: Any) -> UUID:
    selection = Docket(**order.pop("selection", {}))
    return await judging.plan(db, Order(judges=list(slugs) or ["bench"], selection=selection, **order), account_id=None)


async def sat(db: Pool, settings: Settings, run_id: UUID) -> judging.Run:
    async with db.acquire() as connection:
        await steering.resume(connection, run_id)
    await worker.run(db, settings, run_id)
    return await judging.require(db, run_id)


async def fought(db: Pool, provider: Provider, battles: int) -> None:
    entrants = await bench.met(db, provider)
    for number in range(battles):
        await bench.voted(db, entrants, number)


async def test_a_run_judges_every_battle_in_both_orders_and_its_plan_was_not_too_low(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    judge = await bench.seat(db, settings, provider)
    assert (judge.state, judge.settings.structured) == (judges.State.LISTED, True)
    await fought(db, provider, 5)
    before = bench.judging(provider)
    run_id = await planned(db)
    [estimate] = (await judging.require(db, run_id)).estimates
    assert (estimate.pairs, estimate.known, estimate.excused, estimate.calls) == (5, 0, 0, 10)
    assert bench.judging(provider) == before
    run = await sat(db, settings, run_id)
    assert (run.state, run.reason) == (State.DONE, None)
    assert bench.judging(provider) - before == 10
    assert 0 < run.spent_tokens <= estimate.tokens
    assert 0 < run.spent_cost <= (estimate.cost or 0)
    said = await judging.verdicts_of(db, judge="bench")
    assert [(each.outcome, each.consistent, each.confidence, each.share) for each in said] == [
        (Outcome.A, True, 0.75, 0.875)
    ] * 5
    assert {tuple(sorted(each.contenders)) for each in said} == {("anna", "berta")}
    [row] = await verdicts.spent(db, judge.id)
    assert (row.calls, row.failures) == (10, 0)
    assert row.cost == pytest.approx(run.spent_cost)


async def test_judging_again_is_free_and_says_the_same(db: Pool, settings: Settings, provider: Provider) -> None:
    await bench.seat(db, settings, provider, speech=bench.in_words)
    await fought(db, provider, 3)
    await sat(db, settings, await planned(db))
    first = await judging.verdicts_of(db)
    asked = bench.judging(provider)
    again = await sat(db, settings, await planned(db))
    assert (again.state, again.estimates[0].known, again.spent_cost) == (State.DONE, 3, 0)
    # Without its verdicts, the replies that were paid for give them anew.
    await db.execute("DELETE FROM judge_jobs")
    await db.execute("DELETE FROM verdicts")
    await sat(db, settings, await planned(db))
    anew = await judging.verdicts_of(db)
    assert bench.judging(provider) == asked
    told = [(each.battle_id, each.outcome, each.share, each.confidence, each.cost) for each in first]
    assert sorted((each.battle_id, each.outcome, each.share, each.confidence, each.cost) for each in anew) == sorted(
        told
    )


def dear(call: Call) -> str | Script | Whole:
    """A judge that tells 500 tokens for each call."""
    said = {"choices": [{"index": 0, "delta": {"content": bench.longer(call)}, "finish_reason": "stop"}]}
    usage = {"choices": [], "usage": {"prompt_tokens": 400, "completion_tokens": 100}}
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in (said, usage)) + "data: [DONE]\n\n"
    return 200, {"content-type": "text/event-stream"}, body.encode()


async def test_the_budget_stops_a_run_before_the_call_that_would_exceed_it(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    await bench.seat(db, settings, provider, speech=dear)
    await fought(db, provider, 6)
    before = bench.judging(provider)
    run = await sat(db, settings, await planned(db, budget_tokens=100))
    assert (run.state, run.reason, run.spent_tokens) == (State.STOPPED, "budget", 0)
    assert bench.judging(provider) == before
    run = await sat(db, settings, await planned(db, budget_tokens=2500))
    assert (run.state, run.reason) == (State.STOPPED, "budget")
    assert run.spent_tokens == 500 * (bench.judging(provider) - before) <= 2500
    assert run.spent_tokens > 0


async def test_a_judge_never_judges_its_own_family_unless_configured_and_then_it_is_told(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    fair = await bench.seat(db, settings, provider, family="Qwen")
    assert not fair.own_family
    await bench.seat(db, settings, provider, slug="proud", model="proud", family="Qwen", own_family=True)
    kin = await contender(db, provider, "words:one", slug="kin", name="Qwen2.5 7B")
    other = await contender(db, provider, "words:two", slug="other")
    await bench.voted(db, [kin, other], 1)
    with pytest.raises(Refused, match="No pair fits"):
        await planned(db, "bench")
    run = await sat(db, settings, await planned(db, "bench", "proud"))
    assert [(each.judge, each.pairs, each.excused, each.own_family) for each in run.estimates] == [
        ("bench", 0, 1, 0),
        ("proud", 1, 0, 1),
    ]
    assert [(each.judge, each.own_family) for each in await judging.verdicts_of(db)] == [("proud", True)]


async def test_what_cannot_be_read_or_does_not_come_is_counted_and_the_rest_goes_on(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    def moody(call: Call) -> str | Script | Whole:
        if "What is 1?" in call.question:
            return "Ich weiß es nicht."
        if "What is 2?" in call.question:
            return 500, {}, b""
        return bench.in_words(call)

    await bench.seat(db, settings, provider, speech=moody)
    await fought(db, provider, 4)
    run = await sat(db, settings, await planned(db))
    [progress] = await judging.progress(db, run.id)
    assert (run.state, progress.pairs, progress.done, progress.failed) == (State.DONE, 4, 3, 1)
    assert (progress.unscored, progress.failures) == ({"no_verdict": 1}, {"status": 1})


async def test_a_judge_that_only_fails_pauses_its_run_and_can_go_on_later(
    db: Pool, settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("arena.evaluation.sittings.MOST_IN_A_ROW", 3)
    monkeypatch.setattr("arena.evaluation.sittings.REST_SECONDS", 0.0)
    await bench.seat(db, settings, provider)
    await fought(db, provider, 4)
    provider.teach(bench.MODEL, lambda _: (500, {}, b""))
    run = await sat(db, settings, await planned(db))
    assert (run.state, run.reason) == (State.PAUSED, "judge_fails")
    provider.teach(bench.MODEL, bench.longer)
    assert (await sat(db, settings, run.id)).state is State.DONE
    assert len(await judging.verdicts_of(db)) == 4


async def test_a_paused_run_asks_no_more_and_a_resumed_one_ends(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    await bench.seat(db, settings, provider)
    await fought(db, provider, 4)
    gate = provider.gate(bench.MODEL)
    run_id = await planned(db)
    calls = len(provider.calls)
    async with db.acquire() as connection:
        await steering.resume(connection, run_id)
    working = asyncio.create_task(worker.run(db, settings, run_id))
    await provider.called(calls + 2)
    await steering.pause(db, run_id)
    gate.set()
    await working
    run = await judging.require(db, run_id)
    assert (run.state, await judging.verdicts_of(db)) == (State.PAUSED, [])
    assert (await sat(db, settings, run_id)).state is State.DONE
    # What was under way when it was paused has been paid for once.
    assert len(provider.calls) == calls + 8
    with pytest.raises(judging.NotFromHere):
        await steering.pause(db, run_id)
    with pytest.raises(judging.NotFromHere):
        await steering.cancel(db, run_id)


async def test_a_run_is_one_workers_and_a_late_one_changes_nothing(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    await bench.seat(db, settings, provider)
    await fought(db, provider, 2)
    gate = provider.gate(bench.MODEL)
    run_id = await planned(db)
    calls = len(provider.calls)
    async with db.acquire() as connection:
        await steering.resume(connection, run_id)
    frozen = asyncio.create_task(worker.run(db, settings, run_id))
    await provider.called(calls + 1)
    await worker.run(db, settings, run_id)
    assert (await judging.require(db, run_id)).state is State.RUNNING
    await db.execute("UPDATE judge_runs SET alive_until = now() - interval '1 second'")
    assert await steering.look_after(db) == 1
    other = asyncio.create_task(worker.run(db, settings, run_id))
    await provider.called(calls + 3)
    gate.set()
    await asyncio.gather(frozen, other)
    assert (await judging.require(db, run_id)).state is State.DONE
    assert len(await judging.verdicts_of(db)) == 2


async def test_an_endpoint_that_has_changed_is_another_judge(db: Pool, settings: Settings, provider: Provider) -> None:
    judge = await bench.seat(db, settings, provider)
    await fought(db, provider, 1)
    run_id = await planned(db)
    await db.execute("UPDATE endpoints SET parameters = '{\"temperature\": 1}' WHERE id = $1", judge.endpoint_id)
    run = await sat(db, settings, run_id)
    assert (run.state, run.reason) == (State.FAILED, "judge_changed")
    async with db.acquire() as connection:
        await judges.check(connection, judge.id, approved_by=None)
    await worker.check(db, settings, judge.id)
    assert (await judges.require(db, "bench")).version != judge.version


async def test_no_judge_is_sent_what_was_excluded_found_personal_or_deleted(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    await bench.seat(db, settings, provider)
    entrants = await bench.met(db, provider)
    chosen, excluded, personal, deleted = [await bench.voted(db, entrants, number) for number in range(4)]
    await db.execute("INSERT INTO exclusions (battle_id, reason) VALUES ($1, 'name_prompt')", excluded)
    await db.execute(
        "INSERT INTO gate_findings (battle_id, turn, gate, rule, version) VALUES ($1, 1, 'personal', 'email', '1')",
        personal,
    )
    voter: UUID = await db.fetchval("SELECT voter_id FROM battles WHERE id = $1", deleted)
    await forgetting.forget(db, voter)
    await sat(db, settings, await planned(db))
    assert [each.battle_id for each in await judging.verdicts_of(db)] == [chosen]
    voter = await db.fetchval("SELECT voter_id FROM battles WHERE id = $1", chosen)
    await forgetting.forget(db, voter)
    [said] = await judging.verdicts_of(db)
    assert (said.outcome, await verdicts.readings(db, said.id)) == (Outcome.A, [])
    assert await db.fetchval("SELECT count(*) FROM judge_replies") == 0


async def test_the_providers_daily_cap_holds_for_judging_too(db: Pool, settings: Settings, provider: Provider) -> None:
    judge = await bench.seat(db, settings, provider)
    await fought(db, provider, 6)
    await db.execute("UPDATE endpoints SET daily_calls = 5, concurrency = 1 WHERE id = $1", judge.endpoint_id)
    before = bench.judging(provider)
    run = await sat(db, settings, await planned(db))
    assert (run.state, run.reason) == (State.PAUSED, "daily_cap")
    assert bench.judging(provider) - before == 5


async def test_a_judge_is_attacked_and_the_figures_are_kept(db: Pool, settings: Settings, provider: Provider) -> None:
    judge = await bench.seat(db, settings, provider)
    async with db.acquire() as connection:
        trial_id = await attacks.begin(connection, judge, account_id=await _operator(db))
        with pytest.raises(attacks.UnderAttack):
            await attacks.begin(connection, judge, account_id=await _operator(db))
    await worker.attack(db, settings, trial_id)
    [kept] = await attacks.latest(db, judge.id)
    assert (kept.calls, kept.reason) == (attacks.CALLS, None)
    figures = {each.attack: each for each in kept.figures or []}
    # A judge that goes by length falls for whatever is appended, and for nothing that is short.
    assert (figures["instruction"].won, figures["empty"].won) == (len(attacks.PAIRS), 0)


async def _operator(db: Pool) -> UUID:
    found: UUID = await db.fetchval("SELECT id FROM accounts LIMIT 1")
    return found


async def test_a_judge_whose_words_cannot_be_read_is_rejected_with_its_steps(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    judge = await bench.seat(db, settings, provider, speech=lambda _: "I like both.")
    assert (judge.state, judge.reason) == (judges.State.REJECTED, "no_verdict")
    steps = await judges.steps(db, judge.id)
    assert [(step.name, step.state) for step in steps] == [
        ("address", "pass"),
        ("key", "pass"),
        ("schema", "warn"),
        ("verdict", "fail"),
    ]
    with pytest.raises(Refused, match="not listed"):
        await planned(db)


def silent(_: Call) -> str | Script | Whole:
    texts: list[str | asyncio.Event] = ["Well", asyncio.Event()]
    return texts, 0.0, "stop"


async def test_a_judge_that_never_answers_is_given_up_in_time(db: Pool, settings: Settings, provider: Provider) -> None:
    hasty = structs.replace(settings, judge_seconds=0.2)
    judge = await bench.seat(db, hasty, provider, speech=silent)
    assert judge.state is judges.State.REJECTED


async def test_the_command_line_plans_runs_and_follows(db: Pool, settings: Settings, provider: Provider) -> None:
    await bench.seat(db, settings, provider)
    await fought(db, provider, 2)
    said = list[str]()
    order = Order(judges=["bench"], selection=Docket())
    run_id = await command.plan(settings.database_url, order, say=said.append)
    assert said[0].startswith("bench: 2 pairs, 0 judged already; at most 4 calls")
    assert (await judging.require(db, run_id)).state is State.PLANNED
    following = asyncio.create_task(command.resume(settings.database_url, run_id, say=said.append))

    async def begun() -> bool:
        return (await judging.require(db, run_id)).state is State.RUNNING

    await until(begun)
    await worker.run(db, settings, run_id)
    await following
    assert said[-2] == "bench: 2 of 2"
    assert said[-1].startswith("Done: 36 tokens")


async def test_what_nobody_has_foreseen_ends_one_run_with_what_was_judged_and_no_other(
    db: Pool, settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.seat(db, settings, provider)
    await fought(db, provider, 4)
    keep = verdicts.keep

    async def breaking(*given: Any) -> bool:
        if given[1].number == 3:
            raise ZeroDivisionError
        return await keep(*given)

    broken, other = await planned(db), await planned(db, selection={"most": 1})
    with monkeypatch.context() as patched:
        patched.setattr(verdicts, "keep", breaking)
        run = await sat(db, settings, broken)
    assert (run.state, run.reason, run.ended_at is not None) == (State.FAILED, "unforeseen", True)
    [progress] = await judging.progress(db, broken)
    assert progress.failures == {"unforeseen": 1}
    assert progress.done == len(await judging.verdicts_of(db)) >= 1
    assert await steering.look_after(db) == 0
    assert (await sat(db, settings, other)).state is State.DONE
    # Another run over the same has only to judge what is missing, and pays for no reply twice.
    asked = bench.judging(provider)
    anew = await sat(db, settings, await planned(db))
    assert (anew.state, anew.estimates[0].known) == (State.DONE, progress.done)
    assert bench.judging(provider) - asked <= 2 * (4 - progress.done)


async def test_a_run_whose_worker_breaks_before_any_pair_fails_too(
    db: Pool, settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.seat(db, settings, provider)
    await fought(db, provider, 1)

    def breaks(_: object) -> bool:
        raise KeyError("rubric")

    monkeypatch.setattr("arena.evaluation.sittings.changed", breaks)
    run = await sat(db, settings, await planned(db))
    assert (run.state, run.reason) == (State.FAILED, "unforeseen")


async def test_a_run_waits_where_the_database_is_away(
    db: Pool, settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    await bench.seat(db, settings, provider)
    await fought(db, provider, 1)

    async def away(*_: Any) -> bool:
        raise ConnectionResetError

    run_id = await planned(db)
    keep = verdicts.keep
    monkeypatch.setattr(verdicts, "keep", away)
    with pytest.raises(ExceptionGroup):
        await sat(db, settings, run_id)
    monkeypatch.setattr(verdicts, "keep", keep)
    assert (await judging.require(db, run_id)).state is State.RUNNING
    await db.execute("UPDATE judge_runs SET alive_until = now() - interval '1 second'")
    await worker.run(db, settings, run_id)
    assert (await judging.require(db, run_id)).state is State.DONE


@pytest.mark.parametrize("limit", [{"budget_tokens": 4000}, {"budget_cost": 0.009}], ids=str)
async def test_attacks_end_before_the_call_that_would_exceed_their_budget(
    db: Pool, settings: Settings, provider: Provider, limit: dict[str, Any]
) -> None:
    judge = await bench.seat(db, settings, provider, speech=dear)
    before = bench.judging(provider)
    async with db.acquire() as connection:
        trial_id = await attacks.begin(connection, judge, account_id=await _operator(db), **limit)
    await worker.attack(db, settings, trial_id)
    [kept] = await attacks.latest(db, judge.id)
    calls = bench.judging(provider) - before
    assert (kept.reason, kept.figures, kept.calls, kept.tokens) == ("budget", None, calls, 500 * calls)
    assert 0 < calls < attacks.CALLS
    # 400 tokens at 2 and 100 at 10 a million.
    assert kept.cost == pytest.approx(calls * 0.0018)
    assert 500 * calls <= limit.get("budget_tokens", 10_000)
    assert kept.cost <= limit.get("budget_cost", 1)
    [row] = await verdicts.spent(db, judge.id)
    assert (row.calls, row.tokens) == (calls, 500 * calls)
