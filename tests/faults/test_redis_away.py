"""Redis down, emptied, full and frozen: it holds only what may be lost, so battles and votes go on."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from redis.asyncio import Redis

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import battles, broadcasts, pairing
from arena.evaluation.broadcasts import Said, Tick
from arena.local.valkey import Valkey
from arena.people import voters
from tests.builders import ANSWERS, Heard, Visitor, contender, until
from tests.conftest import Open
from tests.faults import stores
from tests.faults.conftest import begun
from tests.upstream import Provider

WELL = {"database": True, "redis": True, "open": True}
WITHOUT = WELL | {"redis": False}


async def _battle_and_vote(visitor: Visitor) -> None:
    battle_id = await visitor.ask()
    assert (await visitor.hear(battle_id)).end == "ready"
    assert (await visitor.vote(battle_id, "a"))[0] == 201


async def _well(visitor: Visitor) -> bool:
    return (await visitor.get("/health/ready")) == (200, WELL)


async def test_while_it_is_down_battles_and_votes_go_on(arena: str, valkey: Valkey, gate: asyncio.Event) -> None:
    async with Visitor(arena) as visitor:
        under_way = await begun(visitor)
        async with stores.away(valkey):
            gate.set()
            assert (await visitor.hear(under_way)).end == "ready"
            assert (await visitor.vote(under_way, "a"))[0] == 201
            await _battle_and_vote(visitor)
            assert await visitor.get("/health/ready") == (200, WITHOUT)
        await until(lambda: _well(visitor), seconds=2)


async def test_while_it_is_frozen_battles_and_votes_go_on(arena: str, valkey: Valkey, gate: asyncio.Event) -> None:
    gate.set()
    async with Visitor(arena) as visitor:
        assert await _well(visitor)
        with stores.frozen(valkey):
            began = monotonic()
            await _battle_and_vote(visitor)
            assert monotonic() - began <= 2
            assert await visitor.get("/health/ready") == (200, WITHOUT)
            assert monotonic() - began <= 6
        await until(lambda: _well(visitor), seconds=4)


async def test_emptied_in_mid_battle_its_readers_elsewhere_still_hear_the_end(
    open_arena: Open, redis: Redis, gate: asyncio.Event
) -> None:
    await _heard_elsewhere(open_arena, redis, gate, lambda: redis.flushall())


async def test_full_its_readers_elsewhere_still_hear_the_end(
    open_arena: Open, redis: Redis, gate: asyncio.Event
) -> None:
    await redis.config_set("maxmemory-policy", "noeviction")
    await _heard_elsewhere(open_arena, redis, gate, lambda: redis.config_set("maxmemory", 1))


async def _heard_elsewhere(
    open_arena: Open, redis: Redis, gate: asyncio.Event, fail: Callable[[], Awaitable[object]]
) -> None:
    """A battle that one server answers, read at another one while Redis loses what it held."""
    async with Visitor(await open_arena()) as here, Visitor(await open_arena()) as there:
        battle_id = await begun(here)
        there.take_cookies_of(here)
        events = there.stream(battle_id)
        async with asyncio.timeout(60):
            heard = Heard([await anext(events)])
            await fail()
            gate.set()
            heard.events += [event async for event in events]
        assert heard.end == "ready"
        assert heard.texts() == (await here.hear(battle_id)).texts()
        assert heard.seqs() == list(range(1, len(heard.seqs()) + 1))
        assert (await there.vote(battle_id, "a"))[0] == 201
        await _battle_and_vote(there)


async def test_a_tick_that_redis_has_lost_is_told_in_its_place(
    arena: str, db: Pool, redis: Redis, provider: Provider, settings: Settings
) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    voter = voters.invite()
    battle = await battles.open(db, voter, "Which is it?", pairing.draw(entrants))
    for number in (1, 3):
        tick = broadcasts.encoded(Tick(number, 1, (Said("O"), Said("T"))))
        await redis.xadd(f"arena:events:{battle.id}", {b"event": tick})
    async with Visitor(arena) as visitor:
        visitor.bring("voter", voters.token(voter, settings.secret))
        events = visitor.stream(str(battle.id))
        heard = Heard([await anext(events)])
        await battles.start(db, battle.id)
        await battles.finish(db, battle.id, 1, ANSWERS, shown=[1, 1, 2, 2, 4, 4], void=None)
        heard.events += [event async for event in events]
    assert heard.seqs() == [1, 2, 3]
    assert heard.texts() == ("One.", "Two.")
