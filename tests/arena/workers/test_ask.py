"""Set runs: every prompt is asked once, within what its provider allows; what is interrupted goes on."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import formats, prompt_sets, set_answers, set_calls, set_files, set_results, set_runs
from arena.evaluation.formats import Format
from arena.evaluation.prompt_sets import Notes, PromptSet
from arena.evaluation.set_runs import NotReachable, Run, RunningAlready, State
from arena.evaluation.sheets import Form
from arena.workers import ask
from tests.builders import contender, until
from tests.conftest import Open
from tests.upstream import Call, Provider

Plan = Callable[..., Awaitable[UUID]]


@pytest.fixture
async def sums(db: Pool) -> PromptSet:
    rows = "\n".join(f"{number},{number} + 1?,{number + 1},numeric" for number in range(6))
    given = set_files.prompts(f"id,prompt,reference,kind\n{rows}".encode(), Form.CSV)
    async with db.acquire() as connection:
        proposed = await prompt_sets.propose(
            connection, Notes(slug="sums", name="Sums", licence="CC0"), given, account_id=None
        )
        return await prompt_sets.freeze(connection, proposed.id, account_id=None)


@pytest.fixture
async def plan(db: Pool, provider: Provider, sums: PromptSet) -> Plan:
    """Plans a run on a contender that adds up, unless it is told to speak otherwise."""

    async def planned(
        speech: Callable[[Call], Any] = lambda call: str(int(call.question.split()[0]) + 1),
        formats: tuple[Format, ...] = (Format.PLAIN,),
        budget: float | None = None,
    ) -> UUID:
        provider.teach("adder", speech)
        entrant = await contender(db, provider, "adder", slug="adder")
        async with db.acquire() as connection:
            run = await set_runs.plan(
                connection, sums, entrant.contender_id, list(formats), budget=budget, account_id=None
            )
        return run.id

    return planned


async def _run(db: Pool, sums: PromptSet, run_id: UUID) -> Run:
    return await set_runs.require(db, sums.id, run_id)


async def test_a_run_asks_everything_once_and_scores_it(
    db: Pool, settings: Settings, sums: PromptSet, plan: Plan, provider: Provider
) -> None:
    run_id = await plan()
    planned = await _run(db, sums, run_id)
    assert (planned.state, planned.asked, planned.answered) == (State.PLANNED, 6, 0)
    await ask.run(db, settings, run_id)
    done = await _run(db, sums, run_id)
    assert (done.state, done.answered, done.failures) == (State.DONE, 6, {})
    (result,) = await set_results.of_set(db, sums.id)
    assert (result.contender, result.right, result.handed_in) == ("adder", 6, 0)
    assert sorted(call.question for call in provider.calls) == [f"{number} + 1?" for number in range(6)]
    await ask.run(db, settings, run_id)
    assert len(provider.calls) == 6


async def test_a_contender_is_asked_a_set_once_at_a_time(db: Pool, sums: PromptSet, plan: Plan) -> None:
    await plan()
    with pytest.raises(RunningAlready):
        await plan()


async def test_nobody_hands_in_for_a_contender_while_it_is_asked(db: Pool, sums: PromptSet, plan: Plan) -> None:
    await plan()
    contender_id = await db.fetchval("SELECT id FROM contenders")
    given = set_files.answers(b"id,answer\n0,1\n", Form.CSV)
    async with db.acquire() as connection:
        with pytest.raises(RunningAlready):
            await set_answers.hand_in(
                connection, sums, contender_id, given, sha256="0" * 64, partial=True, account_id=None
            )


async def test_who_can_not_be_reached_is_not_asked(db: Pool, sums: PromptSet, provider: Provider) -> None:
    entrant = await contender(db, provider, "adder", slug="adder")
    await db.execute("UPDATE endpoints SET state = 'paused'")
    async with db.acquire() as connection:
        with pytest.raises(NotReachable):
            await set_runs.plan(connection, sums, entrant.contender_id, [Format.PLAIN], budget=None, account_id=None)


async def test_formats_are_asked_each_in_its_way(
    db: Pool, settings: Settings, sums: PromptSet, plan: Plan, provider: Provider
) -> None:
    run_id = await plan(
        lambda call: "7" if "QUESTION" in call.question else call.question, (Format.PLAIN, Format.CAPITALS)
    )
    await ask.run(db, settings, run_id)
    assert (await _run(db, sums, run_id)).answered == 12
    assert {call.question for call in provider.calls} >= {"5 + 1?", "QUESTION:: 5 + 1? || ANSWER::"}
    (found,) = await set_results.sensitivities(db, sums.id)
    assert (found.prompts, set(found.shares)) == (6, {Format.PLAIN, Format.CAPITALS})


async def test_a_budget_stops_a_run_before_the_call_that_it_would_not_cover(
    db: Pool, settings: Settings, sums: PromptSet, plan: Plan, provider: Provider
) -> None:
    run_id = await plan(budget=25.0)
    await db.execute("UPDATE endpoints SET prompt_price = 1e6, answer_price = 1e6, concurrency = 1")
    await ask.run(db, settings, run_id)
    stopped = await _run(db, sums, run_id)
    assert (stopped.state, stopped.reason) == (State.STOPPED, "budget")
    assert 0 < stopped.answered < 6
    assert stopped.cost is not None
    each = stopped.cost / stopped.answered
    assert stopped.cost - each < 25 <= stopped.cost
    assert await db.fetchval("SELECT spent_today(id) FROM endpoints") == pytest.approx(stopped.cost)


async def test_a_daily_cap_makes_the_run_wait_and_not_end(
    db: Pool, settings: Settings, sums: PromptSet, plan: Plan
) -> None:
    run_id = await plan()
    await db.execute("UPDATE endpoints SET daily_calls = 4")
    await ask.run(db, settings, run_id)
    waiting = await _run(db, sums, run_id)
    assert (waiting.state, waiting.answered) == (State.RUNNING, 4)
    await db.execute("UPDATE endpoints SET daily_calls = 100")
    await ask.run(db, settings, run_id)
    assert (await _run(db, sums, run_id)).state is State.DONE


async def test_a_prompt_that_gets_no_answer_is_given_up_and_the_rest_goes_on(
    db: Pool, settings: Settings, sums: PromptSet, plan: Plan, provider: Provider
) -> None:
    def speech(call: Call) -> Any:
        return (500, {}, b"") if call.question.startswith("3") else "4"

    run_id = await plan(speech)
    for _ in range(4):
        await ask.run(db, settings, run_id)
        await db.execute("UPDATE endpoints SET cooled_until = NULL")
    done = await _run(db, sums, run_id)
    assert (done.state, done.answered, done.given_up, done.failures) == (State.DONE, 5, 1, {"status": 3})
    (result,) = await set_results.of_set(db, sums.id)
    assert (result.answered, result.right, result.scored) == (5, 0, 6)


async def test_a_failing_endpoint_rests_meanwhile(
    db: Pool, settings: Settings, sums: PromptSet, plan: Plan, provider: Provider
) -> None:
    run_id = await plan(lambda call: (500, {}, b""))
    await db.execute("UPDATE endpoints SET concurrency = 1")
    await ask.run(db, settings, run_id)
    assert len(provider.calls) == 1
    assert await db.fetchval("SELECT cooled_until > now() FROM endpoints")
    assert (await _run(db, sums, run_id)).state is State.RUNNING


async def test_what_never_answers_fails(db: Pool, settings: Settings, sums: PromptSet, plan: Plan) -> None:
    run_id = await plan(lambda call: (500, {}, b""))
    for _ in range(30):
        await ask.run(db, settings, run_id)
        await db.execute("UPDATE endpoints SET cooled_until = NULL")
    failed = await _run(db, sums, run_id)
    assert (failed.state, failed.reason, failed.given_up) == (State.FAILED, "no_answer", 6)
    assert failed.sentence == "It failed: not one of its questions was answered."
    assert [run.id for run in await set_runs.told(db, sums.id)] == [run_id]


async def test_a_run_is_paused_resumed_and_cancelled(db: Pool, settings: Settings, sums: PromptSet, plan: Plan) -> None:
    run_id = await plan()
    async with db.acquire() as connection:
        await set_runs.move(connection, run_id, State.PAUSED)
        await ask.run(db, settings, run_id)
        assert (await _run(db, sums, run_id)).answered == 0
        await set_runs.move(connection, run_id, State.RUNNING)
        await ask.run(db, settings, run_id)
        assert (await _run(db, sums, run_id)).answered == 6
        with pytest.raises(set_runs.NotFromHere):
            await set_runs.move(connection, run_id, State.CANCELLED)


async def test_a_worker_that_is_gone_is_followed_by_another_which_asks_the_rest_alone(
    db: Pool, settings: Settings, sums: PromptSet, plan: Plan, provider: Provider
) -> None:
    held = asyncio.Event()

    def speech(call: Call) -> Any:
        return ([held, "5"], 0.0, "stop") if call.question.startswith("4") else "5"

    run_id = await plan(speech)
    await db.execute("UPDATE endpoints SET concurrency = 1")
    working = asyncio.create_task(ask.run(db, settings, run_id))
    await until(partial(_asked, provider, 5))  # The fifth question is under way, and the four before it are kept.
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    await ask.run(db, settings, run_id)
    assert await _answered(db, 4)
    held.set()
    await db.execute("UPDATE set_runs SET alive_until = now() - interval '1 s'")
    await ask.look_after(db)
    assert await db.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'ask'") == 1
    await ask.run(db, settings, run_id)
    assert (await _run(db, sums, run_id)).state is State.DONE
    asked = [call.question[0] for call in provider.calls]
    assert sorted(asked) == ["0", "1", "2", "3", "4", "4", "5"]


async def _asked(provider: Provider, questions: int) -> bool:
    return len(provider.calls) == questions


async def _answered(db: Pool, answers: int) -> bool:
    return bool(await db.fetchval("SELECT count(*) = $1 FROM set_answers", answers))


async def test_what_nobody_has_foreseen_ends_the_run_and_keeps_what_was_answered(
    db: Pool, settings: Settings, sums: PromptSet, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = formats.put

    def breaks(prompt: str, format_: Format) -> str:
        return put(prompt, format_) if prompt != "5 + 1?" else str(1 // 0)

    run_id = await plan()
    with monkeypatch.context() as patched:
        patched.setattr(formats, "put", breaks)
        await ask.run(db, settings, run_id)
    run = await _run(db, sums, run_id)
    assert (run.state, run.reason, run.ended_at is not None) == (State.FAILED, "unforeseen", True)
    assert run.answered >= 4
    assert await set_calls.look_after(db) == 0


async def test_the_worker_of_a_running_arena_does_it(open_arena: Open, db: Pool, sums: PromptSet, plan: Plan) -> None:
    await open_arena(working=True)
    await plan()
    await until(partial(_answered, db, 6))
