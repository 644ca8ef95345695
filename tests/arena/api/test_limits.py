"""Limits as voters and endpoints meet them, on the running service."""

import asyncio
from collections import Counter
from uuid import UUID

import pytest

from arena.db import Pool
from tests.builders import Visitor, contender, until
from tests.conftest import Open
from tests.upstream import Provider

JSON = {"content-type": "application/json"}
PROMPT = {"prompt": "Which is it?"}

pytestmark = pytest.mark.usefixtures("patient")


@pytest.fixture
async def entered(db: Pool, provider: Provider) -> None:
    for _ in range(2):
        await contender(db, provider, "words:fine")


async def _open(visitor: Visitor, times: int) -> Counter[int]:
    answers = await asyncio.gather(*(visitor.post("/api/v1/battles", PROMPT) for _ in range(times)))
    return Counter(status for status, _ in answers)


def _calls(provider: Provider, model: str) -> int:
    return sum(call.model == model for call in provider.calls)


@pytest.mark.usefixtures("entered")
async def test_whoever_asks_too_often_is_told_when_the_next_battle_opens(open_arena: Open, db: Pool) -> None:
    async with Visitor(await open_arena(battles_per_hour=2)) as visitor:
        for _ in range(2):
            await visitor.ask()
        status, problem = await visitor.post("/api/v1/battles", PROMPT)
        assert (status, problem["status"], problem["title"]) == (429, 429, "Too Many Requests")
        assert problem["detail"].startswith("You have asked 2 times this hour. The next battle opens at ")
        seconds = int(bytes(visitor.received).lower().partition(b"retry-after: ")[2].split()[0])
        assert 3500 < seconds <= 3600
        assert await db.fetchval("SELECT count(*) FROM battles") == 2


@pytest.mark.usefixtures("entered")
async def test_a_caller_without_cookies_is_held_to_the_network_whatever_it_forwards(open_arena: Open) -> None:
    address = await open_arena(battles_per_hour=1, network_battles_per_hour=3)
    statuses = []
    for number in range(5):
        async with Visitor(address) as stranger:
            headers = JSON | {"x-forwarded-for": f"198.51.{number}.1"}
            statuses.append((await stranger.post("/api/v1/battles", PROMPT, headers=headers))[0])
    assert statuses == [201, 201, 201, 429, 429]


@pytest.mark.usefixtures("entered")
async def test_behind_a_proxy_networks_are_told_apart_by_what_the_proxy_forwards(open_arena: Open) -> None:
    address = await open_arena(network_battles_per_hour=1, trusted_proxies=1)
    statuses = []
    for forwarded in ("198.51.100.1", "203.0.113.1", "9.9.9.9, 198.51.100.2"):
        async with Visitor(address) as stranger:
            headers = JSON | {"x-forwarded-for": forwarded}
            statuses.append((await stranger.post("/api/v1/battles", PROMPT, headers=headers))[0])
    assert statuses == [201, 201, 429]


@pytest.mark.usefixtures("entered")
async def test_votes_come_no_faster_than_a_person_reads(open_arena: Open, db: Pool) -> None:
    async with Visitor(await open_arena(votes_per_minute=1)) as visitor:
        battles = [await visitor.ask() for _ in range(2)]
        for battle_id in battles:
            await visitor.hear(battle_id)
        assert (await visitor.vote(battles[0], "a"))[0] == 201
        status, problem = await visitor.vote(battles[1], "a")
        assert status == 429
        assert problem["detail"].startswith("You vote faster than one can read.")
        assert b"retry-after: " in bytes(visitor.received).lower()
    assert await db.fetchval("SELECT count(*) FROM votes") == 1


async def test_of_a_voters_battles_so_many_are_answered_at_once(open_arena: Open, db: Pool, provider: Provider) -> None:
    gate = asyncio.Event()
    provider.script("slow", ["begun", gate, " and done"])
    for _ in range(2):
        await contender(db, provider, "slow")
    provider.script("quick", ["done"])
    address = await open_arena(concurrent_battles=3)
    async with Visitor(address) as visitor, Visitor(address) as other:
        battle_id = await visitor.ask()
        assert await _open(visitor, 12) == {201: 2, 429: 10}
        status, problem = await visitor.post("/api/v1/battles", PROMPT)
        assert (status, problem["detail"].split(".")[0]) == (429, "3 of your battles are still being answered")
        await other.ask()
        gate.set()
        await visitor.hear(battle_id)
        await visitor.ask()
    assert await db.fetchval("SELECT count(*) FROM sides") == 2 * await db.fetchval("SELECT count(*) FROM battles")


async def test_an_endpoint_at_its_limit_of_the_minute_meets_nobody(
    open_arena: Open, db: Pool, provider: Provider
) -> None:
    for model in ("words:a", "words:b", "words:c"):
        await contender(db, provider, model)
    async with Visitor(await open_arena(endpoint_calls_per_minute=2)) as visitor:
        opened = sum([(await visitor.post("/api/v1/battles", PROMPT))[0] == 201 for _ in range(6)])
        assert opened in (2, 3)  # Two pairs alike leave the third contender nobody to meet.
        status, problem = await visitor.post("/api/v1/battles", PROMPT)
        assert status == 503
        assert "Try again at" in problem["detail"]
        assert b"retry-after: 60" in bytes(visitor.received).lower()
    assert all(_calls(provider, model) <= 2 for model in ("words:a", "words:b", "words:c"))


async def test_a_daily_cap_holds_for_all_who_ask_at_once(open_arena: Open, db: Pool, provider: Provider) -> None:
    capped = await contender(db, provider, "words:dear")
    for _ in range(2):
        await contender(db, provider, "words:cheap")
    await db.execute("UPDATE endpoints SET daily_calls = 3 WHERE id = $1", capped.target.endpoint_id)
    async with Visitor(await open_arena()) as visitor:
        assert await _open(visitor, 30) == {201: 30}
    assert await db.fetchval("SELECT calls_today($1)", capped.target.endpoint_id) == 3


async def test_an_endpoint_that_says_too_many_calls_is_called_once_in_each_rest(
    open_arena: Open, db: Pool, provider: Provider
) -> None:
    busy = (await contender(db, provider, "status429")).target.endpoint_id
    await contender(db, provider, "words:fine")
    async with Visitor(await open_arena()) as visitor:
        await visitor.ask()
        for rest in (1, 2, 3):
            await until(lambda: _rests(db, busy))
            assert await _open(visitor, 15) == {503: 15}
            assert _calls(provider, "status429") == rest
            await db.execute("UPDATE endpoints SET cooled_until = now() WHERE id = $1", busy)
            assert await _open(visitor, 15) == {201: 1, 503: 14}


async def _rests(db: Pool, endpoint_id: UUID) -> bool:
    sql = """
    SELECT cooled_until - failed_at = interval '7 s'
           AND NOT EXISTS (SELECT FROM battles WHERE state IN ('open', 'streaming'))
    FROM endpoints WHERE id = $1
    """
    return bool(await db.fetchval(sql, endpoint_id))


async def test_while_too_few_can_answer_it_is_said_when_to_try_again(
    open_arena: Open, db: Pool, provider: Provider
) -> None:
    await contender(db, provider, "words:fine")
    await contender(db, provider, "status429")
    async with Visitor(await open_arena()) as visitor:
        assert (await visitor.hear(await visitor.ask())).end == "failed"
        status, problem = await visitor.post("/api/v1/battles", PROMPT)
        assert status == 503
        assert problem["detail"].startswith("Fewer than two contenders can answer at the moment")
        seconds = int(bytes(visitor.received).lower().partition(b"retry-after: ")[2].split()[0])
        assert 1 <= seconds <= 7


async def test_an_endpoint_that_answers_again_after_its_rest_is_back(
    open_arena: Open, db: Pool, provider: Provider
) -> None:
    await contender(db, provider, "words:fine")
    ill = (await contender(db, provider, "ill")).target.endpoint_id
    provider.reply("ill", 500, {})
    async with Visitor(await open_arena()) as visitor:
        assert (await visitor.hear(await visitor.ask())).end == "failed"
        provider.script("ill", ["Well ", "again."])
        await db.execute("UPDATE endpoints SET cooled_until = now() WHERE id = $1", ill)
        assert (await visitor.hear(await visitor.ask())).end == "ready"
        row = await db.fetchrow("SELECT failures, failed_at, cooled_until FROM endpoints WHERE id = $1", ill)
        assert row is not None
        assert tuple(row) == (0, None, None)
        assert await _open(visitor, 3) == {201: 3}
