"""Exchanges: one prompt put to all sides at once, and their answers let out tick by tick."""

import asyncio
from collections.abc import Coroutine, Sequence
from time import monotonic

from arena.config import Settings
from arena.evaluation.broadcasts import Broadcast
from arena.evaluation.kinds import Kind
from arena.evaluation.pacing import Clock, Pace, Pacer
from arena.evaluation.recitals import Recital, Tempos
from arena.evaluation.turns import Answer
from arena.evaluation.writers import MOST_UNFINISHED, Writer
from arena.upstream import Limits, Message, Target, Upstream

BLOCKS_EVERY_TICKS = 6
TAIL_SECONDS = 15.0

# Whom to ask what, or what is told without asking anybody.
Question = tuple[Target, list[Message]] | Recital


class Exchange:
    """One turn of a battle while it is answered.

    `reason` says why it does not count, None while it may; `shown` are the characters of all sides after each tick.
    Of sides whose names are known nothing can be given away: each shows at its own pace.
    """

    def __init__(
        self, turn: int, broadcast: Broadcast, clock: Clock, settings: Settings, *, pace: Pace, kind: Kind = Kind.BLIND
    ) -> None:
        self.turn = turn
        self.broadcast = broadcast
        self.kind = kind
        self.writers = tuple(Writer() for _ in range(kind.sides))
        self.reason: str | None = None
        self.shown: list[int] = []
        self._shown_at: float | None = None
        self._stopped = False
        self._clock = clock
        self._pace = pace
        self._settings = settings
        self._limits = Limits(
            first_byte_seconds=settings.first_byte_seconds,
            idle_seconds=settings.idle_seconds,
            answer_seconds=settings.answer_seconds,
            answer_bytes=settings.answer_bytes,
        )

    async def hold(self, upstream: Upstream, questions: Sequence[Question], tempos: Tempos) -> None:
        """Ask all sides and let out what they say, to the end or until it is stopped; then none is asked on.

        The tempos hear how fast those answered who were asked.
        """
        asking = [
            asyncio.create_task(self._said(writer, upstream, question))
            for writer, question in zip(self.writers, questions, strict=True)
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
        elif not any(isinstance(question, Recital) for question in questions):
            tempos.hear((len(one.text), one.first_text_seconds, one.seconds) for one in self.writers)

    def _said(self, writer: Writer, upstream: Upstream, question: Question) -> Coroutine[None, None, None]:
        if isinstance(question, Recital):
            return writer.recite(question)
        return writer.write(upstream, *question, self._limits)

    def stop(self, reason: str | None = None) -> None:
        """End here. Without a reason the voter has seen enough, and what is shown by now is the answer."""
        self.reason = self.reason or reason
        self._stopped = True
        for writer in self.writers:
            writer.news.set()

    async def answers(self) -> tuple[Answer, ...]:
        """What is kept of each side; long ones take long to render, so a thread does it while others are answered."""
        if max(len(writer.text) for writer in self.writers) <= MOST_UNFINISHED:
            return self._answers()
        return await asyncio.to_thread(self._answers)

    def _answers(self) -> tuple[Answer, ...]:
        return tuple(writer.answer() for writer in self.writers)

    @property
    def shown_seconds(self) -> float | None:
        """How long ago the first text was shown, None while none was."""
        return None if self._shown_at is None else monotonic() - self._shown_at

    @property
    def _broken(self) -> bool:
        return True in [writer.broken for writer in self.writers]

    def _cut(self) -> None:
        if not all(writer.shown for writer in self.writers):
            self.reason = self.reason or "stopped"
            return
        for writer in self.writers:
            writer.cut()

    async def _meet(self) -> None:
        """Wait until all have begun, 5 s at most after the first one has: they start together on the page."""
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
        pace = Pace.PACED if self.kind.chosen else self._pace
        pacer = Pacer(pace, self._settings.pace_characters, tail=tail)
        writers, ticks = self.writers, 0
        while not self._stopped:
            for writer in writers:
                writer.listen()
            # Lists, here and below: making them takes half the time that asking a generator does, every tick.
            if True in [writer.leaving for writer in writers]:
                await asyncio.sleep(0)  # How it has ended is known after that.
            waiting = tuple([writer.waiting for writer in writers])
            ended = tuple([writer.ended for writer in writers])
            if True in ended and self._broken:
                return
            shown = pacer.release(waiting, ended)
            if any(shown):
                ticks += 1
                self._shown_at = self._shown_at or monotonic()
                self._tell(shown)
                if ticks % BLOCKS_EVERY_TICKS == 0:
                    self._tell_blocks()
            if all(ended) and waiting == shown:
                return
            await self._clock.tick()

    def _tell(self, shown: Sequence[int]) -> None:
        self.broadcast.tick(self.turn, [writer.show(most) for writer, most in zip(self.writers, shown, strict=True)])
        self.shown += [writer.shown for writer in self.writers]

    def _tell_blocks(self) -> None:
        sides = tuple(writer.blocks() for writer in self.writers)
        if any(side.html for side in sides):
            self.broadcast.html(self.turn, sides)
