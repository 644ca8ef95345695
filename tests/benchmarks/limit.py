"""The limit of a relay in Python: two upstreams in, one stream out, and nothing between but msgspec.

`python -m tests.benchmarks.limit PROVIDER_PORT` prints its address. No HTTP library, no database, no pacing, no voter.
"""

import asyncio
import sys

import msgspec
import uvloop
from msgspec import Struct

from tests.benchmarks.provider import framed

QUESTION = b'{"model":"benchmark","stream":true}'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


class Delta(Struct):
    """What a chunk adds."""

    content: str | None = None


class Choice(Struct):
    """One of a chunk's choices."""

    delta: Delta


class Chunk(Struct):
    """As much of a chunk as is relayed."""

    choices: list[Choice] = []


_decode = msgspec.json.Decoder(Chunk).decode
_encode = msgspec.json.Encoder().encode


class Upstream(asyncio.Protocol):
    """One side's answer, decoded and told on."""

    def __init__(self, reader: "Reader", name: bytes, port: int) -> None:
        self._reader, self._name, self._port = reader, name, port
        self._held = b""
        self._in_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        transport.write(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: 127.0.0.1:%d\r\ncontent-length: %d\r\n\r\n%b"
            % (self._port, len(QUESTION), QUESTION)
        )

    def data_received(self, data: bytes) -> None:
        held, place = self._held + data, 0
        if not self._in_body:
            end = held.find(b"\r\n\r\n")
            if end < 0:
                self._held = held
                return
            self._in_body, place = True, end + 4
        said = b""
        while (end := held.find(b"\r\n", place)) >= 0:
            size = int(held[place:end], 16)
            if len(held) < end + size + 4:
                break
            said += self._said(held[end + 2 : end + 2 + size])
            place = end + size + 4
        self._held = held[place:]
        if said:
            self._reader.transport.write(framed(said))

    def _said(self, events: bytes) -> bytes:
        said = b""
        for event in events.split(b"\n\n"):
            if event.startswith(b"data: {"):
                choices = _decode(event[6:]).choices
                if choices and choices[0].delta.content:
                    said += b"event: %b\ndata: %b\n\n" % (self._name, _encode(choices[0].delta.content))
        return said

    def connection_lost(self, _: Exception | None) -> None:
        self._reader.end_one()


class Reader(asyncio.Protocol):
    """Whoever listens to both sides."""

    def __init__(self, port: int) -> None:
        self.transport: asyncio.Transport
        self._port = port
        self._answering = 2

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self.transport = transport

    def data_received(self, _: bytes) -> None:
        self.transport.write(HEAD)
        self._asking = asyncio.ensure_future(self._ask())

    async def _ask(self) -> None:
        loop = asyncio.get_running_loop()
        for name in (b"a", b"b"):
            side = Upstream(self, name, self._port)
            await loop.create_connection(lambda side=side: side, "127.0.0.1", self._port)  # type: ignore[misc]

    def end_one(self) -> None:
        """One side has no more to say."""
        self._answering -= 1
        if not self._answering:
            self.transport.write(b"0\r\n\r\n")
            self.transport.close()


async def main(port: int) -> None:
    """Relay until the process is ended."""
    server = await asyncio.get_running_loop().create_server(lambda: Reader(port), "127.0.0.1", 0, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
