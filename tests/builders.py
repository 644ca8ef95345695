"""Rows with sensible defaults, and a visitor who uses the arena over HTTP as a browser would."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import aiohttp
from msgspec import structs
from yarl import URL

from arena.config import Settings
from arena.db import Pool, Proxy
from arena.evaluation import battles, pairing
from arena.evaluation.battles import Battle
from arena.evaluation.turns import Answer
from arena.integration import snapshots
from arena.integration.boards import Board
from arena.integration.snapshots import Snapshot
from arena.sealing import Keyring
from arena.submission import contenders, endpoints, providers
from arena.submission.contenders import Contender
from arena.submission.endpoints import Endpoint, Entrant, Grant
from arena.upstream import Dialect
from tests.upstream import Provider

KEYRING = Keyring(Settings(database_url="", redis_url="", secret="s" * 32))
ANSWERS = (
    Answer(text="One.", html="<p>One.</p>", seconds=1.5, finish="stop"),
    Answer(text="Two.", html="<p>Two.</p>", seconds=2.5, finish="stop"),
)


async def contender(db: Pool, upstream: Provider, model: str, **changes: Any) -> Entrant:
    """Enter a contender whose endpoint is this model of the test provider."""
    async with db.acquire() as connection:
        return await _enter(connection, upstream, model, changes)


async def _enter(connection: Proxy, upstream: Provider, model: str, changes: dict[str, Any]) -> Entrant:
    number = uuid4().hex[:8]
    card = Contender(slug=f"contender-{number}", name=f"Contender {number}", organisation="House", description="")
    card = structs.replace(card, **changes)
    provider_id = await providers.enter(connection, slug="test-provider", name="Test provider")
    contender_id = await contenders.enter(connection, card)
    endpoint = Endpoint(
        contender_id=contender_id,
        provider_id=provider_id,
        base_url=upstream.base_url,
        model=model,
        dialect=Dialect.OPENAI,
        parameters={"temperature": 0},
        system_prompt=None,
    )
    await endpoints.enter(connection, endpoint, [Grant(*upstream.address, "the test provider")])
    return next(one for one in await endpoints.entrants(connection) if one.contender_id == contender_id)


async def ready_battle(
    db: Pool, entrants: list[Entrant], voter_id: UUID | None = None, **opening: Any
) -> tuple[Battle, UUID]:
    """A battle of two of these that has been answered, and the voter it belongs to."""
    voter = voter_id or uuid4()
    battle = await battles.open(db, voter, "Which is it?", pairing.draw(entrants), **opening)
    await battles.start(db, battle.id)
    await battles.finish(db, battle.id, 1, ANSWERS, shown=[2, 2, 4, 4], void=None)
    return battle, voter


async def snapshot(db: Pool, board: Board, settings: Settings) -> Snapshot:
    """A snapshot of the board's votes as they are now, which nobody publishes."""
    fitted = await snapshots.fit(db, board, settings)
    async with db.acquire() as connection, connection.transaction():
        return await snapshots.keep(connection, board, fitted, settings)


@dataclass
class Event:
    """One server-sent event."""

    name: str
    data: Any
    id: str | None = None


@dataclass
class Heard:
    """What came over a battle's stream."""

    events: list[Event] = field(default_factory=list)

    def texts(self) -> tuple[str, str]:
        """Both sides' texts, put together from the ticks."""
        ticks = [event.data for event in self.events if event.name == "tick"]
        first, second = ("".join(tick["sides"][side]["text"] for tick in ticks) for side in (0, 1))
        return first, second

    def seqs(self) -> list[int]:
        """The ticks' numbers as they came."""
        return [event.data["seq"] for event in self.events if event.name == "tick"]

    @property
    def end(self) -> str:
        """The last event's name."""
        return self.events[-1].name


async def until(holds: Callable[[], Awaitable[bool]], *, seconds: float = 60) -> None:
    """Look again and again, as a person would, until it holds; fail when the time is up.

    The time is no promise of the arena's, only the end of a wait: what has to be quick is timed by its test.
    """
    limit = asyncio.timeout(seconds)
    try:
        async with limit:
            while not await holds():  # noqa: ASYNC110 - what is waited for happens in another process's database.
                await asyncio.sleep(0.05)
    except TimeoutError:
        if limit.expired():
            raise AssertionError(f"after {seconds:.0f} s this did not hold: {holds}") from None
        raise


class Visitor:
    """Somebody with a browser's manners: keeps cookies, sends JSON, reads streams; `bytes` is all they received."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self.received = bytearray()
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(self.base_url, cookie_jar=aiohttp.CookieJar(unsafe=True))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    def take_cookies_of(self, other: "Visitor") -> None:
        """Be the same person at another address."""
        for cookie in other._session.cookie_jar:
            self._session.cookie_jar.update_cookies({cookie.key: cookie.value}, URL(self.base_url))

    def bring(self, name: str, value: str) -> None:
        """Come with a cookie."""
        self._session.cookie_jar.update_cookies({name: value}, URL(self.base_url))

    async def get(self, path: str, **more: Any) -> tuple[int, Any]:
        """The status and the body, decoded where it is JSON."""
        return await self._call("GET", path, **more)

    async def post(self, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        """The status and the body of a JSON call."""
        more["data"] = BytesIO(more.get("data", json.dumps(body).encode()))
        more.setdefault("headers", {"content-type": "application/json"})
        return await self._call("POST", path, **more)

    def cookie(self, name: str) -> str:
        """What the cookie of this name holds."""
        return self._session.cookie_jar.filter_cookies(URL(self.base_url))[name].value

    async def head_of(self, path: str) -> tuple[int, Any]:
        """The status and the headers of a page, wherever it sends one on to."""
        async with self._session.get(path, allow_redirects=False) as response:
            return response.status, response.headers

    async def put(self, path: str, body: Any) -> tuple[int, Any]:
        """The status and the body of a JSON call that replaces something."""
        headers = {"content-type": "application/json"}
        return await self._call("PUT", path, data=BytesIO(json.dumps(body).encode()), headers=headers)

    async def patch(self, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> tuple[int, Any]:
        """The status and the body of a JSON call that changes something."""
        headers = {"content-type": "application/json", **(headers or {})}
        return await self._call("PATCH", path, data=BytesIO(json.dumps(body).encode()), headers=headers)

    async def delete(self, path: str, **more: Any) -> tuple[int, Any]:
        """The status and the body of a call that removes something."""
        return await self._call("DELETE", path, **more)

    async def _call(self, method: str, path: str, **more: Any) -> tuple[int, Any]:
        async with self._session.request(method, path, **more) as response:
            body = await response.read()
            self._receive(response, body)
            kind = response.headers.get("content-type", "").partition(";")[0]
            return response.status, json.loads(body) if kind.endswith("json") else body.decode()

    def _receive(self, response: aiohttp.ClientResponse, body: bytes) -> None:
        for name, value in response.raw_headers:
            self.received += name + b": " + value + b"\n"
        self.received += body

    async def ask(self, prompt: str = "Which is it?") -> str:
        """Open a battle; its id."""
        status, body = await self.post("/api/v1/battles", {"prompt": prompt})
        assert status == 201, body
        return str(body["id"])

    async def stream(self, battle_id: str, **more: Any) -> AsyncIterator[Event]:
        """The battle's events as they come."""
        async with self._session.get(f"/api/v1/battles/{battle_id}/stream", **more) as response:
            assert response.status == 200, await response.text()
            self._receive(response, b"")
            pending = b""
            async for piece in response.content.iter_any():
                self.received += piece
                *whole, pending = (pending + piece).split(b"\n\n")
                for block in whole:
                    if event := _event(block.decode()):
                        yield event

    async def hear(self, battle_id: str, **more: Any) -> Heard:
        """The whole stream, to its end."""
        async with asyncio.timeout(20):
            return Heard([event async for event in self.stream(battle_id, **more)])

    async def vote(self, battle_id: str, outcome: str) -> tuple[int, Any]:
        """Cast a vote."""
        return await self.post(f"/api/v1/battles/{battle_id}/vote", {"outcome": outcome})


def _event(block: str) -> Event | None:
    fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
    return Event(fields["event"], json.loads(fields["data"]), fields.get("id")) if fields else None
