"""Exchanges: one prompt put to both sides at once, and their answers let out tick by tick."""

import asyncio
from collections.abc import Sequence
from time import monotonic

from arena.config import Settings
from arena.evaluation.broadcasts import Broadcast
from arena.evaluation.pacing import Clock, Pacer
from arena.evaluation.turns import Answer
from arena.evaluation.writers import Writer
from arena.upstream import Limits, Message, Target, Upstream

BLOCKS_EVERY_TICKS = 6
TAIL_SECONDS = 15.0

Question = tuple[Target, list[Message]]


class Exchange:
    """One turn of a battle while it is answered.

    `reason` says why it does not count, None while it may; `shown` are the characters of both sides after each tick.
    """

    def __init__(self, turn: int, broadcast: Broadcast, clock: Clock, settings: Settings) -> None:
        self.turn = turn
        self.broadcast = broadcast
        self.writers = (Writer(), Writer())
        self.reason: str | None = None
        self.shown: list[int] = []
        self._shown_at: float | None = None
        self._stopped = False
        self._clock = clock
        self._settings = settings
        self._limits = Limits(
            first_byte_seconds=settings.first_byte_seconds,
            idle_seconds=settings.idle_seconds,
            answer_seconds=settings.answer_seconds,
            answer_bytes=settings.answer_bytes,
        )

    async def hold(self, upstream: Upstream, questions: Sequence[Question]) -> None:
        """Ask both sides and let out what they say, to the end or until it is stopped; then neither is asked on."""
        asking = [
            asyncio.create_task(writer.write(upstream, target, messages, self._limits))
            for writer, (target, messages) in zip(self.writers, questions, strict=True)
        ]
        try:
            await self._meet()
            await self._let_out()
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)
        if self._stopped:
            self._cut()
        elif self._broken:
            self.reason = "interrupted"

    def stop(self, reason: str | None = None) -> None:
        """End here. Without a reason the voter has seen enough, and what is shown by now is the answer."""
        self.reason = self.reason or reason
        self._stopped = True
        for writer in self.writers:
            writer.news.set()

    async def answers(self) -> tuple[Answer, Answer]:
        """What is kept of both sides."""
        first, second = self.writers
        return await asyncio.to_thread(lambda: (first.answer(), second.answer()))

    @property
    def shown_seconds(self) -> float | None:
        """How long ago the first text was shown, None while none was."""
        return None if self._shown_at is None else monotonic() - self._shown_at

    @property
    def _broken(self) -> bool:
        return self.writers[0].broken or self.writers[1].broken

    def _cut(self) -> None:
        if not all(writer.shown for writer in self.writers):
            self.reason = self.reason or "stopped"
            return
        for writer in self.writers:
            writer.cut()

    async def _meet(self) -> None:
        """Wait until both have begun, 5 s at most after the first one has: they start together on the page."""
        waits = [asyncio.create_task(writer.news.wait()) for writer in self.writers]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if not self._broken and not self._stopped:
                await asyncio.wait(waits, timeout=self._settings.start_barrier_seconds)
        finally:
            for wait in waits:
                wait.cancel()

    async def _let_out(self) -> None:
        tail = round(TAIL_SECONDS / self._settings.tick_seconds)
        pacer = Pacer(self._settings.pace, self._settings.pace_characters, tail=tail)
        (first, second), ticks = self.writers, 0
        while not self._broken and not self._stopped:
            first.listen()
            second.listen()
            await asyncio.sleep(0)  # Both read now what has come since the last tick.
            shown = pacer.release((first.waiting, second.waiting), (first.ended, second.ended))
            if any(shown):
                ticks += 1
                self.broadcast.tick(self.turn, (first.show(shown[0]), second.show(shown[1])))
                self._shown_at = self._shown_at or monotonic()
                self.shown += (first.shown, second.shown)
                if ticks % BLOCKS_EVERY_TICKS == 0:
                    self._tell_blocks()
            if first.done and second.done:
                return
            await self._clock.tick()

    def _tell_blocks(self) -> None:
        first, second = (writer.blocks() for writer in self.writers)
        if first.html or second.html:
            self.broadcast.html(self.turn, (first, second))
