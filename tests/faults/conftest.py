"""Stores of these tests' own, whatever the others run on, since they are stopped, frozen and crashed."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from arena import db as database
from arena.local.postgres import Postgres
from arena.local.valkey import Valkey
from tests import servers as test_servers
from tests.builders import Visitor
from tests.conftest import TEMPLATE, Servers, administer
from tests.faults import stores


@pytest.fixture(scope="session")
async def own_postgres() -> AsyncIterator[Postgres]:
    """A PostgreSQL that outlives its own crash, with a migrated database to copy."""
    async with test_servers.postgres(durable=True) as running:
        await administer(running.url, f"CREATE DATABASE {TEMPLATE}")
        await database.migrate(running.url_of(TEMPLATE))
        yield running


@pytest.fixture
async def postgres(own_postgres: Postgres) -> AsyncIterator[Postgres]:
    """The PostgreSQL of these tests, running again afterwards whatever the test did to it."""
    yield own_postgres
    if not own_postgres.child.running:
        await stores.start(own_postgres)


@pytest.fixture
async def valkey() -> AsyncIterator[Valkey]:
    """A Valkey of the test's own."""
    async with test_servers.valkey() as running:
        yield running


@pytest.fixture
def servers(postgres: Postgres, valkey: Valkey) -> Servers:
    """Where these tests' servers are."""
    return Servers(postgres.url, valkey.url)


async def begun(visitor: Visitor) -> str:
    """A battle that the visitor has asked for, of which both sides have shown something."""
    battle_id = await visitor.ask()
    async with asyncio.timeout(60):
        await anext(visitor.stream(battle_id))
    return battle_id
