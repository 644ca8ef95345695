"""Two servers on one database and one Redis: a reader at one of a battle that the other one answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from arena.db import Pool
from tests import servers
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider


@asynccontextmanager
async def _at_two(one: str, other: str) -> AsyncIterator[tuple[Visitor, Visitor, str]]:
    """Somebody who asks at one server and is also at the other."""
    async with Visitor(one) as here, Visitor(other) as there:
        battle_id = await here.ask()
        there.take_cookies_of(here)
        yield here, there, battle_id


async def test_a_reader_at_another_server_hears_it_as_it_comes(open_arena: Open, gate: asyncio.Event) -> None:
    async with _at_two(await open_arena(), await open_arena()) as (here, there, battle_id):
        stream = there.stream(battle_id)
        async with asyncio.timeout(30):
            first = await anext(stream)
        assert first.name == "tick"
        gate.set()
        rest = [event async for event in stream]
        assert rest[-1].name == "ready"
        heard = await here.hear(battle_id)
        ticks = [event for event in (first, *rest) if event.name == "tick"]
        assert ticks == [event for event in heard.events if event.name == "tick"]


async def test_a_battle_can_be_stopped_at_another_server(open_arena: Open, gate: asyncio.Event) -> None:
    async with _at_two(await open_arena(), await open_arena()) as (here, there, battle_id):
        stream = here.stream(battle_id)
        async with asyncio.timeout(30):
            shown = 0
            while shown < 11:
                shown += len((await anext(stream)).data["sides"][0]["text"])
        assert (await there.post(f"/api/v1/battles/{battle_id}/stop", {}))[0] == 200
        async with asyncio.timeout(1):
            assert [event.name async for event in stream][-1] == "ready"
        assert not gate.is_set()
        assert (await there.vote(battle_id, "a"))[0] == 201


async def test_a_reader_elsewhere_keeps_the_battle_going(open_arena: Open, gate: asyncio.Event) -> None:
    one, other = await open_arena(reader_seconds=1.5), await open_arena()
    async with _at_two(one, other) as (_, there, battle_id):
        hearing = asyncio.create_task(there.hear(battle_id))
        done, _ = await asyncio.wait([hearing], timeout=4)
        assert not done
        gate.set()
        assert (await hearing).end == "ready"


async def test_a_reader_elsewhere_goes_on_after_a_tick(open_arena: Open, gate: asyncio.Event) -> None:
    async with _at_two(await open_arena(pace_characters=4), await open_arena()) as (here, there, battle_id):
        gate.set()
        whole = await here.hear(battle_id)
        rest = await there.hear(battle_id, params={"after": str(whole.seqs()[-1])})
        assert rest.seqs() == []
        assert rest.end == "ready"
        part = await there.hear(battle_id, params={"after": "1"})
        assert part.events[0].data == whole.events[1].data
        assert part.seqs() == whole.seqs()[1:]


async def test_without_redis_a_reader_elsewhere_hears_the_end(open_arena: Open, gate: asyncio.Event) -> None:
    async with servers.valkey() as valkey:
        url = valkey.url
        one, other = await open_arena(redis_url=url), await open_arena(redis_url=url)
        async with _at_two(one, other) as (here, there, battle_id):
            hearing = asyncio.create_task(there.hear(battle_id))
            await valkey.stop()
            gate.set()
            heard = await hearing
            assert heard.end == "ready"
            assert heard.texts() == (await here.hear(battle_id)).texts()
            assert (await there.vote(battle_id, "a"))[0] == 201
            assert (await here.get("/health/ready"))[1] == {"database": True, "redis": False, "open": True}


async def test_turns_may_be_asked_at_any_server(open_arena: Open, db: Pool, provider: Provider) -> None:
    for model in ("anna", "berta"):
        provider.script(model, [f"First of {model}."])
        await contender(db, provider, model, slug=model)
    async with _at_two(await open_arena(), await open_arena()) as (here, there, battle_id):
        first = await here.hear(battle_id)
        for turn, visitor in ((2, there), (3, here)):
            for model in ("anna", "berta"):
                provider.script(model, [f"Turn {turn} of {model}."])
            assert (await visitor.post(f"/api/v1/battles/{battle_id}/turns", {"prompt": "More?"}))[0] == 201
            for reader in (here, there):
                heard = await reader.hear(battle_id, params={"after": str(first.seqs()[-1])})
                assert heard.end == "ready"
                assert heard.texts()[0].endswith(f"Turn {turn} of {heard.texts()[0].rsplit(' ', 1)[1]}")
        whole = [await reader.hear(battle_id) for reader in (here, there)]
        assert whole[0].texts() == whole[1].texts()
        for heard in whole:
            assert heard.seqs() == list(range(1, len(heard.seqs()) + 1))
