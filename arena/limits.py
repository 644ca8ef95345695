"""Rates: how often a voter, a network and an endpoint may do a thing; counted in Redis, or here while it is away."""

import asyncio
import hmac
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta
from math import ceil
from time import monotonic
from typing import Self, TypeVar
from uuid import UUID

from msgspec import Struct
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from arena.config import Settings
from arena.errors import Later

HOUR, MINUTE = 3600, 60
CONNECTIONS = 16
DECIDED_SECONDS = 0.05
AWAY_SECONDS = 1.0
# While Redis is away each process counts for itself, so each lets through a part of what all together may.
LOCAL_SHARE = 4
MOST_BUCKETS = 10_000
# The calls of an endpoint, in a window that begins with the first of them, because many endpoints are read and counted
# at once. Each is counted whatever the others come to; the counts come back.
CALLS = "arena:calls:"
COUNTED = """
local counts = {}
for place, key in ipairs(KEYS) do
    counts[place] = redis.call('INCR', key)
    if counts[place] == 1 then
        redis.call('EXPIRE', key, ARGV[1])
    end
end
return counts
"""
# People's windows move, so that the edge of one is no place to do twice as much: a list of the last times, of which the
# oldest one says whether there is room. Several are counted one after another, until one has no room; which and for how
# long comes back, in one way to Redis and back.
TAKEN = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
for place, key in ipairs(KEYS) do
    local most, seconds = tonumber(ARGV[2 * place - 1]), tonumber(ARGV[2 * place])
    local oldest = tonumber(redis.call('LINDEX', key, most - 1) or '0')
    if oldest > now - seconds then
        return {place, tostring(oldest + seconds - now)}
    end
    redis.call('LPUSH', key, string.format('%.6f', now))
    redis.call('LTRIM', key, 0, most - 1)
    redis.call('EXPIRE', key, seconds)
end
return {0, '0'}
"""

T = TypeVar("T")

log = logging.getLogger(__name__)


class LimitReached(Later):
    """You have done this too often. Try again later."""

    status = 429


# What is said where the count is known, and where Redis is away and only this process's own is.
YOURS = (
    "You have asked {most} times this hour. The next battle opens at {clock}.",
    "You have asked too often this hour. The next battle opens at {clock}.",
)
YOUR_NETWORKS = (
    "Your network has asked {most} times this hour. The next battle opens at {clock}.",
    "Your network has asked too often this hour. The next battle opens at {clock}.",
)


class Rate(Struct, frozen=True):
    """At most so many in so many seconds; 0 is no limit. `name` keeps its counts apart from those of others."""

    name: str
    most: int
    seconds: int


class Buckets:
    """Token buckets in memory: what is counted here is forgotten with the process."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._levels: dict[tuple[str, str], tuple[float, float]] = {}

    def wait(self, rate: Rate, who: str) -> float:
        """The seconds until one more is within the rate; 0 when it is now."""
        return max(0.0, (1 - self._level(rate, who)) * rate.seconds / _share(rate))

    def take(self, rate: Rate, who: str) -> float:
        """Count one if it is within the rate; the seconds to wait where it is not."""
        wait = self.wait(rate, who)
        if not wait:
            if len(self._levels) >= MOST_BUCKETS:
                # The oldest is the likeliest to be full again, and a full bucket is like none.
                del self._levels[next(iter(self._levels))]
            level = self._level(rate, who) - 1
            self._levels.pop((rate.name, who), None)
            self._levels[rate.name, who] = (level, self._now())
        return wait

    def _level(self, rate: Rate, who: str) -> float:
        share = _share(rate)
        level, then = self._levels.get((rate.name, who), (share, self._now()))
        return min(share, level + (self._now() - then) * share / rate.seconds)


def _share(rate: Rate) -> float:
    return max(1.0, rate.most / LOCAL_SHARE)


class Rates:
    """The rates of this arena, opened and closed with the process.

    A count is decided within 50 ms. Where Redis is away, full or too slow, that is remembered for a second, and
    stricter buckets in memory decide meanwhile.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], float] = monotonic) -> None:
        self._secret = settings.secret.encode()
        self._battles = Rate("battles", settings.battles_per_hour, HOUR)
        self._network_battles = Rate("network-battles", settings.network_battles_per_hour, HOUR)
        self._votes = Rate("votes", settings.votes_per_minute, MINUTE)
        self._sign_ups = Rate("sign-ups", settings.sign_ups_per_hour, HOUR)
        self._sign_ins = Rate("sign-ins", settings.sign_ins_per_hour, HOUR)
        self._stars = Rate("stars", settings.stars_per_hour, HOUR)
        self._wishes = Rate("wishes", settings.wishes_per_hour, HOUR)
        self._flags = Rate("flags", settings.flags_per_hour, HOUR)
        self._calls = Rate("calls", settings.endpoint_calls_per_minute, MINUTE)
        self._now = now
        self._away_until = 0.0
        self._buckets = Buckets(now)
        self._pool = BlockingConnectionPool.from_url(
            settings.redis_url,
            max_connections=CONNECTIONS,
            timeout=DECIDED_SECONDS,
            socket_timeout=DECIDED_SECONDS,
            socket_connect_timeout=DECIDED_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._redis = Redis(connection_pool=self._pool)
        self._counted = self._redis.register_script(COUNTED)
        self._taken = self._redis.register_script(TAKEN)

    async def __aenter__(self) -> Self:
        # The first connection takes longest, so it is not made while somebody waits for an answer.
        await self._in_time(lambda: self._redis.ping())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._pool.aclose()

    async def battle(self, voter_id: UUID, network: str) -> None:
        """Count a battle of this voter from this network; LimitReached when either has had too many.

        The voter comes first: whoever is refused for asking too often takes nothing from their neighbours.
        """
        rates = ((self._battles, voter_id.hex, YOURS), (self._network_battles, network, YOUR_NETWORKS))
        refused = await self._take_all([(rate, self._hidden(who)) for rate, who, _ in rates])
        if refused:
            rate, _, sentences = next(one for one in rates if one[0] is refused[0])
            # A clock that shows no seconds says the next minute, so that nobody comes too early.
            at = _clock(refused[1] + MINUTE - 1, "%H:%M")
            raise LimitReached(sentences[self._away], most=rate.most, clock=at, seconds=refused[1])

    async def vote(self, voter_id: UUID) -> None:
        """Count a vote of this voter; LimitReached when there have been too many."""
        if wait := await self._take(self._votes, self._hidden(voter_id.hex)):
            raise LimitReached(
                "You vote faster than one can read. The next vote counts from {clock}.",
                clock=_clock(wait, "%H:%M:%S"),
                seconds=wait,
            )

    async def sign_up(self, network: str) -> None:
        """Count an account opened from this network; LimitReached when there have been too many."""
        if wait := await self._take(self._sign_ups, self._hidden(network)):
            raise LimitReached(
                "Your network has opened many accounts this hour. The next one can be opened at {clock}.",
                clock=_clock(wait + MINUTE - 1, "%H:%M"),
                seconds=wait,
            )

    async def sign_in(self, email: str, network: str) -> None:
        """Count a password tried for this address from this network; LimitReached when there have been too many.

        Counted for both together, so that nobody can lock the owner of an address out.
        """
        if wait := await self._take(self._sign_ins, self._hidden(f"{email.strip().lower()} {network}")):
            raise LimitReached(
                "Too many passwords have been tried for this address. Try again at {clock}.",
                clock=_clock(wait + MINUTE - 1, "%H:%M"),
                seconds=wait,
            )

    async def star(self, account_id: UUID) -> None:
        """Count a star that this account gives or takes back; LimitReached when there have been too many."""
        if wait := await self._take(self._stars, self._hidden(account_id.hex)):
            raise LimitReached(
                "You have given and taken back many stars this hour. The next one can be given at {clock}.",
                clock=_clock(wait + MINUTE - 1, "%H:%M"),
                seconds=wait,
            )

    async def wish(self, account_id: UUID) -> None:
        """Count a wish that this account makes or takes back; LimitReached when there have been too many."""
        if wait := await self._take(self._wishes, self._hidden(account_id.hex)):
            raise LimitReached(
                "You have changed your wish often this hour. You can change it again at {clock}.",
                clock=_clock(wait + MINUTE - 1, "%H:%M"),
                seconds=wait,
            )

    async def flag(self, who: str) -> None:
        """Count a flag of this account, or of this network; LimitReached when there have been too many."""
        if wait := await self._take(self._flags, self._hidden(who)):
            raise LimitReached(
                "You have flagged often this hour. The next flag can be raised at {clock}.",
                clock=_clock(wait + MINUTE - 1, "%H:%M"),
                seconds=wait,
            )

    async def callable(self, endpoint_ids: Collection[UUID]) -> set[UUID]:
        """Those of these endpoints that may be called now."""
        rate = self._calls
        if not rate.most or not endpoint_ids:
            return set(endpoint_ids)
        counts = await self._in_time(lambda: self._redis.mget([CALLS + one.hex for one in endpoint_ids]))
        if counts is None:
            return {one for one in endpoint_ids if not self._buckets.wait(rate, one.hex)}
        return {one for one, count in zip(endpoint_ids, counts, strict=True) if int(count or 0) < rate.most}

    async def call(self, endpoint_ids: Collection[UUID]) -> bool:
        """Count a call to each of these endpoints; False when one of them may not be called now."""
        rate = self._calls
        if not rate.most or not endpoint_ids:
            return True
        counts: Sequence[int] | None = await self._in_time(
            lambda: self._counted([CALLS + one.hex for one in endpoint_ids], [rate.seconds])
        )
        if counts is None:
            waits = [self._buckets.take(rate, one.hex) for one in endpoint_ids]
            return not any(waits)
        return max(counts) <= rate.most

    async def _take(self, rate: Rate, who: str) -> float:
        """Count one; the seconds to wait where it is not within the rate, else 0."""
        return (await self._take_all([(rate, who)]) or (rate, 0.0))[1]

    async def _take_all(self, rates: Sequence[tuple[Rate, str]]) -> tuple[Rate, float] | None:
        """Count one for each in turn, up to the first that it is not within; that one and the seconds to wait."""
        rates = [(rate, who) for rate, who in rates if rate.most]
        if not rates:
            return None
        keys = [f"arena:{rate.name}:{who}" for rate, who in rates]
        windows = [number for rate, _ in rates for number in (rate.most, rate.seconds)]
        told: tuple[int, bytes] | None = await self._in_time(lambda: self._taken(keys, windows))
        if told is None:
            return next(((rate, wait) for rate, who in rates if (wait := self._buckets.take(rate, who))), None)
        place, wait = int(told[0]), float(told[1])
        return (rates[place - 1][0], max(wait, 1.0)) if place else None

    @property
    def _away(self) -> bool:
        return self._now() < self._away_until

    async def _in_time(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """What Redis says, or None where it is away."""
        if self._away:
            return None
        try:
            async with asyncio.timeout(DECIDED_SECONDS):
                return await ask()
        except (RedisError, OSError) as error:
            log.warning("redis away error=%s", type(error).__name__)
            self._away_until = self._now() + AWAY_SECONDS
            return None

    def _hidden(self, who: str) -> str:
        """Who it is in a name that can't be turned back, and is another one tomorrow."""
        named = f"{datetime.now(UTC).date()} {who}"
        return hmac.digest(self._secret, named.encode(), "sha256")[:16].hex()


def _clock(seconds: float, form: str) -> str:
    """What a clock in UTC shows in so many seconds."""
    return f"{datetime.now(UTC) + timedelta(seconds=ceil(seconds)):{form}} UTC"
