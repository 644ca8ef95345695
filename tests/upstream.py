"""A provider that streams, stalls and breaks on request, in both dialects, on a free port of this machine.

The model's name says what happens: a name in `replies` misbehaves as it is called, `words:a b c` streams those words,
and `upstream.script(model, …)`, `upstream.reply(model, …)` and `upstream.teach(model, …)` teach it any other; a model
nobody knows is a 404.
"""

import asyncio
import json
import socket
import struct
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import chain
from types import ModuleType
from typing import Any

from tests import messages, replies
from tests.replies import REPLIES, STREAM_HEADERS, WIRES, Act, Piece

Writer = asyncio.StreamWriter
Whole = tuple[int, dict[str, str], bytes]
# A scripted answer: its texts, with events to wait for between them, the seconds before each, and why it ends.
Script = tuple[Iterable[str | asyncio.Event], float, str]


@dataclass
class Call:
    """One request as it came over a connection, named by its caller's port.

    `closed_early` is set if the caller hangs up before the reply is whole.
    """

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    connection: int
    closed_early: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def model(self) -> str:
        """The model that was asked."""
        return str(self.body.get("model"))

    @property
    def messages(self) -> list[dict[str, str]]:
        """What it was asked."""
        return list(self.body.get("messages", []))

    @property
    def question(self) -> str:
        """The last thing it was asked."""
        return self.messages[-1]["content"] if self.messages else ""

    @property
    def key(self) -> str:
        """The key it was sent, in either dialect."""
        bearer = self.headers.get("authorization", "").removeprefix("Bearer ")
        return bearer or self.headers.get("x-api-key", "")


# What a taught model makes of a call: an answer, the same scripted, or a whole reply.
Speech = Callable[[Call], str | Script | Whole]


class Provider:
    """The running provider: where it is, what it was asked, and what it is told to say."""

    def __init__(self) -> None:
        self.address = ("127.0.0.1", 0)
        self.calls: list[Call] = []
        self._replies = dict(REPLIES)
        self._scripts: dict[str, Script] = {}
        self._speeches: dict[str, Speech] = {}
        # Keys that are accepted, all of them while there are none; and the models that are listed, if there is a list.
        self.keys: set[str] = set()
        self.models: list[str] | None = None
        self._gates: dict[str, asyncio.Event] = {}
        self._came = asyncio.Condition()

    @property
    def base_url(self) -> str:
        """What an endpoint registers."""
        return f"http://{self.address[0]}:{self.address[1]}/v1"

    def script(
        self, model: str, chunks: Sequence[str | asyncio.Event], *, delay: float = 0.0, finish: str = "stop"
    ) -> None:
        """Let a model stream these texts, `delay` seconds before each; at an event it waits until that is set."""
        self._scripts[model] = (chunks, delay, finish)

    def teach(self, model: str, speech: Speech) -> None:
        """Let a model answer as this function says; a plain answer comes some characters at a time."""
        self._speeches[model] = speech

    def reply(self, model: str, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        """Let a model give a whole reply."""
        self._replies[model] = (status, headers, body)

    def gate(self, model: str) -> asyncio.Event:
        """An event that the model's replies now wait for before their first byte."""
        return self._gates.setdefault(model, asyncio.Event())

    async def called(self, calls: int = 1) -> Call:
        """The call with this number, from one on, once it has come; half a minute is waited for it."""
        async with asyncio.timeout(30), self._came:
            await self._came.wait_for(lambda: len(self.calls) >= calls)
        return self.calls[calls - 1]

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        """Answer the requests of one connection until its caller hangs up."""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while not writer.is_closing():
                call = await _request(reader, writer.get_extra_info("peername")[1])
                async with self._came:
                    self.calls.append(call)
                    self._came.notify_all()
                await self._attend(call, reader, writer)
        writer.close()

    async def _attend(self, call: Call, reader: asyncio.StreamReader, writer: Writer) -> None:
        """Reply while watching for the caller to hang up, which no write to a stalled stream would notice."""
        replying = asyncio.ensure_future(self._reply(call, writer))
        watching = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({replying, watching}, return_when=asyncio.FIRST_COMPLETED)
            if not replying.done():
                raise ConnectionResetError
            replying.result()
        except (ConnectionResetError, BrokenPipeError):
            call.closed_early.set()
            raise
        finally:
            for task in (replying, watching):
                task.cancel()
            await asyncio.gather(replying, watching, return_exceptions=True)

    async def _reply(self, call: Call, writer: Writer) -> None:
        model = call.model
        if model in self._gates:
            await self._gates[model].wait()
        if model.startswith("words:"):
            first, *others = model.removeprefix("words:").split(" ")
            self.script(model, [first, *(f" {word}" for word in others)])
        if self.keys and call.key not in self.keys:
            _whole(writer, call, *REPLIES["status401"])
        elif call.path.endswith("/models"):
            _whole(writer, call, *_list(self.models))
        elif model in self._speeches:
            await self._speak(call, writer, self._speeches[model](call))
        elif model in self._scripts:
            await self._speak(call, writer, self._scripts[model])
        elif model in WIRES:
            await _play(writer, WIRES[model], bytes)
        elif pieces := _voice(call).STREAMS.get(model):
            await _stream(writer, pieces)
        else:
            _whole(writer, call, *self._replies.get(model, REPLIES["status404"]))

    async def _speak(self, call: Call, writer: Writer, said: str | Script | Whole) -> None:
        match said:
            case str():
                cut = [said[at : at + 7] for at in range(0, len(said), 7)]
                await _stream(writer, _scripted(_voice(call), cut, 0.0, "stop"))
            case (int() as status, dict() as headers, bytes() as body):
                _whole(writer, call, status, headers, body)
            case (chunks, float() as delay, str() as finish):
                await _stream(writer, _scripted(_voice(call), chunks, delay, finish))


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """A provider that runs until the block is left, and drops whoever is still connected then."""
    upstream = Provider()
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        with suppress(asyncio.CancelledError):
            await upstream.serve(reader, writer)
        writer.transport.abort()
        connections.discard(task)

    server = await asyncio.start_server(connected, *upstream.address)
    upstream.address = server.sockets[0].getsockname()[:2]
    try:
        yield upstream
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader, connection: int) -> Call:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Call(first.split(" ")[1], headers, json.loads(body or "{}"), connection)


def _voice(call: Call) -> ModuleType:
    return messages if call.path.endswith("/messages") else replies


def _scripted(voice: ModuleType, chunks: Iterable[str | asyncio.Event], delay: float, finish: str) -> Iterator[Piece]:
    """The pieces, each made when it is due."""
    yield voice.BEGIN or 0.0
    coming = iter(chunks)
    while True:
        yield delay
        chunk = next(coming, None)
        if chunk is None:
            break
        yield chunk if isinstance(chunk, asyncio.Event) else voice.text(chunk)
    yield voice.ended(finish)


def _list(models: list[str] | None) -> Whole:
    if models is None:
        return REPLIES["status404"]
    return 200, {}, json.dumps({"data": [{"id": model, "object": "model"} for model in models]}).encode()


async def _stream(writer: Writer, pieces: Iterable[Piece]) -> None:
    _head(writer, 200, STREAM_HEADERS)
    await _play(writer, chain(pieces, [b""]), _chunk)


async def _play(writer: Writer, pieces: Iterable[Piece], frame: Callable[[bytes], bytes]) -> None:
    for piece in pieces:
        match piece:
            case bytes():
                writer.write(frame(piece))
                await writer.drain()
            case float():
                await asyncio.sleep(piece)
            case asyncio.Event():
                await piece.wait()
            case Act():
                await _act(writer, piece)


async def _act(writer: Writer, act: Act) -> None:
    if act is Act.HANG:
        await asyncio.get_running_loop().create_future()
    if act is Act.RESET:
        # A socket that lingers for no time at all is reset when it is closed.
        linger = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.close()
    raise ConnectionAbortedError


def _head(writer: Writer, status: int, headers: dict[str, str]) -> None:
    # The last one is what LiteLLM tells everybody about the server behind it.
    more = {"transfer-encoding": "chunked", "x-litellm-model-api-base": "http://acme.internal"}
    lines = [f"{name}: {value}" for name, value in (headers | more).items()]
    writer.write("\r\n".join([f"HTTP/1.1 {status} Status", *lines, "", ""]).encode())


def _chunk(piece: bytes) -> bytes:
    """One chunk of a chunked body; an empty one ends it."""
    return b"%x\r\n%s\r\n" % (len(piece), piece)


def _whole(writer: Writer, call: Call, status: int, headers: dict[str, str], body: bytes) -> None:
    told = {"content-type": "application/json"}
    _head(writer, status, told | {name: value.replace("KEY", call.key) for name, value in headers.items()})
    body = body.replace(b"KEY", call.key.encode())
    writer.write(_chunk(body) + _chunk(b"") if body else _chunk(b""))
