import asyncio

import asyncpg
import pytest
from pgqueuer.db import AsyncpgDriver
from pgqueuer.queries import Queries

from arena import db as database
from arena.db import MigrationChanged, Pool
from tests.conftest import Servers, named


async def test_four_migrators_at_once_apply_each_file_once(servers: Servers) -> None:
    connection = await database.connect(servers.database_url)
    await connection.execute("CREATE DATABASE raced")
    applied = await asyncio.gather(*(database.migrate(named(servers.database_url, "raced")) for _ in range(4)))
    await connection.execute("DROP DATABASE raced WITH (FORCE)")
    await connection.close()
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
