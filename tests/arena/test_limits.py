"""Rates on the real Valkey, with it away in the middle, and in memory by a clock of the test's own."""

import asyncio
import time
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from msgspec import structs
from redis.asyncio import Redis

from arena import limits
from arena.config import Settings
from arena.limits import AWAY_SECONDS, LOCAL_SHARE, Buckets, LimitReached, Rate, Rates
from arena.local.valkey import Valkey
from tests import servers
from tests.builders import until

NETWORK = "203.0.113.0/24"
IN_TIME = limits.DECIDED_SECONDS


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
async def valkey(patient: None) -> AsyncIterator[Valkey]:
    async with servers.valkey() as running:
        yield running


def _settings(valkey: Valkey, **changes: int) -> Settings:
    settings = Settings(database_url="", redis_url=valkey.url, secret="s" * 32)
    return structs.replace(settings, **changes)


async def _battles(rates: Rates, attempts: int, *, network: str = NETWORK) -> int:
    """How many battles one new voter gets through."""
    voter, through = uuid4(), 0
    for _ in range(attempts):
        try:
            await rates.battle(voter, network)
            through += 1
        except LimitReached:
            break
    return through


async def test_a_voter_has_so_many_battles_an_hour_and_is_told_when_the_next_one_opens(valkey: Valkey) -> None:
    async with Rates(_settings(valkey, battles_per_hour=3)) as rates:
        voter = uuid4()
        for _ in range(3):
            await rates.battle(voter, NETWORK)
        with pytest.raises(
            LimitReached,
            match=r"^You have asked 3 times this hour\. The next battle opens at "
            r"\d\d:\d\d UTC\.$",
        ) as refused:
            await rates.battle(voter, NETWORK)
        assert refused.value.status == 429
        assert refused.value.seconds is not None
        assert 3590 < refused.value.seconds <= 3600
        await rates.battle(uuid4(), NETWORK)


async def test_what_asks_at_the_same_time_gets_no_more_than_the_limit(valkey: Valkey) -> None:
    async with Rates(_settings(valkey, votes_per_minute=12)) as rates:
        voter = uuid4()
        await rates.vote(voter)
        told = await asyncio.gather(*(rates.vote(voter) for _ in range(14)), return_exceptions=True)
        assert sum(answer is None for answer in told) == 11
        assert all(answer is None or isinstance(answer, LimitReached) for answer in told)


async def test_a_new_cookie_is_no_way_round_the_networks_limit(valkey: Valkey) -> None:
    async with Rates(_settings(valkey, battles_per_hour=2, network_battles_per_hour=5)) as rates:
        assert [await _battles(rates, 3) for _ in range(4)] == [2, 2, 1, 0]
        with pytest.raises(LimitReached, match=r"^Your network has asked 5 times this hour"):
            await rates.battle(uuid4(), NETWORK)
        assert await _battles(rates, 1, network="198.51.100.0/24") == 1


async def test_a_voter_who_is_refused_takes_nothing_from_their_neighbours(valkey: Valkey) -> None:
    async with Rates(_settings(valkey, battles_per_hour=1, network_battles_per_hour=2)) as rates:
        voter = uuid4()
        await rates.battle(voter, NETWORK)
        for _ in range(5):
            with pytest.raises(LimitReached, match=r"^You have"):
                await rates.battle(voter, NETWORK)
        assert await _battles(rates, 1) == 1


async def test_the_limit_is_one_for_all_processes(valkey: Valkey) -> None:
    settings = _settings(valkey, network_battles_per_hour=3)
    async with Rates(settings) as here, Rates(settings) as there:
        assert await _battles(here, 2) == 2
        assert await _battles(there, 2) == 1


async def test_an_endpoint_at_its_limit_is_left_out(valkey: Valkey) -> None:
    async with Rates(_settings(valkey, endpoint_calls_per_minute=2)) as rates:
        busy, idle = uuid4(), uuid4()
        assert [await rates.call([busy]) for _ in range(2)] == [True, True]
        assert await rates.callable([busy, idle]) == {idle}
        assert not await rates.call([idle, busy])


async def test_zero_is_no_limit(valkey: Valkey) -> None:
    names = ("battles_per_hour", "network_battles_per_hour", "votes_per_minute", "endpoint_calls_per_minute")
    async with Rates(_settings(valkey, **dict.fromkeys(names, 0))) as rates:
        voter = uuid4()
        for _ in range(50):
            await rates.vote(voter)
        assert await _battles(rates, 50) == 50
        assert await rates.callable([voter]) == {voter}
        async with Redis.from_url(valkey.url) as redis:
            assert await redis.keys() == []


async def test_neither_an_address_nor_a_voter_stands_in_redis(valkey: Valkey) -> None:
    voter = uuid4()
    async with Rates(_settings(valkey)) as rates, Redis.from_url(valkey.url) as redis:
        await rates.battle(voter, NETWORK)
        await rates.vote(voter)
        keys = str(await redis.keys())
        assert keys.count("arena:") == 3
        assert "203.0.113" not in keys
        assert voter.hex not in keys
    async with Rates(_settings(valkey)) as rates, Redis.from_url(valkey.url) as redis:
        before = len(await redis.keys())
        await rates.battle(voter, NETWORK)
        assert len(await redis.keys()) == before
    settings = structs.replace(_settings(valkey), secret="t" * 32)
    async with Rates(settings) as rates, Redis.from_url(valkey.url) as redis:
        await rates.battle(voter, NETWORK)
        assert len(await redis.keys()) == before + 2


async def test_a_flushed_redis_counts_from_the_start(valkey: Valkey) -> None:
    async with Rates(_settings(valkey, network_battles_per_hour=2)) as rates:
        assert await _battles(rates, 3) == 2
        async with Redis.from_url(valkey.url) as redis:
            await redis.flushall()
            await redis.script_flush()
        assert await _battles(rates, 3) == 2


async def test_a_full_redis_is_like_none(valkey: Valkey) -> None:
    async with Rates(_settings(valkey, network_battles_per_hour=8)) as rates:
        async with Redis.from_url(valkey.url) as redis:
            await redis.config_set("maxmemory", "1")
        assert await _battles(rates, 8) == 8 // LOCAL_SHARE


async def test_without_redis_a_stricter_local_count_decides_in_time_until_it_is_back(valkey: Valkey) -> None:
    clock = Clock()
    async with Rates(_settings(valkey, network_battles_per_hour=8), now=clock) as rates:
        assert await _battles(rates, 1) == 1
        await valkey.stop()
        began = time.monotonic()
        assert await _battles(rates, 8) == 8 // LOCAL_SHARE
        assert time.monotonic() - began < 1
        with pytest.raises(LimitReached, match="asked too often this hour"):
            await rates.battle(uuid4(), NETWORK)
        await valkey.start()
        await valkey.ready()
        assert await _battles(rates, 1) == 0
        clock.at += AWAY_SECONDS

        async def counted() -> bool:
            clock.at += AWAY_SECONDS
            return await _battles(rates, 1, network="198.51.100.0/24") == 1

        await until(counted)
        # What was counted before the stop is on its disk.
        assert await _battles(rates, 8) == 7


async def test_a_redis_that_hangs_is_waited_for_once(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DECIDED_SECONDS", IN_TIME)
    clock = Clock()
    async with Rates(_settings(valkey, votes_per_minute=400, endpoint_calls_per_minute=8), now=clock) as rates:
        await rates.vote(uuid4())
        async with Redis.from_url(valkey.url) as redis:
            await redis.client_pause(1500)
        began = time.monotonic()
        voter, endpoint = uuid4(), uuid4()
        for _ in range(40):
            await rates.vote(voter)
        assert await rates.callable([endpoint]) == {endpoint}
        assert [await rates.call([endpoint]) for _ in range(3)] == [True, True, False]
        assert await rates.callable([endpoint]) == set()
        assert time.monotonic() - began < 1.0


def test_a_bucket_fills_again_with_time() -> None:
    clock = Clock()
    buckets, rate = Buckets(clock), Rate("votes", 8, 60)
    assert [buckets.take(rate, "one") for _ in range(3)] == [0, 0, 30]
    assert buckets.take(rate, "another") == 0
    clock.at += 20
    assert buckets.wait(rate, "one") == pytest.approx(10)
    clock.at += 10
    assert [buckets.take(rate, "one") for _ in range(2)] == [0, pytest.approx(30)]
    clock.at += 3600
    assert [buckets.take(rate, "one") for _ in range(3)] == [0, 0, 30]


def test_the_least_limit_still_lets_one_through() -> None:
    buckets, rate = Buckets(Clock()), Rate("battles", 1, 3600)
    assert [buckets.take(rate, "one") for _ in range(2)] == [0, 3600]


def test_buckets_take_no_more_memory_than_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arena.limits.MOST_BUCKETS", 10)
    buckets, rate = Buckets(Clock()), Rate("votes", 4, 60)
    for number in range(100):
        buckets.take(rate, str(number))
    assert buckets.wait(rate, "99") == 60
    assert buckets.wait(rate, "0") == 0
