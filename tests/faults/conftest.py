"""Stores of these tests' own, since they are stopped and crashed, and arenas as processes that can be killed."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import pytest
from msgspec import structs

from arena import db as database
from arena.config import Settings
from arena.local.postgres import Postgres
from arena.local.valkey import Valkey
from tests import servers as test_servers
from tests.builders import Visitor
from tests.conftest import TEMPLATE, Servers, named
from tests.faults import stores

CHECKOUT = Path(__file__).parents[2]
_numbers = count(1)


@pytest.fixture(scope="session")
async def own_postgres() -> AsyncIterator[Postgres]:
    """A PostgreSQL that outlives its own crash, with a migrated database to copy."""
    async with test_servers.postgres(durable=True) as running:
        connection = await database.connect(running.url)
        await connection.execute(f"CREATE DATABASE {TEMPLATE}")
        await connection.close()
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


@pytest.fixture
async def database_url(servers: Servers) -> AsyncIterator[str]:
    """A migrated database of the test's own, made and dropped over connections that no fault of the test ends."""
    name = f"fault_{next(_numbers)}"
    await _administer(servers.database_url, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
    yield named(servers.database_url, name)
    await _administer(servers.database_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _administer(url: str, statement: str) -> None:
    connection = await database.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@dataclass(frozen=True)
class Running:
    """An `arena` command that runs as a process of its own."""

    process: asyncio.subprocess.Process
    said: str

    @property
    def address(self) -> str:
        """Where it is open, as it said itself."""
        return self.said.rpartition(" ")[2]

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        async with asyncio.timeout(15):
            return await self.process.wait()


Run = Callable[..., Awaitable[Running]]


@pytest.fixture
async def run(settings: Settings) -> AsyncIterator[Run]:
    """Runs `arena serve` or `arena work` as a process, with settings changed as told and its clock so far off."""
    async with AsyncExitStack() as stack:

        async def running(command: str, *, seconds_off: int = 0, **changes: object) -> Running:
            given = structs.asdict(structs.replace(settings, **changes))
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "tests.faults.stepped", str(seconds_off), command),
                cwd=CHECKOUT,
                env={"PATH": os.environ["PATH"]} | {f"ARENA_{name.upper()}": str(it) for name, it in given.items()},
                stdout=asyncio.subprocess.PIPE,
            )
            stack.push_async_callback(_end, process)
            if command != "serve":
                return Running(process, "")
            assert process.stdout is not None
            async with asyncio.timeout(20):
                return Running(process, (await process.stdout.readline()).decode().strip())

        yield running


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


async def begun(visitor: Visitor) -> str:
    """A battle that the visitor has asked for, of which both sides have shown something."""
    battle_id = await visitor.ask()
    async with asyncio.timeout(10):
        await anext(visitor.stream(battle_id))
    return battle_id
