"""A telephone line between a browser and the arena, which can be cut and mended."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

PIECE = 65536


class Line:
    """Carries bytes both ways; cut, it drops every connection and takes none until it is mended."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        self._far = (parts.hostname, parts.port)
        self._near = ("127.0.0.1", 0)
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> str:
        """Where a browser reaches the arena over this line."""
        return f"http://{self._near[0]}:{self._near[1]}"

    async def mend(self) -> None:
        """Take connections, at the same address as before."""
        self._server = await asyncio.start_server(self._connected, *self._near)
        self._near = self._server.sockets[0].getsockname()[:2]

    async def cut(self) -> None:
        """Drop every connection and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        with suppress(OSError, asyncio.CancelledError):
            far_reader, far_writer = await asyncio.open_connection(*self._far)
            try:
                await _first_to_end(_carry(reader, far_writer), _carry(far_reader, writer))
            finally:
                far_writer.transport.abort()
        writer.transport.abort()
        self._connections.discard(task)


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()


async def _first_to_end(*ways: Coroutine[Any, Any, None]) -> None:
    tasks = [asyncio.ensure_future(way) for way in ways]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def to(address: str) -> AsyncIterator[Line]:
    """A line to the arena at this address, until the block is left."""
    line = Line(address)
    await line.mend()
    try:
        yield line
    finally:
        await line.cut()
