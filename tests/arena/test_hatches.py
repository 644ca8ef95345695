"""The hatch over real connections: it answers as the door does, in order, and only what is plain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn

from arena import hatches, ports
from arena.shelves import Shelf

BODY = b"a table" * 1000
WHOLE = b"HTTP/1.1 200 OK\r\n"


class Service:
    """Answers with its path, kept for everybody unless it begins with /own; counts what reaches it."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.gate = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(f"{scope['method']} {scope['path']}")
        if scope["path"] == "/own/slow":
            await self.gate.wait()
        body = BODY if scope["path"] == "/table" else scope["path"].encode()
        caching = b"private" if scope["path"].startswith("/own") else b"public, no-cache"
        head = [(b"etag", b'"1"'), (b"cache-control", caching), (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": head})
        await send({"type": "http.response.body", "body": body, "more_body": False})


@asynccontextmanager
async def _connected(service: Service) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    shelf = Shelf(service, seconds=60, spoken=lambda _, wants: wants.get(b"accept-language", b"").decode())
    with ports.bind("127.0.0.1", 0) as port:
        config = uvicorn.Config(
            shelf, http=hatches.over(shelf), log_config=None, access_log=False, server_header=False, lifespan="off"
        )
        server = uvicorn.Server(config)
        config.load()
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[port])
        await server.on_tick(0)
        reader, writer = await asyncio.open_connection(*port.getsockname())
        yield reader, writer
        writer.close()
        await server.shutdown(sockets=[port])


async def _read(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    async with asyncio.timeout(30):
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return head, await reader.readexactly(int(length or 0))


def _get(path: str, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    return "\r\n".join([f"{method} {path} HTTP/{version}", "Host: here", *headers, "", ""]).encode()


async def _ask(connection: Any, *asked: Any, **more: Any) -> tuple[bytes, bytes]:
    reader, writer = connection
    writer.write(_get(*asked, **more))
    return await _read(reader)


async def test_what_is_at_hand_comes_as_it_came_round_by_the_door() -> None:
    service = Service()
    async with _connected(service) as connection:
        first, second, third = [await _ask(connection, "/table") for _ in range(3)]
    assert service.asked == ["GET /table"]
    assert sorted(second[0].splitlines()) == sorted([*first[0].splitlines(), b"vary: Accept-Encoding"])
    assert second[0].startswith(WHOLE)
    assert b"\r\ndate: " in second[0]
    assert second == third
    assert first[1] == second[1] == BODY


async def test_a_reader_is_given_what_they_want() -> None:
    service = Service()
    async with _connected(service) as connection:
        await _ask(connection, "/table")
        unchanged = await _ask(connection, "/table", 'If-None-Match: W/"1"')
        packed = await _ask(connection, "/table", "Accept-Encoding: gzip")
        await _ask(connection, "/table", "Accept-Language: zh")
        await _ask(connection, "/table?q=1")
    assert unchanged[0].startswith(b"HTTP/1.1 304 ")
    assert b"content-length" not in unchanged[0]
    assert b"content-encoding: gzip" in packed[0]
    assert len(packed[1]) < len(BODY) / 10
    assert service.asked == ["GET /table"] * 3


async def test_answers_come_in_the_order_of_their_requests() -> None:
    service = Service()
    async with _connected(service) as connection:
        reader, writer = connection
        await _ask(connection, "/table")
        paths = ("/table", "/own/slow", "/table", "/own/quick", "/table")
        writer.write(b"".join(map(_get, paths)))
        assert (await _read(reader))[1] == BODY
        service.gate.set()
        assert [(await _read(reader))[1] for _ in paths[1:]] == [b"/own/slow", BODY, b"/own/quick", BODY]


async def test_a_request_in_pieces_is_one_request() -> None:
    async with _connected(Service()) as connection:
        reader, writer = connection
        await _ask(connection, "/table")
        for byte in _get("/table", 'If-None-Match: "1"'):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        assert (await _read(reader))[0].startswith(b"HTTP/1.1 304 ")


@pytest.mark.parametrize("asked", [{"version": "1.0"}, {"headers": ["Connection: close"]}])
async def test_a_connection_that_is_to_end_ends_after_its_answer(asked: dict[str, Any]) -> None:
    async with _connected(Service()) as connection:
        reader, writer = connection
        await _ask(connection, "/table")
        writer.write(_get("/table", *asked.get("headers", []), version=asked.get("version", "1.1")))
        head, body = await _read(reader)
        assert (head.startswith(WHOLE), b"connection: close" in head, body) == (True, True, BODY)
        assert await reader.read() == b""


async def test_what_is_not_plain_goes_round() -> None:
    service = Service()
    async with _connected(service) as connection:
        reader, writer = connection
        await _ask(connection, "/table")
        writer.write(_get("/table", "Content-Length: 4") + b"body")
        assert (await _read(reader))[1] == BODY  # From the shelf, by the door.
        writer.write(_get("/table", "Content-Length: 0", method="POST"))
        assert (await _read(reader))[1] == BODY
        assert service.asked == ["GET /table", "POST /table"]
        assert (await _ask(connection, "/own/quick"))[1] == b"/own/quick"
        writer.write(b"NONSENSE\r\n\r\n")
        assert (await _read(reader))[0].startswith(b"HTTP/1.1 400 ")


async def test_a_connection_that_nobody_uses_is_closed_and_none_holds_up_the_end() -> None:
    async with _connected(Service()) as connection:
        reader, _ = connection
        await _ask(connection, "/table")
        await _ask(connection, "/table")
    async with asyncio.timeout(30):
        assert await reader.read() == b""
