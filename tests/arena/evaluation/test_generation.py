import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import battles, broadcasts, pairing
from arena.evaluation.battles import State
from arena.evaluation.broadcasts import Broadcast
from arena.evaluation.generation import Generations
from arena.evaluation.pacing import Pace
from arena.people import voters
from arena.submission.endpoints import Entrant
from arena.upstream import Message
from tests.builders import Event, Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider


async def _both(db: Pool, provider: Provider, *models: str) -> list[Entrant]:
    return [await contender(db, provider, model) for model in models]


async def test_no_byte_before_the_vote_holds_a_word_that_names_a_side(
    open_arena: Open, db: Pool, provider: Provider, settings: Settings
) -> None:
    words = [secrets.token_hex(8) for _ in range(10)]
    fields = ("slug", "name", "organisation", "description")
    for number, model in enumerate(("identity", "doneonly")):
        names = dict(zip(fields, words[number * 4 :], strict=False))
        provider.script(words[8 + number], ["Plain ", "words."] if model == "identity" else ["Other ", "words."])
        await contender(db, provider, words[8 + number], **names)
    async with Visitor(await open_arena()) as visitor:
        await visitor.get("/")
        battle_id = await visitor.ask()
        await visitor.hear(battle_id)
        await visitor.get(f"/api/v1/battles/{battle_id}")
        await visitor.vote(battle_id, "nonsense")
        secret = [word.encode() for word in words]
        ids = await db.fetch("SELECT id FROM contenders UNION SELECT id FROM endpoints UNION SELECT id FROM providers")
        secret += [str(row["id"]).encode() for row in ids] + [b"acme", b"fp_acme", provider.base_url.encode()]
        before = bytes(visitor.received)
        assert b"words." in before
        assert [word for word in secret if word in before] == []
        status, _ = await visitor.vote(battle_id, "a")
        assert status == 201
        assert words[0].encode() in visitor.received


@pytest.mark.parametrize("pace", list(Pace))
async def test_both_texts_arrive_whole_and_in_order(open_arena: Open, db: Pool, provider: Provider, pace: Pace) -> None:
    long = " ".join(str(number) for number in range(400))
    provider.script("long", [long[start : start + 7] for start in range(0, len(long), 7)])
    provider.script("short", ["Grüße 👋", " und", " Schluss."])
    await _both(db, provider, "long", "short")
    async with Visitor(await open_arena(pace=pace, tick_seconds=0.001)) as visitor:
        heard = await visitor.hear(await visitor.ask())
    assert set(heard.texts()) == {long, "Grüße 👋 und Schluss."}
    assert heard.seqs() == list(range(1, len(heard.seqs()) + 1))


async def test_in_lockstep_the_quick_side_waits_for_the_slow_one(
    open_arena: Open, db: Pool, provider: Provider
) -> None:
    gate = asyncio.Event()
    provider.script("quick", ["quick answer, all of it at once"])
    provider.script("slow", ["slow", gate, " answer, as long as the other"])
    await _both(db, provider, "quick", "slow")
    async with Visitor(await open_arena(pace=Pace.LOCKSTEP)) as visitor:
        stream = visitor.stream(await visitor.ask())
        shown = ["", ""]
        async with asyncio.timeout(30):
            while len(shown[0]) < 4:
                event = await anext(stream)
                shown = [text + side["text"] for text, side in zip(shown, event.data["sides"], strict=True)]
        assert sorted(shown) == ["quic", "slow"]
        gate.set()
        assert [event.name async for event in stream][-1] == "ready"


async def test_nothing_is_shown_before_both_have_begun(open_arena: Open, db: Pool, provider: Provider) -> None:
    provider.script("early", ["early"])
    provider.script("late", ["late"])
    gate = provider.gate("late")
    await _both(db, provider, "early", "late")
    async with Visitor(await open_arena(pace=Pace.PACED)) as visitor:
        battle_id = await visitor.ask()
        stream = visitor.stream(battle_id)
        first = asyncio.ensure_future(anext(stream))
        await asyncio.gather(provider.called(1), provider.called(2))
        done, _ = await asyncio.wait([first], timeout=0.2)
        assert not done
        gate.set()
        assert all(side["text"] for side in (await first).data["sides"])
        assert [event.name async for event in stream][-1] == "ready"


@pytest.mark.parametrize(
    "fault",
    ["hang", "hang_mid", "drip", "status429", "status500", "disconnect", "nofinish", "empty", "badjson", "html"],
)
async def test_each_fault_of_one_side_voids_the_battle_in_time(
    open_arena: Open, db: Pool, provider: Provider, fault: str
) -> None:
    gate = asyncio.Event()
    provider.script("fine", ["begun", gate])
    await _both(db, provider, "fine", fault)
    address = await open_arena(first_byte_seconds=0.3, idle_seconds=0.3, answer_seconds=0.6)
    async with Visitor(address) as visitor:
        battle_id = await visitor.ask()
        async with asyncio.timeout(30):
            heard = await visitor.hear(battle_id)
        assert (heard.end, heard.events[-1].data) == ("failed", {"code": "interrupted"})
        assert (await visitor.vote(battle_id, "a"))[0] == 409
        assert provider.calls
    failures = await db.fetch("SELECT failure, failure_detail FROM answers WHERE failure IS NOT NULL")
    assert failures
    assert all(provider.base_url not in row["failure_detail"] for row in failures)


async def test_a_stopped_server_tells_its_readers_and_keeps_what_there_was(
    settings: Settings, db: Pool, provider: Provider, redis: Redis
) -> None:
    entrants = await _both(db, provider, "hang_mid", "hang_mid")
    voter, pair = voters.invite(), pairing.draw(entrants)
    async with Generations(db, redis, settings) as generations:
        battle = await battles.open(db, voter, "Why?", pair)
        questions = [(entrant.target, [Message("user", "Why?")]) for entrant in pair.entrants]
        generations.begin(battle.id, 1, questions, pace=Pace.LOCKSTEP)
        events = generations.follow(battle, 0)
        assert (await anext(events)).startswith(b"event: tick")
        await generations.close()
        assert [event async for event in events] == [b'event: failed\ndata: {"code":"restarting"}\n\n']
    assert (await battles.require(db, battle.id, voter)).state is State.VOID
    assert await db.fetchval("SELECT count(*) FROM answers WHERE content->0->>'text' <> ''") == 2


async def test_many_readers_hear_the_same(open_arena: Open, db: Pool, provider: Provider) -> None:
    provider.script("one", [f"{number} " for number in range(50)], delay=0.001)
    await _both(db, provider, "one", "words:some other words")
    async with Visitor(await open_arena()) as visitor:
        battle_id = await visitor.ask()
        heard = await asyncio.gather(*(visitor.hear(battle_id) for _ in range(5)))
    for one, other in itertools.pairwise(heard):
        assert one.events == other.events


async def test_finished_blocks_come_as_html_while_the_answer_goes_on(
    open_arena: Open, db: Pool, provider: Provider
) -> None:
    gate = asyncio.Event()
    blocks = ["First **block**.\n\n", *[f"Word {number} " for number in range(30)], "\n\n", "Last"]
    provider.script("blocks", [*blocks, gate, " one."])
    await _both(db, provider, "blocks", "blocks")
    async with Visitor(await open_arena(pace_characters=4)) as visitor:
        stream = visitor.stream(await visitor.ask())
        async with asyncio.timeout(30):
            shown = await anext(_named(stream, "html"))
        assert shown.data["sides"][0]["from"] == 0
        assert "<strong>block</strong>" in shown.data["sides"][0]["html"]
        gate.set()
        assert [event.name async for event in stream][-1] == "ready"


async def _named(stream: AsyncIterator[Event], name: str) -> AsyncIterator[Event]:
    async for event in stream:
        if event.name == name:
            yield event


async def test_the_side_swap_is_a_toss(db: Pool, provider: Provider) -> None:
    entrants = await _both(db, provider, "identity", "doneonly")
    firsts = [pairing.draw(entrants).entrants[0].contender_id for _ in range(400)]
    # 200 expected; five standard deviations are 50.
    assert abs(firsts.count(entrants[0].contender_id) - 200) < 50


async def test_a_grant_of_one_endpoint_is_of_no_use_to_another(open_arena: Open, db: Pool, provider: Provider) -> None:
    entrants = await _both(db, provider, "identity", "identity")
    await db.execute("DELETE FROM allowed_addresses WHERE endpoint_id = $1", entrants[0].target.endpoint_id)
    async with Visitor(await open_arena()) as visitor:
        for _ in range(3):
            assert (await visitor.hear(await visitor.ask())).end == "failed"
            await db.execute("UPDATE endpoints SET failures = 0, cooled_until = NULL")
    refused = await db.fetchval(
        """
        SELECT count(*) FROM answers JOIN sides USING (battle_id, position)
        WHERE failure = 'address' AND endpoint_id = $1
        """,
        entrants[0].target.endpoint_id,
    )
    assert refused == 3


async def test_a_reader_who_takes_nothing_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(broadcasts, "STALL_SECONDS", 0.05)
    broadcast = Broadcast()
    broadcast.tick(1, ("a", "b"))

    async def stall() -> None:
        async for _ in broadcast.follow():
            await asyncio.Event().wait()

    reading = asyncio.create_task(stall())
    async with asyncio.timeout(30):
        await asyncio.wait([reading])
    assert reading.cancelled()
    assert broadcast.readers == 0
