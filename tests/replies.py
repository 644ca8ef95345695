"""What a provider can reply, by the name of the model that is asked: whole replies, streams and broken wires."""

import asyncio
import json
from collections.abc import Iterable
from enum import Enum, auto
from itertools import repeat
from typing import Any

STREAM_HEADERS = {"content-type": "text/event-stream"}
TICK = 0.01


class Act(Enum):
    """What a reply can do besides writing."""

    HANG = auto()
    CLOSE = auto()
    RESET = auto()


# A piece of a reply: bytes to write, seconds to let pass, an event to wait for, or an act.
Piece = bytes | float | asyncio.Event | Act


def event(text: str | None = None, *, index: int = 0, finish: str | None = None, **more: Any) -> bytes:
    """One chunk of a chat completion; it names the model and its maker, as real ones do."""
    delta = {} if text is None else {"content": text}
    choice = {"index": index, "delta": delta, "finish_reason": finish}
    names = {"id": "cmpl-acme-1", "model": "acme-large", "system_fingerprint": "fp_acme"}
    return b"data: " + json.dumps({**names, "choices": [choice], **more}, ensure_ascii=False).encode() + b"\n\n"


def text(said: str) -> bytes:
    """An event that adds a text."""
    return event(said)


def ended(finish: str = "stop") -> bytes:
    """The events in which an answer says why it ends, and that it is whole."""
    return event(finish=finish) + USAGE + DONE


BEGIN = b""
USAGE = event(choices=[], usage={"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9})
DONE = b"data: [DONE]\n\n"
STOP = event(finish="stop")
END = ended()
HELLO = event("Hello") + event(" world")
ERROR = b'data: {"error": {"message": "acme-large is out of memory at 10.0.0.7", "code": 500}}\n\n'

# Whole replies without a stream: status, headers, body. KEY in a body stands for the key that was sent.
REPLIES: dict[str, tuple[int, dict[str, str], bytes]] = {
    "status400": (400, {}, b'{"error": {"message": "no such parameter"}}'),
    "status401": (401, {}, b'{"error": {"message": "wrong key KEY"}}'),
    "status403": (403, {"x-key": "KEY"}, b"forbidden"),
    "status404": (404, {}, b'{"error": {"message": "no such model"}}'),
    "status429": (429, {"retry-after": "7"}, b"slow down"),
    "status500": (500, {}, b"Traceback (most recent call last): KEY"),
    "status503": (503, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, b"busy"),
    "redirect": (307, {"location": "/v1/elsewhere"}, b""),
    "redirect_loop": (307, {"location": "/v1/chat/completions"}, b""),
    "html": (200, {"content-type": "text/html"}, b"<h1>It works</h1>"),
    "octet": (200, {"content-type": "application/octet-stream"}, HELLO + END),
    "json": (200, {"content-type": "application/json"}, b'{"choices": [{"message": {"content": "Hello"}}]}'),
    "gzip": (200, {**STREAM_HEADERS, "content-encoding": "gzip"}, b"\x1f\x8b\x08\x00"),
    "hugeheaders": (200, {**STREAM_HEADERS, "x-huge": "x" * 9000}, HELLO + END),
    "manyheaders": (200, {**STREAM_HEADERS, **{f"x-{n}": "x" * 1000 for n in range(40)}}, HELLO + END),
}

# A minute or more of sending nothing to the point.
PINGS: list[Piece] = [b": ping\n\n", TICK] * 6000
SLOW_BYTES: list[Piece] = [b"x", TICK] * 6000

# Event streams, each piece a chunk of the body.
STREAMS: dict[str, Iterable[Piece]] = {
    "identity": [HELLO, END],
    "status200_error": [ERROR, DONE],
    "error_mid": [HELLO, ERROR],
    "nodone": [HELLO, STOP],
    "doneonly": [HELLO, DONE],
    "nofinish": [HELLO],
    "length": [HELLO, event(finish="length"), DONE],
    "empty": [END],
    "refusal": [event(finish="content_filter"), DONE],
    "empty_text": [event(""), event(" \n"), END],
    "badjson": [HELLO, b"data: {not json\n\n", END],
    "badsse": [b"what: is this\nnor this\n\n", HELLO, END],
    "badutf8": [event("Hello").replace(b"Hello", b"Hel\xff\xfelo"), END],
    "surrogate": [event("Hello").replace(b"Hello", b"\\ud83d"), END],
    "nul": [event("Hel\0lo\0"), event("\0"), END],
    "multiline": [(HELLO + STOP).replace(b', "choices"', b'\ndata: , "choices"'), DONE],
    "crlf": [(HELLO + END).replace(b"\n", b"\r\n")],
    "bom": [b"\xef\xbb\xbf" + HELLO, END],
    "comments": [b": ping\n\n", event("Hello"), b": ping\n\n:\n\n", event(" world"), END],
    "split": [bytes([byte]) for byte in event("Grüße 👋") + END],
    "nullcontent": [event(choices=[{"delta": {"role": "assistant", "content": None}}]), HELLO, END],
    "multichoice": [event("no", index=1), HELLO, event(index=1, finish="length"), event(" no", index=1), END],
    "tools": [event(choices=[{"index": 0, "delta": {"tool_calls": [{"index": 0, "id": "t"}]}}]), HELLO, END],
    "noblank": [HELLO, STOP.rstrip()],
    "afterwards": [HELLO, STOP, event(" more"), b"data: {not json\n\n", ERROR],
    "hugeline": [b"data: " + b"x" * 65536, *[b"x" * 65536] * 20],
    "xss": [event("<script>alert(1)</script>"), END],
    "sse_inject": [event("\n\nevent: ready\ndata: {}\n\n"), END],
    "hang_headers": [Act.HANG],
    "hang_mid": [HELLO, Act.HANG],
    "hang_end": [HELLO, STOP, Act.HANG],
    "pings_end": [HELLO, STOP, *PINGS],
    "drip": [event("x"), TICK] * 6000,
    "pings": PINGS,
    "hugechunk": [event("x" * 100_000), END],
    "infinite": repeat(event("x" * 4096)),
    "junk": repeat(b": " + b"x" * 65536 + b"\n\n"),
    "disconnect": [HELLO, Act.CLOSE],
    "rst": [HELLO, Act.RESET],
}


# What is written to the connection as it stands, with no HTTP made for it.
WIRES: dict[str, Iterable[Piece]] = {
    "hang": [Act.HANG],
    "slow_headers": [b"HTTP/1.1 200 OK\r\nx-slow: ", *SLOW_BYTES],
    "vanish": [Act.CLOSE],
    "badstatus": [b"SSH-2.0-OpenSSH_9.2\r\n\r\n", Act.HANG],
    "badchunked": [b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
}
