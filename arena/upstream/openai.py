"""The OpenAI dialect: chat completions, streamed."""

from typing import Any

import msgspec
from msgspec import Struct

from arena.upstream import answers
from arena.upstream.calls import Message, Target


# None of these can be part of a cycle, so the collector of garbage need not know of them: there are thousands a second.
class _Delta(Struct, gc=False):
    content: str | None = None


class _Choice(Struct, gc=False):
    index: int = 0
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Usage(Struct, gc=False):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Chunk(Struct, gc=False):
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
    return {**target.headers, "authorization": f"Bearer {answers.require_header(target.key)}"}


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


class Answer(answers.Answer):
    """The first choice's text."""

    def take(self, data: str) -> str:
        """The text that a chunk adds to the answer."""
        try:
            chunk = _decode(data)
        except (msgspec.DecodeError, RecursionError):
            return self._other(data)
        if chunk.error is not None:
            return self._broken()
        if chunk.usage is not None:
            self._prompt_tokens, self._answer_tokens = chunk.usage.prompt_tokens, chunk.usage.completion_tokens
        said = ""
        for choice in chunk.choices or ():
            if choice.index == 0 and not self.finished:
                if choice.finish_reason:
                    self.finished = True
                    self._reason = choice.finish_reason
                if choice.delta is not None:
                    said += self._say(choice.delta.content)
        return said

    def _other(self, data: str) -> str:
        """What is no chunk: the end, or something after it, whatever that is; all else is a failure."""
        if data == "[DONE]":
            self.finished = self.ended = True
        elif not self.finished:
            raise answers.unreadable() from None
        return ""

    def _broken(self) -> str:
        if not self.finished:
            raise answers.broken()
        return ""
