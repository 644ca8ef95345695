"""What a provider of the Anthropic dialect streams, by the name of the model that is asked, as replies.py has it."""

import json
from collections.abc import Iterable
from itertools import repeat
from typing import Any

from tests.replies import PINGS, TICK, Act, Piece


def event(kind: str, **more: Any) -> bytes:
    """One event of a message."""
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **more}, ensure_ascii=False)}\n\n".encode()


def text(said: str, index: int = 0) -> bytes:
    """An event that adds a text."""
    return event("content_block_delta", index=index, delta={"type": "text_delta", "text": said})


def ended(finish: str = "stop") -> bytes:
    """The events in which a message says why it ends, and that it is whole."""
    reasons = {"stop": "end_turn", "length": "max_tokens", "content_filter": "refusal"}
    return event("content_block_stop", index=0) + stopped(reasons.get(finish, finish)) + DONE


def stopped(reason: str) -> bytes:
    """The event in which a message says why it ends."""
    return event("message_delta", delta={"stop_reason": reason, "stop_sequence": None}, usage={"output_tokens": 2})


# It names the model and its maker, as real ones do.
_MESSAGE = {"id": "msg_acme_1", "model": "acme-large", "role": "assistant", "content": []}
BEGIN = (
    event("message_start", message={**_MESSAGE, "usage": {"input_tokens": 7, "output_tokens": 1}})
    + event("content_block_start", index=0, content_block={"type": "text", "text": ""})
    + event("ping")
)
DONE = event("message_stop")
HELLO = BEGIN + text("Hello") + text(" world")
END = ended()
ERROR = event("error", error={"type": "overloaded_error", "message": "acme-large is out of memory at 10.0.0.7"})
THOUGHT = event("content_block_delta", index=1, delta={"type": "thinking_delta", "thinking": "hm"})
TOOL = event("content_block_delta", index=2, delta={"type": "input_json_delta", "partial_json": "{"})

DRIPS: list[Piece] = [text("x"), TICK] * 6000

STREAMS: dict[str, Iterable[Piece]] = {
    "identity": [HELLO, END],
    "status200_error": [ERROR],
    "error_mid": [HELLO, ERROR],
    "nodone": [HELLO, stopped("end_turn")],
    "doneonly": [HELLO, DONE],
    "nofinish": [HELLO],
    "length": [HELLO, ended("length")],
    "empty": [BEGIN, END],
    "empty_text": [BEGIN, text(""), text(" \n"), END],
    "refusal": [BEGIN, ended("content_filter")],
    "badjson": [HELLO, b"data: {not json\n\n", END],
    "badsse": [b"what: is this\nnor this\n\n", HELLO, END],
    "badutf8": [BEGIN, text("Hello").replace(b"Hello", b"Hel\xff\xfelo"), END],
    "surrogate": [BEGIN, text("Hello").replace(b"Hello", b"\\ud83d"), END],
    "nul": [BEGIN, text("Hel\0lo\0"), text("\0"), END],
    "crlf": [(HELLO + END).replace(b"\n", b"\r\n")],
    "bom": [b"\xef\xbb\xbf" + HELLO, END],
    "comments": [b": ping\n\n", BEGIN, text("Hello"), event("ping"), event("some_day"), text(" world"), END],
    "split": [bytes([byte]) for byte in BEGIN + text("Grüße 👋") + END],
    "tools": [BEGIN, THOUGHT, HELLO.removeprefix(BEGIN), TOOL, END],
    "noblank": [HELLO, stopped("end_turn").rstrip()],
    "afterwards": [HELLO, stopped("end_turn"), text(" more"), b"data: {not json\n\n", ERROR],
    "hugeline": [b"data: " + b"x" * 65536, *[b"x" * 65536] * 20],
    "hang_headers": [Act.HANG],
    "hang_mid": [HELLO, Act.HANG],
    "drip": [BEGIN, *DRIPS],
    "pings": [event("ping"), *PINGS],
    "hugechunk": [BEGIN, text("x" * 100_000), END],
    "infinite": repeat(text("x" * 4096)),
    "junk": repeat(b": " + b"x" * 65536 + b"\n\n"),
    "disconnect": [HELLO, Act.CLOSE],
    "rst": [HELLO, Act.RESET],
}
