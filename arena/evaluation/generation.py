"""Generation: both sides are asked at once, and their answers let out tick by tick."""

import asyncio
import logging
from collections.abc import AsyncIterator
from time import monotonic
from typing import Literal, Self
from uuid import UUID

from arena import markdown
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import battles, turns
from arena.evaluation.battles import Battle, State
from arena.evaluation.broadcasts import KEEP_ALIVE, Broadcast, Failed, Ready, Shown, encoded
from arena.evaluation.pacing import Pacer
from arena.evaluation.pairing import Pairing
from arena.evaluation.writers import Writer
from arena.upstream import Limits, Message, Target, Upstream

log = logging.getLogger(__name__)

LINGER_SECONDS = 60.0
POLL_SECONDS = 0.5
BLOCKS_EVERY_TICKS = 6


class Generations:
    """The battles that this process answers, opened and closed with it.

    Readers in this process are fed from memory; Redis plays no part in it.
    """

    def __init__(self, db: Pool, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._upstream = Upstream()
        self._broadcasts: dict[UUID, Broadcast] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._limits = Limits(
            first_byte_seconds=settings.first_byte_seconds,
            idle_seconds=settings.idle_seconds,
            answer_seconds=settings.answer_seconds,
            answer_bytes=settings.answer_bytes,
        )

    async def __aenter__(self) -> Self:
        await self._upstream.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
        await self._upstream.__aexit__(None, None, None)

    async def close(self) -> None:
        """Break off whatever is being answered; those battles end void and their readers are told."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def begin(self, battle: Battle, prompt: str, pairing: Pairing) -> None:
        """Ask both sides now; the answers belong to the battle, not to whoever listens."""
        broadcast = self._broadcasts[battle.id] = Broadcast()
        targets = [entrant.target for entrant in pairing.entrants]
        task = asyncio.create_task(self._answer(battle.id, [Message("user", prompt)], targets, broadcast))
        self._tasks[battle.id] = task
        task.add_done_callback(lambda done: self._leave(battle.id, done))

    def stop(self, battle_id: UUID) -> None:
        """Stop asking, because the voter has left."""
        if task := self._tasks.get(battle_id):
            task.cancel()

    def follow(self, battle: Battle, after: int) -> AsyncIterator[bytes]:
        """The battle's events: from memory while this process has them, else from what is kept of them."""
        if broadcast := self._broadcasts.get(battle.id):
            return broadcast.follow(after)
        return self._replay(battle, after)

    def _leave(self, battle_id: UUID, done: asyncio.Task[None]) -> None:
        if not done.cancelled() and (error := done.exception()):
            log.error("generation broke battle=%s", battle_id, exc_info=error)
        del self._tasks[battle_id]
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._broadcasts.pop, battle_id, None)

    async def _answer(
        self, battle_id: UUID, messages: list[Message], targets: list[Target], broadcast: Broadcast
    ) -> None:
        writers = (Writer(), Writer())
        void: str | None = "restarting"
        try:
            await battles.start(self._db, battle_id)
            void = await self._relay(writers, messages, targets, broadcast)
        finally:
            await asyncio.shield(self._finish(battle_id, writers, void, broadcast))

    async def _relay(
        self, writers: tuple[Writer, Writer], messages: list[Message], targets: list[Target], broadcast: Broadcast
    ) -> str | None:
        tasks = [
            asyncio.create_task(writer.write(self._upstream, target, messages, self._limits))
            for writer, target in zip(writers, targets, strict=True)
        ]
        try:
            await self._meet(writers)
            await self._let_out(writers, broadcast)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return "interrupted" if _broken(writers) else None

    async def _meet(self, writers: tuple[Writer, Writer]) -> None:
        """Wait until both have begun, 5 s at most after the first one has: they start together on the page."""
        waits = [asyncio.create_task(writer.news.wait()) for writer in writers]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if not _broken(writers):
                await asyncio.wait(waits, timeout=self._settings.start_barrier_seconds)
        finally:
            for wait in waits:
                wait.cancel()

    async def _let_out(self, writers: tuple[Writer, Writer], broadcast: Broadcast) -> None:
        pacer = Pacer(self._settings.pace, self._settings.pace_characters)
        loop = asyncio.get_running_loop()
        due, ticks = loop.time(), 0
        while not _broken(writers):
            ended = (writers[0].ended, writers[1].ended)
            first, second = pacer.release((writers[0].waiting, writers[1].waiting), ended)
            if first or second:
                ticks += 1
                broadcast.tick(1, (writers[0].show(first), writers[1].show(second)))
                if ticks % BLOCKS_EVERY_TICKS == 0:
                    _tell_blocks(writers, broadcast)
            if all(ended) and not writers[0].waiting and not writers[1].waiting:
                return
            due = max(due + self._settings.tick_seconds, loop.time())
            await asyncio.sleep(due - loop.time())

    async def _finish(
        self, battle_id: UUID, writers: tuple[Writer, Writer], void: str | None, broadcast: Broadcast
    ) -> None:
        answers = (writers[0].answer(), writers[1].answer())
        for position, answer in enumerate(answers):
            if answer.failure:
                log.warning("side failed battle=%s position=%d failure=%s", battle_id, position, answer.failure)
        state: State | None = None
        try:
            state = await battles.finish(self._db, battle_id, 1, answers, void=void)
        finally:
            if state is State.READY:
                first, second = await asyncio.gather(*(asyncio.to_thread(writer.whole) for writer in writers))
                broadcast.html(1, (first, second))
                broadcast.end(Ready())
            else:
                broadcast.end(Failed(_code(state, void)))

    async def _replay(self, battle: Battle, after: int) -> AsyncIterator[bytes]:
        """A battle that this process does not answer, or not any more: its end, once it is known."""
        deadline = monotonic() + self._settings.answer_seconds
        while battle.state in (State.OPEN, State.STREAMING) and monotonic() < deadline:
            yield KEEP_ALIVE
            await asyncio.sleep(POLL_SECONDS)
            battle = await battles.again(self._db, battle.id)
        if battle.state not in (State.READY, State.VOTED):
            yield encoded(Failed(_code(battle.state, None)))
            return
        replay = Broadcast()
        for said in await turns.said(self._db, battle.id):
            first, second = said.answers
            if not after:
                replay.tick(said.turn, (first, second))
            replay.html(said.turn, (Shown(markdown.render(first), 0, ""), Shown(markdown.render(second), 0, "")))
        replay.end(Ready())
        async for event in replay.follow():
            yield event


def _broken(writers: tuple[Writer, Writer]) -> bool:
    return writers[0].broken or writers[1].broken


def _tell_blocks(writers: tuple[Writer, Writer], broadcast: Broadcast) -> None:
    sides = (writers[0].blocks(), writers[1].blocks())
    if sides[0].html or sides[1].html:
        broadcast.html(1, sides)


def _code(state: State | None, void: str | None) -> Literal["interrupted", "restarting", "closed"]:
    if state in (State.SKIPPED, State.EXPIRED):
        return "closed"
    return "restarting" if void == "restarting" else "interrupted"
