"""The OpenAI dialect: chat completions, streamed."""

import re
from typing import Any

import msgspec
from msgspec import Struct

from arena.upstream.calls import Failure, Finished, Message, Target, UpstreamFailed


class _Delta(Struct):
    content: str | None = None


class _Choice(Struct):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Usage(Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Chunk(Struct):
    choices: list[_Choice] | None = None
    usage: _Usage | None = None
    error: Any = None


_decode = msgspec.json.Decoder(_Chunk).decode


def url(target: Target) -> str:
    """Where the question is posted."""
    return f"{target.base_url.rstrip('/')}/chat/completions"


def headers(target: Target) -> dict[str, str]:
    """What goes before the question."""
    if target.key is None:
        return target.headers
    if not re.fullmatch(r"[!-~]+", target.key):
        raise UpstreamFailed(Failure.STATUS, "The endpoint's key has characters that no key can have.")
    return {**target.headers, "authorization": f"Bearer {target.key}"}


def question(target: Target, messages: list[Message]) -> bytes:
    """The body to post; no parameter of the target can stand in for what the arena says itself."""
    system = [] if target.system_prompt is None else [Message("system", target.system_prompt)]
    own = {
        "model": target.model,
        "messages": [*system, *messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    return msgspec.json.encode({**target.parameters, **own})


class Answer:
    """One answer as its events tell it: the first choice's text, how it ended, what it cost.

    `finished` is true once the endpoint has said why the text ends, `ended` once nothing more can follow.
    """

    def __init__(self, answer_bytes: int) -> None:
        self.finished = False
        self.ended = False
        self._reason: str | None = None
        self._usage = _Usage()
        self._bytes_left = answer_bytes
        self._blank = True

    def take(self, data: str) -> str:
        """The text that an event adds to the answer; mostly some, sometimes none."""
        if data == "[DONE]":
            self.finished = self.ended = True
            return ""
        try:
            chunk = _read(data)
        except UpstreamFailed:
            if self.finished:  # The text is whole already, whatever comes after it.
                return ""
            raise
        if chunk.usage is not None:
            self._usage = chunk.usage
        return "".join([self._said(choice) for choice in chunk.choices or () if choice.index == 0])

    def close(self) -> Finished:
        """How the answer ended; a text that merely stops, or has nothing to read, is a failure."""
        if not self.finished:
            raise UpstreamFailed(Failure.TRUNCATED, "The endpoint's answer broke off.")
        if self._blank and self._reason == "content_filter":
            raise UpstreamFailed(Failure.REFUSED, "The endpoint's content filter lets nothing of the answer out.")
        if self._blank:
            raise UpstreamFailed(Failure.EMPTY, "The endpoint's answer has no text.")
        return Finished(
            reason=self._reason or "stop",  # [DONE] alone says that the text is whole
            prompt_tokens=self._usage.prompt_tokens,
            answer_tokens=self._usage.completion_tokens,
            truncated=self._reason == "length",
        )

    def _said(self, choice: _Choice) -> str:
        if self.finished:
            return ""
        if choice.finish_reason:
            self.finished = True
            self._reason = choice.finish_reason
        if choice.delta is None or not choice.delta.content:
            return ""
        text = choice.delta.content.replace("\0", "")  # PostgreSQL keeps no NUL in a text
        self._bytes_left -= len(text.encode())
        if self._bytes_left < 0:
            raise UpstreamFailed(Failure.TOO_LONG, "The endpoint's answer is longer than an answer may be.")
        self._blank = self._blank and (not text or text.isspace())
        return text


def _read(data: str) -> _Chunk:
    try:
        chunk = _decode(data)
    except (msgspec.DecodeError, RecursionError):
        raise UpstreamFailed(Failure.MALFORMED, "The endpoint sent an event that can't be read.") from None
    if chunk.error is not None:
        raise UpstreamFailed(Failure.MALFORMED, "The endpoint sent an error in place of its answer.")
    return chunk
