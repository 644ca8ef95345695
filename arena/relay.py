"""The relay: a battle's events through Redis, for readers whom another process serves.

The process that answers a battle feeds its own readers from memory and sends nothing here until somebody elsewhere
asks; then it copies the battle's events into a stream, from the first on. Whoever reads keeps asking, which is also how
the answering process knows that there is a reader. All of it may be lost: without Redis such a reader waits for the end
and is told it from what is kept.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

log = logging.getLogger(__name__)

WANTED = "arena:wanted"
STOPPED = "arena:stopped"
KEPT_SECONDS = 300
ASK_SECONDS = 1.0
LISTEN_AGAIN_SECONDS = 1.0

Follow = Callable[[UUID], AsyncGenerator[bytes, None] | None]
Stop = Callable[[UUID], None]


def _stream(battle_id: UUID) -> str:
    return f"arena:events:{battle_id}"


async def events(redis: Redis, battle_id: UUID) -> AsyncGenerator[bytes | None, None]:
    """The battle's events from the first on, from the process that answers it; None for a while that brought none.

    While Redis is away there are such whiles only.
    """
    place = "0"
    while True:
        try:
            await redis.publish(WANTED, battle_id.bytes)
            found: Any = await redis.xread({_stream(battle_id): place}, block=round(ASK_SECONDS * 1000), count=100)
        except (RedisError, OSError) as error:
            log.warning("relay not read battle=%s error=%s", battle_id, type(error).__name__)
            await asyncio.sleep(ASK_SECONDS)
            found = []
        if not found:
            yield None
        for _, entries in found:
            for entry, fields in entries:
                place = entry
                yield fields[b"event"]


async def stop(redis: Redis, battle_id: UUID) -> None:
    """Ask whoever answers this battle to end it here; without Redis its answers go on to their end."""
    try:
        await redis.publish(STOPPED, battle_id.bytes)
    except (RedisError, OSError) as error:
        log.warning("stop not passed on battle=%s error=%s", battle_id, type(error).__name__)


async def drop(redis: Redis, battle_ids: Sequence[UUID]) -> None:
    """Throw away the copies of these battles' events; without Redis they are gone by themselves in a few minutes."""
    try:
        if battle_ids:
            await redis.delete(*(_stream(battle_id) for battle_id in battle_ids))
    except (RedisError, OSError) as error:
        log.warning("copies stay error=%s", type(error).__name__)


class Relay:
    """Copies the battles of this process to whoever elsewhere wants them, and ends those that are stopped elsewhere."""

    def __init__(self, redis: Redis, follow: Follow, stop: Stop) -> None:
        self._redis = redis
        self._follow = follow
        self._stop = stop
        self._copying: dict[UUID, asyncio.Task[None]] = {}
        self._wanted_at: dict[UUID, float] = {}
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Relay":
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        tasks = [task for task in (self._listening, *self._copying.values()) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(WANTED, STOPPED)
                    async for message in channel.listen():
                        act = self._stop if message["channel"] == STOPPED.encode() else self._wanted
                        act(UUID(bytes=message["data"]))
            except (RedisError, OSError, ValueError) as error:
                log.warning("relay lost error=%s", type(error).__name__)
                await asyncio.sleep(LISTEN_AGAIN_SECONDS)

    def _wanted(self, battle_id: UUID) -> None:
        self._wanted_at[battle_id] = asyncio.get_running_loop().time()
        if battle_id in self._copying:
            return
        events = self._follow(battle_id)
        if events is not None:
            task = self._copying[battle_id] = asyncio.create_task(self._copy(battle_id, events))
            task.add_done_callback(lambda _: self._copied(battle_id))

    def _copied(self, battle_id: UUID) -> None:
        del self._copying[battle_id], self._wanted_at[battle_id]

    async def _copy(self, battle_id: UUID, events: AsyncGenerator[bytes, None]) -> None:
        name = _stream(battle_id)
        try:
            await self._redis.delete(name)
            async with aclosing(events):
                async for event in events:
                    await self._redis.xadd(name, {b"event": event})
                    if asyncio.get_running_loop().time() - self._wanted_at[battle_id] > 5 * ASK_SECONDS:
                        return
        except (RedisError, OSError) as error:
            log.warning("copy lost battle=%s error=%s", battle_id, type(error).__name__)
        finally:
            await self._expire(name)

    async def _expire(self, name: str) -> None:
        try:
            await self._redis.expire(name, KEPT_SECONDS)
        except (RedisError, OSError) as error:
            log.warning("copy stays error=%s", type(error).__name__)
