"""PostgreSQL stopped, and frozen so that it takes connections and answers nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from uuid import uuid4

import pytest

from arena import db as database
from arena.db import Pool
from arena.evaluation import battles, pairing, upkeep
from arena.local.postgres import Postgres
from arena.publishing import releases
from tests.builders import Heard, Visitor, contender, ready_battle, until
from tests.conftest import Open
from tests.faults import stores
from tests.faults.conftest import begun
from tests.upstream import Provider

LONGEST_SECONDS = 13.0
BACK_SECONDS = 2.0
# The contenders wait at the gate meanwhile; were they given up, they would rest, and that is no fault of the store's.
PATIENT = {"idle_seconds": 60, "answer_seconds": 90, "reader_seconds": 60}
NOBODYS = f"/api/v1/battles/{uuid4()}"
READS = [NOBODYS, f"{NOBODYS}/stream", "/api/v1/boards", "/api/v1/boards/overall", "/leaderboard", "/health/ready"]
WRITES = [
    ("/api/v1/battles", {"prompt": "Why?"}),
    (f"{NOBODYS}/turns", {"prompt": "Why?"}),
    (f"{NOBODYS}/vote", {"outcome": "a"}),
    (f"{NOBODYS}/skip", {}),
    (f"{NOBODYS}/stop", {}),
]


async def _refused(call: Awaitable[tuple[int, object]]) -> float:
    """How long the call took to be told to come back later."""
    began = monotonic()
    status, body = await call
    assert status == 503, body
    return monotonic() - began


async def _all_refused(visitor: Visitor) -> float:
    """How long the slowest of all calls at once took to be told to come back later."""
    visitor.received.clear()
    calls = [visitor.get(path) for path in READS] + [visitor.post(path, body) for path, body in WRITES]
    slowest = max(await asyncio.gather(*(_refused(call) for call in calls)))
    # Health is for machines that ask again anyhow; all others are told when to.
    assert visitor.received.lower().count(b"retry-after: 5") == len(calls) - 1
    return slowest


async def _back(look: Callable[[], Awaitable[bool]]) -> float:
    """How long it took until things were as before."""
    began = monotonic()
    await until(look)
    return monotonic() - began


async def _works(visitor: Visitor) -> bool:
    status, _ = await visitor.post("/api/v1/battles", {"prompt": "Why?"})
    return status == 201


async def test_while_it_is_stopped_every_call_is_told_to_come_back(
    open_arena: Open, postgres: Postgres, gate: asyncio.Event
) -> None:
    async with Visitor(await open_arena(**PATIENT)) as visitor:
        await visitor.ask()
        async with stores.away(postgres):
            slowest = await _all_refused(visitor)
            assert (await visitor.get("/health/live"))[0] == 200
        back = await _back(lambda: _works(visitor))
        gate.set()
    assert slowest <= LONGEST_SECONDS
    assert back <= BACK_SECONDS


@pytest.mark.slow
async def test_while_it_is_frozen_every_call_is_told_to_come_back(
    open_arena: Open, postgres: Postgres, gate: asyncio.Event
) -> None:
    async with Visitor(await open_arena(pool_size=20, **PATIENT)) as visitor:
        await visitor.ask()
        await asyncio.gather(*(visitor.get("/api/v1/boards") for _ in range(20)))
        with stores.frozen(postgres):
            slowest = await _all_refused(visitor)
        back = await _back(lambda: _works(visitor))
        gate.set()
    assert slowest <= LONGEST_SECONDS
    assert back <= BACK_SECONDS


async def test_a_battle_under_way_streams_on_and_is_kept_when_it_is_back(
    arena: str, postgres: Postgres, gate: asyncio.Event, db: Pool
) -> None:
    async with Visitor(arena) as visitor:
        battle_id = await begun(visitor)
        events = visitor.stream(battle_id)
        async with asyncio.timeout(60):
            heard = Heard([await anext(events)])
            async with stores.away(postgres):
                gate.set()
                while not all(text.endswith("ends.") for text in heard.texts()):
                    heard.events.append(await anext(events))
            heard.events += [event async for event in events]
        assert heard.end == "ready"
        assert (await visitor.vote(battle_id, "a"))[0] == 201
    assert await db.fetchval("SELECT count(*) FROM votes") == 1


async def test_battles_are_not_given_up_for_a_silence_of_the_database(
    db: Pool, provider: Provider, postgres: Postgres
) -> None:
    entrants = [await contender(db, provider, model) for model in ("anna", "berta")]
    await battles.open(db, uuid4(), "Why?", pairing.draw(entrants))
    await db.execute("UPDATE battles SET beat_at = now() - interval '40 seconds'")
    async with stores.away(postgres):
        pass
    await until(lambda: database.answers(db))
    assert await upkeep.sweep(db, hours=24) == 0


async def test_the_worker_goes_on_by_itself(open_arena: Open, postgres: Postgres, db: Pool, provider: Provider) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    battle, _ = await ready_battle(db, entrants)
    await open_arena(working=True)
    await until(lambda: _queue_is_empty(db))
    async with stores.away(postgres, stores.IMMEDIATE):
        pass
    await until(lambda: database.answers(db))
    await db.execute("INSERT INTO votes (battle_id, outcome) VALUES ($1, 'a')", battle.id)
    await until(lambda: _released(db))


async def _queue_is_empty(db: Pool) -> bool:
    return bool(await db.fetchval("SELECT count(*) = 0 FROM pgqueuer"))


async def _released(db: Pool) -> bool:
    return await releases.latest(db, "overall") is not None
