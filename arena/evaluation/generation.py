"""Generation: the battles that this process answers, whoever listens."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from itertools import cycle
from time import monotonic
from typing import Literal, Self
from uuid import UUID

from redis.asyncio import Redis

from arena import relay
from arena.config import Settings
from arena.db import AWAY, Pool
from arena.errors import ArenaError
from arena.evaluation import battles, broadcasts, exclusions, screening, turns, upkeep
from arena.evaluation.battles import Battle, State
from arena.evaluation.broadcasts import KEEP_ALIVE, Broadcast, Failed, Html, Ready, Said, Shown, Tick, encoded
from arena.evaluation.exchanges import Exchange, Question
from arena.evaluation.exclusions import Remark
from arena.evaluation.identities import Names
from arena.evaluation.kinds import Kind
from arena.evaluation.pacing import Clock, Pace
from arena.evaluation.recitals import Tempos
from arena.evaluation.turns import Answer
from arena.relay import Relay
from arena.sealing import Keyring
from arena.upstream import Upstream

log = logging.getLogger(__name__)

LINGER_SECONDS = 60.0
LOOK_SECONDS = 1.0
BEAT_SECONDS = 10.0
CLOSE_SECONDS = 1.0
KEEP_TRYING_SECONDS = 60.0
RETRY_SECONDS = 0.5
CLOCKS = 4


class Closing(ArenaError):
    """The arena is restarting and opens no battle at the moment. Try again in a few seconds."""

    status = 503


class Generations:
    """The battles that this process answers, opened and closed with it.

    Readers in this process are fed from memory; those of other processes through the relay.
    """

    def __init__(self, db: Pool, redis: Redis, settings: Settings) -> None:
        self.closing = False
        self._db = db
        self._redis = redis
        self._relay = Relay(redis, self._for_others, self._stop_here)
        self._settings = settings
        # Battles take turns at them: a tick for all at once would hold up whatever else comes in that moment.
        self._clocks = cycle([Clock(settings.tick_seconds, settings.tick_seconds * n / CLOCKS) for n in range(CLOCKS)])
        self.tempos = Tempos()
        self._upstream = Upstream(Keyring(settings))
        self._broadcasts: dict[UUID, Broadcast] = {}
        self._exchanges: dict[UUID, Exchange] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._names = Names(db)
        self._begun: list[UUID] = []
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._upstream.__aenter__()
        await self._relay.__aenter__()
        self._watch = asyncio.create_task(self._look_after())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await self._relay.__aexit__()
        await self._upstream.__aexit__(None, None, None)

    async def close(self, *, drain_seconds: float = 0) -> None:
        """Take no new battle, let those under way end in the time given, and break off the others, which end void.

        Their readers are told at once, even where PostgreSQL does not answer.
        """
        self.closing = True
        if self._tasks and drain_seconds:
            await asyncio.wait(self._tasks.values(), timeout=drain_seconds)
        for exchange in self._exchanges.values():
            exchange.stop("restarting")
        if self._tasks:
            await asyncio.wait(self._tasks.values(), timeout=CLOSE_SECONDS)
        for battle_id, task in self._tasks.items():
            task.cancel()
            self._broadcasts[battle_id].end(Failed("restarting"))

    def require_open(self) -> None:
        """Refuse a battle that could not be answered any more."""
        if self.closing:
            raise Closing

    async def settled(self, battle_id: UUID) -> None:
        """Wait for the moment between a turn that is kept and one whose readers have been told, a second at most."""
        if task := self._tasks.get(battle_id):
            await asyncio.wait([task], timeout=CLOSE_SECONDS)

    def begin(
        self,
        battle_id: UUID,
        turn: int,
        questions: Sequence[Question],
        *,
        pace: Pace,
        ticks: int = 0,
        kind: Kind = Kind.BLIND,
    ) -> None:
        """Ask all sides now; the answers belong to the battle, not to whoever listens.

        `ticks` is the number of those that earlier turns had.
        """
        broadcast = self._broadcasts.get(battle_id)
        if broadcast is not None and broadcast.ticks == ticks:
            broadcast.reopen()
        else:  # Earlier turns that this process has no memory of, or not of all of them.
            broadcast = self._broadcasts[battle_id] = Broadcast(ticks=ticks)
        broadcast.turn = turn
        exchange = Exchange(turn, broadcast, next(self._clocks), self._settings, pace=pace, kind=kind)
        self._exchanges[battle_id] = exchange
        task = self._tasks[battle_id] = asyncio.create_task(self._answer(battle_id, exchange, questions))
        task.add_done_callback(lambda done: self._leave(battle_id, done))
        self._begun.append(battle_id)

    async def stop(self, battle_id: UUID) -> None:
        """The voter has seen enough: both answers end here, within a tick, whichever process makes them."""
        if battle_id in self._exchanges:
            self._stop_here(battle_id)
        else:
            await relay.stop(self._redis, battle_id)

    def _stop_here(self, battle_id: UUID) -> None:
        if exchange := self._exchanges.get(battle_id):
            exchange.stop()

    def abandon(self, battle_id: UUID) -> None:
        """Nobody wants the answers any more."""
        if exchange := self._exchanges.get(battle_id):
            exchange.stop("abandoned")

    def follow(self, battle: Battle, after: int) -> AsyncGenerator[bytes, None]:
        """The battle's events: from memory while this process has them, else from what is kept of them."""
        broadcast = self._broadcasts.get(battle.id)
        # A later turn may have been asked at another server, and what came before the first one here is not in memory.
        if broadcast is not None and broadcast.turn == battle.turns and broadcast.first <= after:
            return broadcast.follow(after)
        return self._elsewhere(battle, after)

    def _for_others(self, battle_id: UUID) -> AsyncGenerator[bytes, None] | None:
        """The events from the first on, if it is this process that has them."""
        broadcast = self._broadcasts.get(battle_id)
        return broadcast.follow() if broadcast else None

    def _leave(self, battle_id: UUID, done: asyncio.Task[None]) -> None:
        if not done.cancelled() and (error := done.exception()):
            log.error("generation broke battle=%s", battle_id, exc_info=error)
        if self._tasks[battle_id] is done:
            del self._tasks[battle_id], self._exchanges[battle_id]
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._forget, battle_id)

    def _forget(self, battle_id: UUID) -> None:
        if battle_id not in self._tasks:
            self._broadcasts.pop(battle_id, None)

    async def _answer(self, battle_id: UUID, exchange: Exchange, questions: Sequence[Question]) -> None:
        end: Ready | Failed = Failed("interrupted")
        try:
            await self._hold(exchange, questions)
            end = await self._finish(battle_id, exchange)
        finally:
            exchange.broadcast.end(end)

    async def _hold(self, exchange: Exchange, questions: Sequence[Question]) -> None:
        try:
            await exchange.hold(self._upstream, questions, self.tempos)
        except Exception:
            exchange.reason = "interrupted"
            log.exception("exchange broke")

    async def _finish(self, battle_id: UUID, exchange: Exchange) -> Ready | Failed:
        answers = await exchange.answers()
        for position, answer in enumerate(answers):
            if answer.failure:
                log.warning("side failed battle=%s position=%d failure=%s", battle_id, position, answer.failure)
        state, remarks = await self._keep(battle_id, exchange, answers)
        if state is not State.READY:
            return Failed(_code(state, exchange.reason))
        exchange.broadcast.html(exchange.turn, tuple(Shown(answer.html, 0, "") for answer in answers))
        return broadcasts.ready(remarks)

    async def _keep(
        self, battle_id: UUID, exchange: Exchange, answers: tuple[Answer, ...]
    ) -> tuple[State, list[Remark]]:
        """Keep the answers and what keeps them from being rated; while PostgreSQL is away they wait, up to a minute."""
        deadline = monotonic() + KEEP_TRYING_SECONDS
        while True:
            try:
                turn = (battle_id, exchange.turn, answers)
                screened = await screening.screen(self._db, *turn, self._names, self._settings)
                rated = not exchange.kind.chosen
                remarks = await screening.remarks(self._db, battle_id, screened, self._settings) if rated else []
                state = await battles.finish(
                    self._db,
                    *turn,
                    shown=exchange.shown,
                    shown_seconds=exchange.shown_seconds,
                    void=exchange.reason,
                    remarks=remarks,
                    tag=screened.tag,
                    found=screened.findings,
                )
                return state, remarks
            except AWAY as error:
                if monotonic() > deadline or self.closing:
                    raise
                log.warning("answers wait battle=%s error=%s", battle_id, type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)

    async def _look_after(self) -> None:
        """Break off what has had no reader for too long, and keep saying which battles this process answers."""
        beat = monotonic()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self._start()
            for battle_id, exchange in list(self._exchanges.items()):
                broadcast = exchange.broadcast
                if not broadcast.readers and monotonic() - broadcast.left_at > self._settings.reader_seconds:
                    self.abandon(battle_id)
            if monotonic() - beat >= BEAT_SECONDS:
                beat = monotonic()
                await self._beat()

    async def _start(self) -> None:
        """Note which battles have begun, all at once: no battle waits for that, and no reader sees it."""
        begun, self._begun = self._begun, []
        try:
            if begun:
                await battles.start(self._db, *begun)
        except AWAY as error:
            log.warning("start not noted battles=%d error=%s", len(begun), type(error).__name__)

    async def _beat(self) -> None:
        try:
            await upkeep.beat(self._db, list(self._exchanges))
            await upkeep.sweep(self._db, hours=self._settings.battle_hours)
        except AWAY as error:
            log.warning("no beat error=%s", type(error).__name__)

    async def _elsewhere(self, battle: Battle, after: int) -> AsyncGenerator[bytes, None]:
        """A battle that this process does not answer, or not any more: what another one tells, or what is kept."""
        deadline, heard, following = monotonic() + self._settings.answer_seconds, after, broadcasts.Following()
        async with aclosing(relay.events(self._redis, battle.id)) as events:
            while battle.state in (State.OPEN, State.STREAMING) and monotonic() < deadline:
                event = await anext(events)
                if event is None or following.misses(event):
                    battle = await battles.again(self._db, battle.id)
                    yield KEEP_ALIVE
                elif broadcasts.is_end(event):
                    # It may be the end of an earlier turn; how this one ended is told from what is kept.
                    battle = await battles.again(self._db, battle.id)
                elif (number := broadcasts.place(event)) > heard:
                    heard = max(heard, number) if broadcasts.is_tick(event) else heard
                    yield event
        async with aclosing(self._kept(battle, heard)) as kept:
            async for event in kept:
                yield event

    async def _kept(self, battle: Battle, after: int) -> AsyncGenerator[bytes, None]:
        """How a battle went, told again tick by tick, and how it ended."""
        if battle.state not in (State.READY, State.VOTED):
            yield encoded(Failed(_code(battle.state, None)))
            return
        seq = 0
        for said in await turns.said(self._db, battle.id):
            for texts in said.ticks:
                seq += 1
                if seq > after:
                    yield encoded(Tick(seq, said.turn, tuple(Said(text) for text in texts)))
            if seq >= after:
                yield encoded(Html(said.turn, tuple(Shown(answer.html, 0, "") for answer in said.answers)))
        yield encoded(broadcasts.ready(await exclusions.standing(self._db, battle.id)))


def _code(state: State | None, reason: str | None) -> Literal["interrupted", "restarting", "closed"]:
    if state in (State.SKIPPED, State.EXPIRED) or reason in ("abandoned", "stopped"):
        return "closed"
    return "restarting" if reason == "restarting" else "interrupted"
