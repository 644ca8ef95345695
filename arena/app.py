"""The service put together: settings, pool, pages and API, errors, and the server that runs it."""

import asyncio
import gc
import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from typing import Any, Literal

import uvicorn
from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.enums import HttpMethod, ScopeType
from litestar.openapi import OpenAPIConfig
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPScope, Message, Scope
from redis.asyncio import Redis

from arena import api, description, guards, hatches, jobs, pages, ports, problems
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
from arena.integration.paces import Paces
from arena.limits import Rates
from arena.pages import languages, suggestions
from arena.publishing import downloads
from arena.publishing.downloads import Downloads
from arena.publishing.drawings import Drawings
from arena.publishing.latest import Latest
from arena.publishing.movement import Movements
from arena.publishing.portraits import Portraits
from arena.publishing.receipts import Receipts
from arena.publishing.workbench import Workbench
from arena.sealing import Keyring
from arena.shelves import Shelf, Wants

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
        self._plan = Plan(settings.control_share, tuple(one.text for one in suggestions.ALL), settings.probe_share)
        self.db: Pool
        self.redis: Redis
        self.rates: Rates
        self.generations: Generations
        self.casting: Casting
        self.receipts: Receipts
        self.latest: Latest
        self.movements: Movements
        self.drawings: Drawings
        self.portraits: Portraits
        self.grounds: Grounds
        self.paces: Paces
        self.wakeups: jobs.Wakeups
        self.files: Downloads

    @asynccontextmanager
    async def opened(self, _: Litestar) -> AsyncIterator[None]:
        """Open the pool, Redis and the client that speaks to endpoints."""
        settings = self._settings
        async with (
            Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2) as self.redis,
            Rates(settings) as self.rates,
            pool(settings.database_url, size=settings.pool_size) as self.db,
            Generations(self.db, self.redis, settings) as self.generations,
            downloads.opened(self.db, settings) as self.files,
        ):
            self.casting = Casting(self.db, reading_speed=settings.reading_speed)
            self.receipts, self.latest, self.wakeups = Receipts(self.db), Latest(self.db), jobs.Wakeups(self.db)
            self.grounds, self.paces, self.portraits = Grounds(self.db), Paces(self.db), Portraits(self.db)
            bench = Workbench()
            self.movements, self.drawings = Movements(self.db, bench), Drawings(self.db, bench)
            yield

    def dependencies(self) -> dict[str, Provide]:
        """What handlers can ask for by name."""
        return {
            "settings": Provide(lambda: self._settings, sync_to_thread=False),
            "described": Provide(_description, sync_to_thread=False),
            "say": Provide(_say, sync_to_thread=False),
            "db": Provide(lambda: self.db, sync_to_thread=False),
            "keyring": Provide(lambda: self._keyring, sync_to_thread=False),
            "redis": Provide(lambda: self.redis, sync_to_thread=False),
            "rates": Provide(lambda: self.rates, sync_to_thread=False),
            "generations": Provide(lambda: self.generations, sync_to_thread=False),
            "casting": Provide(lambda: self.casting, sync_to_thread=False),
            "receipts": Provide(lambda: self.receipts, sync_to_thread=False),
            "latest": Provide(lambda: self.latest, sync_to_thread=False),
            "movements": Provide(lambda: self.movements, sync_to_thread=False),
            "drawings": Provide(lambda: self.drawings, sync_to_thread=False),
            "portraits": Provide(lambda: self.portraits, sync_to_thread=False),
            "paces": Provide(lambda: self.paces, sync_to_thread=False),
            "files": Provide(lambda: self.files, sync_to_thread=False),
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
        openapi_config=OpenAPIConfig(
            "Arena", "1", path="/schema", use_handler_docstrings=True, render_plugins=[description.Description()]
        ),
        logging_config=None,
    )


def _description(request: AnyRequest) -> dict[str, Any]:
    return description.of(request.app)


def _say(request: AnyRequest) -> Say:
    return languages.of(request).say


async def _add_headers(message: Message, scope: Scope) -> None:
    if message["type"] == "http.response.start":
        spoken = problems.is_page(scope["path"]) or message["status"] >= HTTPStatus.BAD_REQUEST
        message["headers"] = [*message["headers"], *HEADERS, *([VARY] if spoken else [])]
        if scope["type"] == ScopeType.HTTP and scope["method"] == HttpMethod.OPTIONS:
            message["headers"] = [pair for pair in message["headers"] if pair[0] != b"allow"] + _allowed(scope)


def _allowed(scope: HTTPScope) -> list[tuple[bytes, bytes]]:
    """What an address takes; Litestar tells of the first of its handlers alone where it has several."""
    template = scope.get("path_template")
    routes = [route for route in scope["litestar_app"].routes if isinstance(route, HTTPRoute)]
    methods = sorted({method for route in routes if route.path_format == template for method in route.methods})
    return [(b"allow", ", ".join(methods).encode())] if methods else []


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


def _spoken(target: bytes, wants: Wants) -> str:
    """The language of the answer, which is the same for everybody where it is no page."""
    return languages.told(wants).tag if problems.is_page(target.decode("latin-1")) else ""


def _config(service: ASGIApp, settings: Settings) -> uvicorn.Config:
    http: type[asyncio.Protocol] | Literal["httptools"] = "httptools"
    if settings.shelf_seconds:
        service = shelf = Shelf(service, seconds=settings.shelf_seconds, spoken=_spoken)
        http = hatches.over(shelf)
    return uvicorn.Config(
        Door(service),
        http=http,
        access_log=False,
        log_config=None,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=1,
    )


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
    application = create(settings, resources)
    # It takes a second to make, in which nothing else would be answered: now nobody waits.
    description.of(application)
    config = _config(application, settings)
    server = _Server(config, lambda: ready(ports.address(port)))
    serving = asyncio.create_task(server.serve(sockets=[port]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if server.started:
        await resources.generations.close(drain_seconds=settings.drain_seconds)
    server.should_exit = True
    await serving
