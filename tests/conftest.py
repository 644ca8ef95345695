"""Real servers for all tests: PostgreSQL and Redis once, a database of its own for each test, and a provider."""

import asyncio
import gc
import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from msgspec import structs
from playwright.async_api import Browser, BrowserContext, async_playwright, expect
from redis.asyncio import Redis

from arena import app, limits, ports, workers
from arena import db as database
from arena.config import Settings
from arena.db import Pool
from tests import processes, upstream
from tests import servers as test_servers
from tests.builders import Visitor, contender
from tests.processes import Run, Running
from tests.upstream import Provider

# Another run may use the same servers at the same time.
RUN = f"arena_test_{secrets.token_hex(4)}"
TEMPLATE = f"{RUN}_template"
_numbers = count(1)
_closed = count(1)


@dataclass(frozen=True)
class Servers:
    """Where the test run's servers are."""

    database_url: str
    redis_url: str


def named(url: str, name: str) -> str:
    """The address of another database of the same server."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


async def administer(url: str, statement: str) -> None:
    """Run a statement that makes or drops a database, over a connection that no fault of a test ends."""
    connection = await database.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def drop(url: str, name: str) -> None:
    """Drop a database with whoever is still in it.

    A role that is no superuser can't turn a vacuum out that the server has begun there; the plain statement can.
    """
    for _ in range(5):
        try:
            await administer(url, f"DROP DATABASE {name} WITH (FORCE)")
            return
        except asyncpg.InsufficientPrivilegeError:
            with suppress(asyncpg.ObjectInUseError):
                await administer(url, f"DROP DATABASE {name}")
                return
    raise AssertionError(f"{name} is still in use.")


@pytest.fixture(scope="session")
async def servers() -> AsyncIterator[Servers]:
    """The environment's PostgreSQL and Redis, or else our own, with a migrated database to copy."""
    urls = [os.environ.get(f"ARENA_TEST_{name}_URL", "") for name in ("DATABASE", "REDIS")]
    assert all(urls) or not any(urls), "Set both ARENA_TEST_DATABASE_URL and ARENA_TEST_REDIS_URL, or neither."
    async with AsyncExitStack() as stack:
        if not all(urls):
            postgres = await stack.enter_async_context(test_servers.postgres())
            valkey = await stack.enter_async_context(test_servers.valkey())
            urls = [postgres.url, valkey.url]
        await administer(urls[0], f"CREATE DATABASE {TEMPLATE}")
        stack.push_async_callback(drop, urls[0], TEMPLATE)
        await database.migrate(named(urls[0], TEMPLATE))
        yield Servers(*urls)


@pytest.fixture
async def empty_database_url(servers: Servers) -> AsyncIterator[str]:
    """A database of the test's own with nothing in it."""
    async with _made(servers, "TEMPLATE template0") as url:
        yield url


@pytest.fixture
async def database_url(servers: Servers) -> AsyncIterator[str]:
    """A migrated database of the test's own."""
    async with _made(servers, f"TEMPLATE {TEMPLATE}") as url:
        yield url


@asynccontextmanager
async def _made(servers: Servers, how: str) -> AsyncIterator[str]:
    name = f"{RUN}_{next(_numbers)}"
    await administer(servers.database_url, f"CREATE DATABASE {name} {how}")
    yield named(servers.database_url, name)
    await drop(servers.database_url, name)


@pytest.fixture
def settings(database_url: str, servers: Servers) -> Settings:
    """Settings with deadlines short enough to wait for, and no limits but where a test is about them."""
    return Settings(
        database_url=database_url,
        redis_url=servers.redis_url,
        secret="s" * 32,
        port=0,
        tick_seconds=0.005,
        first_byte_seconds=5,
        idle_seconds=5,
        answer_seconds=20,
        battles_per_hour=0,
        network_battles_per_hour=0,
        votes_per_minute=0,
        endpoint_calls_per_minute=0,
        concurrent_battles=0,
        control_share=0,
        probe_share=0,
        reading_speed=0,
        sign_ups_per_hour=0,
        sign_ins_per_hour=0,
        stars_per_hour=0,
        wishes_per_hour=0,
        flags_per_hour=0,
        release_seconds=0.0001,
        shelf_seconds=0,
        drain_seconds=0,
        replicates=20,
    )


@pytest.fixture
async def db(settings: Settings) -> AsyncIterator[Pool]:
    """The pool, as handlers get it."""
    async with database.pool(settings.database_url, size=settings.pool_size) as opened:
        yield opened


@pytest.fixture
async def redis(servers: Servers) -> AsyncIterator[Redis]:
    """A client of the test run's Redis."""
    async with Redis.from_url(servers.redis_url) as client:
        yield client


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis gets time to answer on a machine that is busy with other things, so that limits are counted there."""
    monkeypatch.setattr(limits, "DECIDED_SECONDS", 5.0)


@pytest.fixture
async def provider() -> AsyncIterator[Provider]:
    """A provider that does what the model's name says."""
    async with upstream.provider() as running:
        yield running


def _fail(address: asyncio.Future[str], ended: asyncio.Task[None]) -> None:
    """Whoever waits for the address of a server that has ended waits no longer."""
    if not address.done():
        address.set_exception(ended.exception() or RuntimeError("The server ended before it was ready."))


@pytest.fixture
async def gate(db: Pool, provider: Provider) -> asyncio.Event:
    """Two contenders that say half of their answers, and the rest when this is set."""
    held = asyncio.Event()
    for model in ("anna", "berta"):
        provider.script(model, [f"{model} begins", held, " and ends."])
        await contender(db, provider, model, slug=model)
    return held


Open = Callable[..., Awaitable[str]]


@pytest.fixture
async def open_arena(settings: Settings) -> AsyncIterator[Open]:
    """Starts the real server, with its board's pace and settings changed as told, and gives its address."""
    async with AsyncExitStack() as stack:

        async def opened(
            *, working: bool = False, stop: asyncio.Event | None = None, pace: str = "lockstep", **changes: object
        ) -> str:
            await administer(settings.database_url, f"UPDATE boards SET pace = '{pace}' WHERE slug = 'overall'")
            chosen = structs.replace(settings, **changes)
            stop = stop or asyncio.Event()
            address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
            port = stack.enter_context(ports.bind(chosen.host, chosen.port))
            tasks = [asyncio.create_task(app.serve(chosen, port=port, stop=stop, ready=address.set_result))]
            tasks[0].add_done_callback(lambda done: _fail(address, done))
            if working:
                tasks.append(asyncio.create_task(workers.run(chosen, stop=stop)))

            async def close() -> None:
                stop.set()
                async with asyncio.timeout(30):
                    await asyncio.gather(*tasks)
                # A server sets aside what its process has by then as never to be looked through for garbage. Here that
                # is all that earlier tests have left as well, which would stay for ever.
                gc.unfreeze()
                if next(_closed) % 10 == 0:
                    gc.collect()

            stack.push_async_callback(close)
            async with asyncio.timeout(30):
                return await address

        yield opened


@pytest.fixture
async def run(settings: Settings) -> AsyncIterator[Run]:
    """Runs an `arena` command as a process, with settings changed as told and its clock so far off."""
    async with AsyncExitStack() as stack:

        async def running(command: str, *, seconds_off: int = 0, **changes: object) -> Running:
            started = await processes.start(command, structs.replace(settings, **changes), seconds_off=seconds_off)
            stack.push_async_callback(started.end)
            return started

        yield running


@pytest.fixture
async def arena(open_arena: Open) -> str:
    """The address of a running arena."""
    return await open_arena()


@pytest.fixture
async def visitor(arena: str) -> AsyncIterator[Visitor]:
    """Somebody who has just come in."""
    async with Visitor(arena) as somebody:
        yield somebody


FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Chromium; in CI its absence is a failure, elsewhere a loud skip."""
    path = os.environ.get("ARENA_TEST_BROWSER", "")
    if not path:
        assert "CI" not in os.environ, "These tests need a Chromium, and none could be installed."
        pytest.skip("NOT RUN: these tests need a Chromium (ARENA_TEST_BROWSER is its path).")
    # A page on a machine that runs other tests as well; what has to be quick is timed by its test.
    expect.set_options(timeout=20_000)
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield running
        await running.close()


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A fresh profile in which every request and every complaint of the browser is seen."""
    opened = await browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light")
    yield opened
    await opened.close()
