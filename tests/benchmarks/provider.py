"""A provider that costs little: 200 chunks an answer at 50 a second, each on time, in OpenAI's dialect.

`python -m tests.benchmarks.provider` prints its address. An answer begins with the time at which it began.
"""

import asyncio
import re
from time import monotonic

import msgspec
import uvloop

TOKENS = 200
TOKENS_PER_SECOND = 50
PARAGRAPH_TOKENS = 40
LENGTH = re.compile(rb"content-length: *([0-9]+)", re.IGNORECASE)
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"


def token(number: int) -> str:
    """A token of five characters that no other one of the answer is like; paragraphs end as they do in answers."""
    return f"{number:03d}\n\n" if number % PARAGRAPH_TOKENS == PARAGRAPH_TOKENS - 1 else f"{number:04d} "


def stamp(began: float) -> str:
    """What comes before the first token: the moment, in microseconds of the clock that all processes share."""
    return f"{round(began * 1e6)} "


REST = "".join(token(number) for number in range(TOKENS))


def due(answer: str) -> list[tuple[int, float]]:
    """Where each token of an answer ends, and when it was due."""
    first, _, _ = answer.partition(" ")
    ends = [len(first) + 1 + sum(len(token(before)) for before in range(number + 1)) for number in range(TOKENS)]
    return [(end, int(first) / 1e6 + number / TOKENS_PER_SECOND) for number, end in enumerate(ends)]


def _event(text: str | None, finish: str | None = None) -> bytes:
    delta = {} if text is None else {"content": text}
    chunk = {
        "id": "chatcmpl-benchmark",
        "object": "chat.completion.chunk",
        "created": 1700000000,
        "model": "benchmark",
        "choices": [{"index": 0, "delta": delta, "finish_reason": finish}],
    }
    return framed(b"data: " + msgspec.json.encode(chunk) + b"\n\n")


def framed(data: bytes) -> bytes:
    """The data as a chunk of HTTP."""
    return b"%x\r\n%b\r\n" % (len(data), data)


EVENTS = [_event(token(number)) for number in range(TOKENS)]
END = _event(None, "stop") + framed(b"data: [DONE]\n\n") + b"0\r\n\r\n"


class Answering(asyncio.Protocol):
    """One question and its answer."""

    def __init__(self) -> None:
        self._asked = b""
        self._number = 0
        self._began = 0.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        head, end, body = self._asked.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not end or len(body) < (int(length[1]) if length else 0):
            return
        self._loop = asyncio.get_running_loop()
        self._start, self._began = self._loop.time(), monotonic()
        self._transport.write(HEAD + _event(stamp(self._began)))
        self._say()

    def _say(self) -> None:
        if self._transport.is_closing():
            return
        if self._number == TOKENS:
            self._transport.write(END)
            self._transport.close()
            return
        self._transport.write(EVENTS[self._number])
        self._number += 1
        self._loop.call_at(self._start + self._number / TOKENS_PER_SECOND, self._say)


async def main() -> None:
    """Answer until the process is ended."""
    server = await asyncio.get_running_loop().create_server(Answering, "127.0.0.1", 0, backlog=4096)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
