"""Speaking to endpoints: one question out, one answer back as it is made, and nothing believed on the way."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol, Self
from uuid import UUID

import aiohttp
import msgspec
from msgspec import Struct, structs

from arena.errors import Refused
from arena.sealing import Keyring, Unopenable
from arena.upstream import anthropic, openai, reply, safety
from arena.upstream.answers import Answer
from arena.upstream.calls import Dialect, Failure, Finished, Grants, Limits, Message, Target, Text, UpstreamFailed
from arena.upstream.deadlines import Deadlines
from arena.upstream.hearing import Hearing
from arena.upstream.masks import Mask
from arena.upstream.reply import Request
from arena.upstream.safety import check_url, normal
from arena.upstream.transcripts import Exchange, Transcript

__all__ = [
    "Dialect",
    "Exchange",
    "Failure",
    "Finished",
    "Grants",
    "Hearing",
    "Limits",
    "Mask",
    "Message",
    "Target",
    "Text",
    "Transcript",
    "Upstream",
    "UpstreamFailed",
    "check_url",
    "normal",
]


class _Speaker(Protocol):
    """What a dialect's module knows."""

    def url(self, target: Target) -> str: ...

    def headers(self, target: Target) -> dict[str, str]: ...

    def question(self, target: Target, messages: list[Message]) -> bytes: ...

    @property
    def Answer(self) -> type[Answer]: ...  # noqa: N802 - it is a class.


SPEAKERS: Final[dict[Dialect, _Speaker]] = {Dialect.OPENAI: openai, Dialect.ANTHROPIC: anthropic}
# Headers that hold a key, besides those that the endpoint's provider has given.
SECRET_HEADERS: Final = {"authorization", "x-api-key"}


class _Model(Struct):
    id: str


class _Models(Struct):
    data: list[_Model]


class Upstream:
    """The arena's connections to endpoints: opened once, closed with the process."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        # A pooled connection was checked against the grants of one endpoint, so it must never serve another one, nor
        # the same one after its grants have changed.
        self._sessions: dict[tuple[UUID, str, Grants], aiohttp.ClientSession] = {}
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        for session in self._sessions.values():
            await session.close()

    @asynccontextmanager
    async def asked(
        self, target: Target, messages: list[Message], limits: Limits, transcript: Transcript | None = None
    ) -> AsyncIterator[Hearing]:
        """The answer, ready to be heard; hung up on when left. A question is asked once and never again."""
        target = self.opened(target)
        deadlines, speaker = Deadlines(limits), SPEAKERS[target.dialect]
        request = _request(target, speaker.url(target), speaker.question(target, messages))
        async with reply.asked(self._session(target), request, deadlines, transcript) as response:
            yield Hearing(response, deadlines, speaker.Answer(limits.answer_bytes), limits, transcript)

    async def stream(
        self, target: Target, messages: list[Message], limits: Limits, transcript: Transcript | None = None
    ) -> AsyncGenerator[Text | Finished, None]:
        """The answer piece by piece, then Finished; UpstreamFailed as soon as there can be no whole answer.

        Closing the generator hangs up at once: where it may not be read to its end, hold it in `contextlib.aclosing`.
        """
        async with self.asked(target, messages, limits, transcript) as answer:
            while not answer.over:
                if text := await answer.more():
                    yield Text(text)
            yield answer.close()

    async def models(self, target: Target, limits: Limits, transcript: Transcript | None = None) -> list[str]:
        """The names of the models that the endpoint lists; UpstreamFailed where it has no list that can be read."""
        target = self.opened(target)
        url = f"{target.base_url.rstrip('/')}/models"
        request = structs.replace(_request(target, url, b""), method="GET")
        body = await reply.listed(self._session(target), request, Deadlines(limits), transcript)
        try:
            return [model.id for model in msgspec.json.decode(body, type=_Models).data]
        except (msgspec.DecodeError, RecursionError):
            raise UpstreamFailed(Failure.MALFORMED, "The endpoint's list of models can't be read.") from None

    def opened(self, target: Target) -> Target:
        """The target with its secrets, which are in the clear for this one call."""
        if target.sealed is None:
            return target
        try:
            secrets = self._keyring.open(target.sealed, target.endpoint_id)
        except Unopenable:
            raise UpstreamFailed(
                Failure.STATUS, "The endpoint's key can't be opened; its provider must set it anew."
            ) from None
        return structs.replace(target, key=secrets.key, headers=secrets.headers, sealed=None)

    def _session(self, target: Target) -> aiohttp.ClientSession:
        if self._closed:
            raise UpstreamFailed(Failure.UNREACHABLE, "The arena is closing its connections.")
        name = (target.endpoint_id, target.base_url, target.allowed)
        if name not in self._sessions:
            try:
                check_url(target.base_url, target.allowed)
            except Refused:
                raise UpstreamFailed(Failure.ADDRESS, "The arena may not call this endpoint's address.") from None
            self._sessions[name] = safety.open_session(target.base_url, target.allowed)
        return self._sessions[name]


def _request(target: Target, url: str, body: bytes) -> Request:
    secret = SECRET_HEADERS | {name.lower() for name in target.headers}
    return Request(url=url, headers=SPEAKERS[target.dialect].headers(target), secret=secret, body=body)
