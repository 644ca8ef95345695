"""Probes: an endpoint that is being tested, what it is asked and how it answers."""

import asyncio
from contextlib import aclosing
from datetime import datetime
from statistics import median
from time import monotonic
from typing import Final
from uuid import uuid4

from msgspec import Struct, structs

from arena.upstream import (
    Exchange,
    Finished,
    Limits,
    Mask,
    Message,
    Target,
    Text,
    Transcript,
    Upstream,
    UpstreamFailed,
)

KEPT_EXCHANGES: Final = 3
# The characters of what an endpoint says that a sentence may repeat.
QUOTED: Final = 200
MOST_AT_ONCE: Final = 8
# How many calls are tried at once where nobody has said how many there may be: both sides of one battle.
AT_ONCE: Final = 2


class Claims(Struct, frozen=True, kw_only=True):
    """What is said of the endpoint and its contender; None where nothing is said."""

    name: str
    organisation: str
    context_tokens: int | None
    concurrency: int | None
    prompt_characters: int

    @property
    def at_once(self) -> int:
        """How many calls are tried at once."""
        return min(self.concurrency or AT_ONCE, MOST_AT_ONCE)


class Heard(Struct, frozen=True, kw_only=True):
    """An answer, whole where `end` is there, and broken off where `failure` is; else it was hung up on.

    `texts` is the number of events that had text, `longest` the characters of the longest.
    """

    text: str
    texts: int
    longest: int
    first_seconds: float | None
    seconds: float
    end: Finished | None
    failure: UpstreamFailed | None

    @property
    def why(self) -> str:
        """What failed, as a neutral word or the reply's status."""
        if self.failure is None:
            return ""
        return f"status {self.failure.status}" if self.failure.status else self.failure.code.value


class Probe:
    """One endpoint for the time of its test, with the secrets it is called with."""

    def __init__(self, upstream: Upstream, target: Target, claims: Claims, limits: Limits) -> None:
        self.target = upstream.opened(target)
        self.claims = claims
        self.limits = limits
        self.mask = Mask([*filter(None, [self.target.key]), *self.target.headers.values()])
        self.models: list[str] | None = None
        self.replied = False
        self.certificate_until: datetime | None = None
        self._upstream = upstream
        self._first_seconds: list[float] = []
        self._rates: list[float] = []
        self._exchanges: list[tuple[bool, Exchange]] = []

    @property
    def first_seconds(self) -> float:
        """How long half of the answers took to begin; 0 while there was none."""
        return median(self._first_seconds) if self._first_seconds else 0.0

    @property
    def rate(self) -> float | None:
        """The characters in a second of half of the longer answers; None while there was none."""
        return median(self._rates) if self._rates else None

    async def list_models(self) -> UpstreamFailed | None:
        """Read the endpoint's list of models; the failure where there is none."""
        transcript = Transcript(self.mask)
        try:
            self.models = await self._upstream.models(self.target, self.limits, transcript)
        except UpstreamFailed as failure:
            return failure
        finally:
            # That there is no list is no failure.
            self._keep(transcript, failed=False)
        return None

    async def ask(self, *messages: str | Message, most: int | None = None, target: Target | None = None) -> Heard:
        """The endpoint's answer; after `most` characters it is hung up on."""
        transcript, said = Transcript(self.mask), list[str]()
        began, first, end, failed = monotonic(), None, None, None
        asked = [Message("user", each) if isinstance(each, str) else each for each in messages]
        try:
            async with aclosing(self._upstream.stream(target or self.target, asked, self.limits, transcript)) as answer:
                async for part in answer:
                    if isinstance(part, Text):
                        first = monotonic() - began if first is None else first
                        said.append(part.text)
                        if most is not None and sum(map(len, said)) >= most:
                            break
                    else:
                        end = part
        except UpstreamFailed as failure:
            failed = failure
        finally:
            self._keep(transcript, failed=failed is not None)
        return self._measured(
            Heard(
                text="".join(said),
                texts=transcript.texts,
                longest=transcript.longest,
                first_seconds=first,
                seconds=monotonic() - began,
                end=end,
                failure=failed,
            )
        )

    async def ask_wrongly(self, question: str) -> Heard:
        """What the endpoint says to somebody with a key that is not its."""
        return await self.ask(question, target=structs.replace(self.target, key=f"wrong-{uuid4().hex}"))

    async def call_off(self, question: str, calls: int, after: float) -> None:
        """Ask so many times at once, and hang up after so many seconds whatever has come."""
        asking = [asyncio.create_task(self.ask(question)) for _ in range(calls)]
        try:
            await asyncio.wait(asking, timeout=after)
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    def taken(self) -> list[Exchange]:
        """What went over the wire since the last time; of many calls those that failed."""
        kept = sorted(self._exchanges, key=lambda each: not each[0])[:KEPT_EXCHANGES]
        self._exchanges = []
        return [exchange for _, exchange in kept]

    def _measured(self, heard: Heard) -> Heard:
        if heard.first_seconds is not None and heard.failure is None:
            self._first_seconds.append(heard.first_seconds)
            writing = heard.seconds - heard.first_seconds
            if len(heard.text) >= 200 and writing > 0:
                self._rates.append(len(heard.text) / writing)
        return heard

    def _keep(self, transcript: Transcript, *, failed: bool) -> None:
        self._exchanges.append((failed, transcript.exchange()))
        self.replied = self.replied or transcript.replied_at_all
        self.certificate_until = transcript.certificate_until or self.certificate_until
