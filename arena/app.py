"""The service put together: settings, pool, pages and API, errors, and the server that runs it."""

import asyncio
import gc
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Any

import uvicorn
from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ASGIApp, Message, Scope
from redis.asyncio import Redis

from arena import api, guards, jobs, pages, ports, problems
from arena import db as database
from arena.api.booths import Booth
from arena.config import Settings
from arena.db import Pool, pool
from arena.doors import Door
from arena.errors import Say
from arena.evaluation.casting import Casting
from arena.evaluation.controls import Plan
from arena.evaluation.generation import Generations
from arena.evaluation.grounds import Grounds
from arena.integration import ledger_checks
from arena.integration.boards import Paces
from arena.limits import Rates
from arena.pages import languages, suggestions
from arena.publishing.receipts import Receipts
from arena.publishing.releases import Latest
from arena.sealing import Keyring
from arena.shelves import Shelf

log = logging.getLogger(__name__)

# Streams make thousands of objects a second that are gone at once without the collector, which by default would look
# after every 700 of them.
GARBAGE_EVERY = 10_000
MOST_BODY_BYTES = 2 * 1024 * 1024
HEADERS = [
    (b"content-security-policy", pages.CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]

VARY = (b"vary", languages.VARY.encode())

AnyRequest = Request[Any, Any, Any]


class Resources:
    """What is opened with the service and closed with it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keyring = Keyring(settings)
        # What a side of a control battle is asked instead: prompts as people ask them.
        self._plan = Plan(settings.control_share, tuple(one.text for one in suggestions.ALL))
        self.db: Pool
        self.redis: Redis
        self.rates: Rates
        self.generations: Generations
        self.casting: Casting
        self.receipts: Receipts
        self.latest: Latest
        self.grounds: Grounds
        self.paces: Paces
        self.wakeups: jobs.Wakeups

    @asynccontextmanager
    async def opened(self, _: Litestar) -> AsyncIterator[None]:
        """Open the pool, Redis and the client that speaks to endpoints."""
        settings = self._settings
        async with (
            Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2) as self.redis,
            Rates(settings) as self.rates,
            pool(settings.database_url, size=settings.pool_size) as self.db,
            Generations(self.db, self.redis, settings) as self.generations,
        ):
            self.casting = Casting(self.db, reading_speed=settings.reading_speed)
            self.receipts, self.latest, self.wakeups = Receipts(self.db), Latest(self.db), jobs.Wakeups(self.db)
            self.grounds, self.paces = Grounds(self.db), Paces(self.db)
            yield

    def dependencies(self) -> dict[str, Provide]:
        """What handlers can ask for by name."""
        return {
            "settings": Provide(lambda: self._settings, sync_to_thread=False),
            "say": Provide(_say, sync_to_thread=False),
            "db": Provide(lambda: self.db, sync_to_thread=False),
            "keyring": Provide(lambda: self._keyring, sync_to_thread=False),
            "redis": Provide(lambda: self.redis, sync_to_thread=False),
            "rates": Provide(lambda: self.rates, sync_to_thread=False),
            "generations": Provide(lambda: self.generations, sync_to_thread=False),
            "casting": Provide(lambda: self.casting, sync_to_thread=False),
            "receipts": Provide(lambda: self.receipts, sync_to_thread=False),
            "latest": Provide(lambda: self.latest, sync_to_thread=False),
            "paces": Provide(lambda: self.paces, sync_to_thread=False),
            "wakeups": Provide(lambda: self.wakeups, sync_to_thread=False),
            "booth": Provide(self._booth),
        }

    async def _booth(self, request: AnyRequest) -> Booth:
        settings = self._settings
        voter_id, network = await guards.voter_id(request, settings), await guards.network(request, settings)
        shared = (self.db, self.rates, self.grounds, self.generations, self.paces, self._plan)
        return Booth(voter_id, network, settings, *shared)


def create(settings: Settings, resources: Resources | None = None) -> Litestar:
    """The application."""
    resources = resources or Resources(settings)
    return Litestar(
        route_handlers=[*api.routers(), *pages.routes],
        dependencies=resources.dependencies(),
        lifespan=[resources.opened],
        state=State({"settings": settings}),
        exception_handlers=problems.HANDLERS,
        before_send=[_add_headers],
        request_max_body_size=MOST_BODY_BYTES,
        template_config=pages.template_config(),
        openapi_config=OpenAPIConfig("Arena", "1", path="/schema", render_plugins=[JsonRenderPlugin(path="/")]),
        logging_config=None,
    )


def _say(request: AnyRequest) -> Say:
    return languages.of(request).say


async def _add_headers(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start":
        spoken = problems.is_page(scope) or message["status"] >= HTTPStatus.BAD_REQUEST
        message["headers"] = [*message["headers"], *HEADERS, *([VARY] if spoken else [])]


class _Server(uvicorn.Server):
    """uvicorn without signal handlers of its own, which would end the process before it has cleaned up."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            gc.freeze()  # What is loaded by now stays; looking through it for garbage would hold up every stream.
            gc.set_threshold(GARBAGE_EVERY)
            self._ready()


def _shelved(service: ASGIApp, settings: Settings) -> ASGIApp:
    return Shelf(service, seconds=settings.shelf_seconds, spoken=_spoken) if settings.shelf_seconds else service


def _spoken(scope: Scope) -> str:
    """The language of the answer, which is the same for everybody where it is no page."""
    return languages.told(dict(scope["headers"])).tag if problems.is_page(scope) else ""


async def serve(settings: Settings, *, port: socket.socket, stop: asyncio.Event, ready: Callable[[str], None]) -> None:
    """Serve on a port until `stop` is set; then battles are broken off, their readers told, and calls ended in 1 s."""
    # Before the server is: a database that can't be reached is then one sentence, not a start that broke.
    connection = await database.connect(settings.database_url)
    try:
        if fault := await ledger_checks.fault(connection):
            log.error("ledger broken, releases are held fault=%s", fault)
    finally:
        await connection.close()
    resources = Resources(settings)
    config = uvicorn.Config(
        Door(_shelved(create(settings, resources), settings)),
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config, lambda: ready(ports.address(port)))
    serving = asyncio.create_task(server.serve(sockets=[port]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if server.started:
        await resources.generations.close(drain_seconds=settings.drain_seconds)
    server.should_exit = True
    await serving
