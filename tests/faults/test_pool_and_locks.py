"""A pool without a free connection and a row that somebody else holds: told to come back, not left hanging."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic

import pytest

from arena.db import Pool
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider

LONGEST_SECONDS = 6.0


@pytest.fixture
async def contenders(db: Pool, provider: Provider) -> None:
    """Two contenders that answer at once."""
    for model in ("words:One.", "words:Two."):
        await contender(db, provider, model)


@asynccontextmanager
async def _held(db: Pool) -> AsyncIterator[None]:
    """Somebody else holds every battle's row for as long as the block lasts."""
    async with db.acquire() as connection, connection.transaction():
        await connection.execute("SELECT id FROM battles FOR UPDATE")
        yield


async def _timed(visitor: Visitor, path: str) -> tuple[int, float]:
    began = monotonic()
    status, _ = await visitor.get(path)
    return status, monotonic() - began


@pytest.mark.usefixtures("contenders")
async def test_a_vote_whose_row_is_held_is_told_to_come_back_and_then_counts_once(arena: str, db: Pool) -> None:
    async with Visitor(arena) as visitor:
        battle_id = await visitor.ask()
        await visitor.hear(battle_id)
        async with _held(db):
            began = monotonic()
            assert (await visitor.vote(battle_id, "a"))[0] == 503
            waited = monotonic() - began
        assert b"retry-after: 5" in visitor.received.lower()
        assert (await visitor.vote(battle_id, "b"))[0] == 201
    assert waited <= LONGEST_SECONDS
    assert await db.fetchval("SELECT count(*) FROM votes") == 1


@pytest.mark.usefixtures("contenders")
async def test_while_all_connections_are_taken_calls_are_told_to_come_back(open_arena: Open, db: Pool) -> None:
    async with Visitor(await open_arena(pool_size=1)) as visitor:
        battle_id = await visitor.ask()
        await visitor.hear(battle_id)
        async with _held(db):
            # Each waits four seconds for the row, with the only connection, one after the other.
            votes = [asyncio.create_task(visitor.vote(battle_id, "a")) for _ in range(2)]
            await asyncio.wait(votes, timeout=0.5)
            told = await asyncio.gather(*(_timed(visitor, "/api/v1/boards") for _ in range(5)))
            assert {status for status, _ in told} == {503}
            assert max(seconds for _, seconds in told) <= LONGEST_SECONDS
            assert [status for status, _ in await asyncio.gather(*votes)] == [503, 503]
        assert (await visitor.vote(battle_id, "b"))[0] == 201
