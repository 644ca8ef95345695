"""Ask: a contender is asked the prompts of a set, and every answer is kept as it comes."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from time import monotonic
from typing import Final
from uuid import UUID, uuid4

from arena.config import Settings
from arena.db import AWAY, Pool, away
from arena.evaluation import formats, prompt_sets, set_calls
from arena.evaluation.set_answers import Heard
from arena.evaluation.set_calls import Call, Claimed, Question
from arena.limits import Rates
from arena.sealing import Keyring
from arena.submission import endpoints, health
from arena.upstream import Failure, Finished, Limits, Message, Target, Text, Upstream, UpstreamFailed

log = logging.getLogger(__name__)

BEAT_SECONDS: Final = 10.0
# How many questions of a run are with its endpoint at a time, where its provider has not said less.
MOST_AT_ONCE: Final = 4
USUAL_AT_ONCE: Final = 2
# Characters that are taken for a token where an endpoint doesn't tell its tokens.
TOKEN_CHARACTERS: Final = 3


async def run(db: Pool, settings: Settings, run_id: UUID) -> None:
    """Ask what the run has still to ask, unless another worker is at it; where this one is stopped, another goes on."""
    claimed = await set_calls.claim(db, run_id, uuid4())
    if claimed is None:
        return
    try:
        left = await _asked(db, settings, claimed)
    except Exception as error:
        if away(error):
            raise
        # What nobody has foreseen would happen again: it ends this run and no other.
        log.exception("asking broke run=%s", run_id)
        await set_calls.fail(db, claimed)
        return
    state = await set_calls.finish(db, claimed, left=left)
    log.info("asked run=%s state=%s", run_id, state)


async def _asked(db: Pool, settings: Settings, claimed: Claimed) -> bool:
    """Whether something is left to ask."""
    async with (
        _beating(db, claimed),
        Rates(settings) as rates,
        Upstream(Keyring(settings)) as upstream,
    ):
        [target] = await endpoints.targets(db, [claimed.endpoint_id])
        return await _Asking(db, settings, claimed, target, upstream, rates).all()


async def look_after(db: Pool) -> None:
    """Call workers for the runs that wait, or whose worker is gone."""
    await set_calls.look_after(db)


class _Asking:
    """A run while it is asked."""

    def __init__(
        self, db: Pool, settings: Settings, claimed: Claimed, target: Target, upstream: Upstream, rates: Rates
    ) -> None:
        self._db = db
        self._run = claimed
        self._target = target
        self._upstream = upstream
        self._rates = rates
        self._limits = Limits(
            first_byte_seconds=settings.first_byte_seconds,
            idle_seconds=settings.idle_seconds,
            answer_seconds=settings.answer_seconds,
            answer_bytes=settings.answer_bytes,
        )

    async def all(self) -> bool:
        """Ask until nothing is open, or no further question is allowed: whether some are left."""
        prompts = await prompt_sets.prompts(self._db, self._run.set_id)
        at_once = min(self._run.concurrency or USUAL_AT_ONCE, MOST_AT_ONCE)
        while questions := await set_calls.open_questions(self._db, self._run, prompts):
            waiting = iter(questions)
            async with asyncio.TaskGroup() as group:
                asking = [group.create_task(self._ask_on(waiting)) for _ in range(at_once)]
            if any(task.result() for task in asking):
                return True
        return False

    async def _ask_on(self, waiting: Iterator[Question]) -> bool:
        """Ask what waits, one after the other; true as soon as no further question is allowed."""
        for question in waiting:
            if not await self._rates.call([self._run.endpoint_id]):
                return True
            async with self._db.acquire() as connection:
                call = await set_calls.begin(connection, self._run, question)
            if call is None:
                return True
            await self._ask(call, question)
        return False

    async def _ask(self, call: Call, question: Question) -> None:
        asked = formats.put(question.prompt.content, question.format)
        heard = await self._heard(call, asked)
        async with self._db.acquire() as connection:
            await set_calls.end(connection, self._run, call, question, heard)

    async def _heard(self, call: Call, asked: str) -> Heard:
        begun, said = monotonic(), list[str]()
        try:
            async with aclosing(self._upstream.stream(self._target, [Message("user", asked)], self._limits)) as pieces:
                async for piece in pieces:
                    if isinstance(piece, Text):
                        said.append(piece.text)
                    else:
                        ended = piece
        except UpstreamFailed as failure:
            await self._rest(call, failure)
            cost = self._cost(asked, "".join(said), None)
            return Heard(failure=failure.code, cost=cost, seconds=monotonic() - begun)
        await health.recover(self._db, self._run.endpoint_id, call.asked_at)
        return Heard(
            text="".join(said),
            truncated=ended.truncated,
            prompt_tokens=ended.prompt_tokens,
            answer_tokens=ended.answer_tokens,
            cost=self._cost(asked, "".join(said), ended),
            seconds=monotonic() - begun,
        )

    async def _rest(self, call: Call, failure: UpstreamFailed) -> None:
        """An endpoint that failed rests, as after a battle; refusing the content is no failure of its own."""
        if failure.code is Failure.REFUSED:
            return
        seconds = failure.retry_after
        if seconds is None and failure.code is Failure.RATE_LIMITED:
            seconds = health.RATE_LIMITED_SECONDS
        await health.rest(self._db, self._run.endpoint_id, call.asked_at, seconds)

    def _cost(self, asked: str, said: str, ended: Finished | None) -> float:
        told = (ended.prompt_tokens, ended.answer_tokens) if ended else (None, None)
        prompt, answer = (
            len(text) / TOKEN_CHARACTERS if tokens is None else tokens
            for text, tokens in zip((asked, said), told, strict=True)
        )
        return (prompt * self._run.prompt_price + answer * self._run.answer_price) / 1e6


@asynccontextmanager
async def _beating(db: Pool, claimed: Claimed) -> AsyncIterator[None]:
    """Say again and again that this worker is at it."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await set_calls.beat(db, claimed)
            except AWAY as error:
                log.warning("no beat run=%s error=%s", claimed.id, type(error).__name__)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
