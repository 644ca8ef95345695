"""The Anthropic dialect: messages, streamed, as the API's version 2023-06-01 has them.

The API wants to be told how long an answer may be; an endpoint without a `max_tokens` among its parameters is told
MAX_TOKENS.
"""

from typing import Any, Final

import msgspec
from msgspec import Struct

from arena.upstream import answers
from arena.upstream.calls import Message, Target, UpstreamFailed

VERSION: Final = "2023-06-01"
MAX_TOKENS: Final = 4096

# Why an answer ended, in the words that the arena keeps; other reasons are kept as they are.
REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "refusal": "content_filter",
}


class _Usage(Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None


class _Message(Struct):
    usage: _Usage | None = None


class _Part(Struct):
    type: str = ""
    text: str | None = None
    stop_reason: str | None = None


class _Event(Struct):
    type: str = ""
    message: _Message | None = None
    content_block: _Part | None = None
    delta: _Part | None = None
    usage: _Usage | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Event).decode


def url(target: Target) -> str:
    """Where the question is posted."""
    return f"{target.base_url.rstrip('/')}/messages"


def headers(target: Target) -> dict[str, str]:
    """What goes before the question; the endpoint's own headers may name another version."""
    given = {"anthropic-version": VERSION, **{name.lower(): value for name, value in target.headers.items()}}
    return given if target.key is None else {**given, "x-api-key": answers.require_header(target.key)}


def question(target: Target, messages: list[Message]) -> bytes:
    """The body to post; no parameter of the target can stand in for what the arena says itself."""
    own: dict[str, Any] = {"model": target.model, "messages": messages, "stream": True}
    if target.system_prompt is not None:
        own["system"] = target.system_prompt
    return msgspec.json.encode({"max_tokens": MAX_TOKENS, **target.parameters, **own})


class Answer(answers.Answer):
    """The text blocks' text; what the model thinks and the tools it wants are passed over."""

    def take(self, data: str) -> str:
        """The text that an event adds to the answer; of events that nobody knows yet there is none."""
        try:
            event = _read(data)
        except UpstreamFailed:
            if self.finished:  # The text is whole already, whatever comes after it.
                return ""
            raise
        match event.type:
            case "content_block_delta" if event.delta is not None and event.delta.type == "text_delta":
                return self._said(event.delta)
            case "content_block_start" if event.content_block is not None and event.content_block.type == "text":
                return self._said(event.content_block)
            case "message_start" if event.message is not None and event.message.usage is not None:
                self._prompt_tokens = event.message.usage.input_tokens
            case "message_delta":
                self._end(event)
            case "message_stop":
                self.finished = self.ended = True
        return ""

    def _said(self, part: _Part) -> str:
        return "" if self.finished else self._say(part.text)

    def _end(self, event: _Event) -> None:
        if event.usage is not None:
            self._answer_tokens = event.usage.output_tokens
        if event.delta is not None and event.delta.stop_reason and not self.finished:
            self.finished = True
            self._reason = REASONS.get(event.delta.stop_reason, event.delta.stop_reason)


def _read(data: str) -> _Event:
    try:
        event = _decode(data)
    except (msgspec.DecodeError, RecursionError):
        raise answers.unreadable() from None
    if event.type == "error" or event.error is not None:
        raise answers.broken()
    return event
