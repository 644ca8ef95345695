"""Several turns, stopping, leaving and coming back, over HTTP."""

import asyncio

import pytest

from arena.db import Pool
from tests.builders import Visitor, contender, until
from tests.conftest import Open
from tests.upstream import Provider


async def _until_shown(visitor: Visitor, battle_id: str, length: int) -> None:
    shown = 0
    async with asyncio.timeout(30):
        async for event in visitor.stream(battle_id):
            shown += len(event.data["sides"][0]["text"]) if event.name == "tick" else 0
            if shown >= length:
                return


async def test_both_answers_stop_within_a_second_and_can_be_voted_on(
    visitor: Visitor, provider: Provider, gate: asyncio.Event
) -> None:
    battle_id = await visitor.ask()
    await _until_shown(visitor, battle_id, 11)
    status, _ = await visitor.post(f"/api/v1/battles/{battle_id}/stop", {})
    assert status == 200
    async with asyncio.timeout(1):
        heard = await visitor.hear(battle_id)
        await asyncio.gather(*(call.closed_early.wait() for call in provider.calls))
    assert heard.end == "ready"
    assert not gate.is_set()
    _, battle = await visitor.get(f"/api/v1/battles/{battle_id}")
    assert tuple(side["text"] for side in battle["sides"]) == heard.texts()
    status, voted = await visitor.vote(battle_id, "a")
    assert status == 201
    assert [side["finish"] for side in voted["reveal"]["sides"]] == ["stopped", "stopped"]


async def test_a_battle_stopped_before_both_began_does_not_count(
    visitor: Visitor, db: Pool, provider: Provider
) -> None:
    for model in ("words:at once", "hang"):
        await contender(db, provider, model)
    battle_id = await visitor.ask()
    await provider.called(2)
    await visitor.post(f"/api/v1/battles/{battle_id}/stop", {})
    assert (await visitor.hear(battle_id)).events[-1].data == {"code": "closed"}
    assert (await visitor.vote(battle_id, "a"))[0] == 409


@pytest.mark.usefixtures("gate")
async def test_without_a_reader_both_calls_end(open_arena: Open, db: Pool, provider: Provider) -> None:
    async with Visitor(await open_arena(reader_seconds=0.2)) as visitor:
        battle_id = await visitor.ask()
        await _until_shown(visitor, battle_id, 1)
        calls = [await provider.called(number) for number in (1, 2)]
        async with asyncio.timeout(30):
            await asyncio.gather(*(call.closed_early.wait() for call in calls))
        assert (await visitor.hear(battle_id)).events[-1].data == {"code": "closed"}
        assert await db.fetchval("SELECT reason FROM battles") == "abandoned"


async def test_with_a_reader_it_goes_on(open_arena: Open, gate: asyncio.Event) -> None:
    async with Visitor(await open_arena(reader_seconds=0.2)) as visitor:
        battle_id = await visitor.ask()
        hearing = asyncio.create_task(visitor.hear(battle_id))
        done, _ = await asyncio.wait([hearing], timeout=2.5)
        assert not done
        gate.set()
        assert (await hearing).end == "ready"


async def test_a_reader_who_comes_back_misses_and_repeats_nothing(visitor: Visitor, gate: asyncio.Event) -> None:
    battle_id = await visitor.ask()
    before = []
    async with asyncio.timeout(30):
        async for event in visitor.stream(battle_id):
            before.append(event)
            if event.name == "tick":
                break
    gate.set()
    after = await visitor.hear(battle_id, headers={"Last-Event-ID": before[-1].id or ""})
    whole = await visitor.hear(battle_id)
    ticks = [event for event in [*before, *after.events] if event.name == "tick"]
    assert ticks == [event for event in whole.events if event.name == "tick"]


async def test_turns_carry_on_the_conversation_and_the_numbers(visitor: Visitor, db: Pool, provider: Provider) -> None:
    provider.script("anna", ["First of anna."])
    provider.script("berta", ["First of berta."])
    for model in ("anna", "berta"):
        await contender(db, provider, model, slug=model)
    battle_id = await visitor.ask("One?")
    first = await visitor.hear(battle_id)
    provider.script("anna", ["Second of anna."])
    provider.script("berta", ["Second of berta."])
    status, begun = await visitor.post(f"/api/v1/battles/{battle_id}/turns", {"prompt": "Two?"})
    assert (status, begun["turn"]) == (201, 2)
    second = await visitor.hear(battle_id, params={"after": str(first.seqs()[-1])})
    assert second.end == "ready"
    assert second.seqs()[0] == first.seqs()[-1] + 1
    assert {event.data["turn"] for event in second.events if event.name == "tick"} == {2}
    whole = await visitor.hear(battle_id)
    assert whole.seqs() == list(range(1, len(whole.seqs()) + 1))
    assert [event.name for event in whole.events].count("ready") == 1
    for call in provider.calls[2:]:
        said = [message["content"] for message in call.messages]
        assert said == ["One?", f"First of {call.model}.", "Two?"]
    _, battle = await visitor.get(f"/api/v1/battles/{battle_id}")
    assert [turn["prompt"] for turn in battle["turns"]] == ["One?", "Two?"]
    assert {side["text"] for side in battle["sides"]} == {"Second of anna.", "Second of berta."}
    status, voted = await visitor.vote(battle_id, "b")
    assert status == 201
    names = {"First of anna.": "anna", "First of berta.": "berta"}
    assert [side["contender"] for side in voted["reveal"]["sides"]] == [names[text] for text in first.texts()]
    assert (await visitor.post(f"/api/v1/battles/{battle_id}/turns", {"prompt": "Three?"}))[0] == 409


async def test_turns_end_somewhere(open_arena: Open, db: Pool, provider: Provider) -> None:
    for model in ("words:a", "words:b"):
        await contender(db, provider, model)
    async with Visitor(await open_arena(turns=1)) as visitor:
        battle_id = await visitor.ask()
        await visitor.hear(battle_id)
        status, problem = await visitor.post(f"/api/v1/battles/{battle_id}/turns", {"prompt": "More?"})
        assert (status, problem["detail"]) == (409, "A battle has 1 turns at most. Vote, or open a new one.")
        assert (await visitor.vote(battle_id, "tie"))[0] == 201


async def test_of_two_next_turns_at_once_one_is_asked(visitor: Visitor, db: Pool, provider: Provider) -> None:
    for model in ("words:a", "words:b"):
        await contender(db, provider, model)
    battle_id = await visitor.ask()
    await visitor.hear(battle_id)
    # Were it answered before the last one asks, that one might ask for the turn after it.
    held = [provider.gate(model) for model in ("words:a", "words:b")]
    path = f"/api/v1/battles/{battle_id}/turns"
    answers = await asyncio.gather(*(visitor.post(path, {"prompt": "More?"}) for _ in range(4)))
    for gate in held:
        gate.set()
    assert sorted(status for status, _ in answers) == [201, 409, 409, 409]


async def test_a_stopping_server_lets_battles_end_and_opens_none(
    open_arena: Open, db: Pool, provider: Provider, gate: asyncio.Event
) -> None:
    stop = asyncio.Event()
    async with Visitor(await open_arena(stop=stop, drain_seconds=10)) as visitor:
        battle_id = await visitor.ask()
        hearing = asyncio.create_task(visitor.hear(battle_id))
        await provider.called(2)
        stop.set()

        async def refuses() -> bool:
            return (await visitor.post("/api/v1/battles", {"prompt": "More?"}))[0] == 503

        await until(refuses)
        assert (await visitor.get("/health/ready"))[0] == 503
        gate.set()
        assert (await hearing).end == "ready"
