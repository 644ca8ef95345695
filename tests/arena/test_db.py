import asyncio
from collections.abc import Awaitable, Callable

import asyncpg
import pytest
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from arena import db as database
from arena.db import AWAY, ConnectionLost, MigrationChanged, Pool, Proxy
from arena.integration import boards
from tests.builders import Visitor
from tests.conftest import Open


async def test_four_migrators_at_once_apply_each_file_once(empty_database_url: str) -> None:
    applied = await asyncio.gather(*(database.migrate(empty_database_url) for _ in range(4)))
    names = [name for one in applied for name in one]
    assert names
    assert len(names) == len(set(names))


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    assert await database.migrate(database_url) == []


async def test_an_edited_migration_is_refused(database_url: str, db: Pool) -> None:
    await db.execute("UPDATE migrations SET checksum = 'other'")
    with pytest.raises(MigrationChanged, match=r"0001_\w+\.sql was edited"):
        await database.migrate(database_url)


async def test_the_job_queue_is_as_its_library_wants_it(database_url: str) -> None:
    connection = await database.connect(database_url)
    plan = await Queries(AsyncpgDriver(connection)).plan_upgrade()
    await connection.close()
    assert not plan.statements


async def test_a_statement_that_takes_too_long_is_ended(db: Pool) -> None:
    assert await db.fetchval("SHOW statement_timeout") == "10s"
    async with db.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL statement_timeout = '50ms'")
        with pytest.raises(asyncpg.QueryCanceledError):
            await connection.execute("SELECT pg_sleep(5)")


async def test_json_comes_back_as_it_went(db: Pool) -> None:
    value = [{"type": "text", "text": "Grüße 👋"}]
    assert await db.fetchval("SELECT $1::jsonb", value) == value


async def _end(db: Pool, connection: Proxy) -> None:
    """Have PostgreSQL end a connection, and wait until its other end has noticed."""
    await db.fetchval("SELECT pg_terminate_backend($1)", connection.get_server_pid())
    with pytest.raises((*AWAY, asyncpg.InterfaceError)):
        await connection.fetchval("SELECT 1")


async def _between_statements(db: Pool) -> None:
    async with db.acquire() as connection:
        await _end(db, connection)
        await connection.fetchval("SELECT 1")


async def _before_a_transaction(db: Pool) -> None:
    async with db.acquire() as connection:
        await _end(db, connection)
        async with connection.transaction():
            pass


async def _in_a_transaction(db: Pool) -> None:
    async with db.acquire() as connection, connection.transaction():
        await _end(db, connection)


async def _in_a_closed_pool(db: Pool) -> None:
    await db.close()
    await db.fetchval("SELECT 1")


@pytest.mark.parametrize(
    "lose",
    [_between_statements, _before_a_transaction, _in_a_transaction, _in_a_closed_pool],
    ids=lambda it: it.__name__,
)
async def test_a_lost_connection_is_an_outage(db: Pool, lose: Callable[[Pool], Awaitable[None]]) -> None:
    with pytest.raises(ConnectionLost) as raised:
        await lose(db)
    assert isinstance(raised.value, AWAY)


async def _too_many_arguments(db: Pool) -> None:
    await db.fetch("SELECT 1", "one too many")


async def _a_wrong_argument(db: Pool) -> None:
    await db.fetch("SELECT $1::integer", "one")


async def _two_at_once(db: Pool) -> None:
    async with db.acquire() as connection:
        await asyncio.gather(*(connection.fetch("SELECT pg_sleep(0.01)") for _ in range(2)))


WRONG = [_too_many_arguments, _a_wrong_argument, _two_at_once]


@pytest.mark.parametrize("ask", WRONG, ids=lambda it: it.__name__)
async def test_a_wrong_call_is_an_error_of_ours_and_no_outage(
    open_arena: Open, monkeypatch: pytest.MonkeyPatch, db: Pool, ask: Callable[[Pool], Awaitable[None]]
) -> None:
    with pytest.raises((asyncpg.InterfaceError, asyncpg.DataError)) as raised:
        await ask(db)
    assert not isinstance(raised.value, AWAY)
    monkeypatch.setattr(boards, "listed", ask)
    async with Visitor(await open_arena()) as visitor:
        assert (await visitor.get("/api/v1/boards"))[0] == 500


async def test_to_whoever_calls_a_lost_connection_is_a_503(open_arena: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "listed", _in_a_transaction)
    async with Visitor(await open_arena()) as visitor:
        assert (await visitor.get("/api/v1/boards"))[0] == 503
