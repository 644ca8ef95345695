"""Which endpoints may be called: how long they rest after failing, and how often a day they are called."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from arena.db import Pool
from arena.submission import endpoints, health
from tests.builders import contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def endpoint_id(db: Pool, provider: Provider) -> UUID:
    return (await contender(db, provider, "words:one")).target.endpoint_id


async def _rest(db: Pool, endpoint_id: UUID) -> float:
    """The seconds it rests from its last failure on."""
    sql = "SELECT extract(epoch FROM cooled_until - failed_at)::double precision FROM endpoints WHERE id = $1"
    return float(await db.fetchval(sql, endpoint_id))


def _soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


async def test_the_rest_doubles_with_each_failure_in_a_row_up_to_an_hour(db: Pool, endpoint_id: UUID) -> None:
    rests = []
    for _ in range(12):
        await health.rest(db, endpoint_id, _soon(), None)
        rests.append(await _rest(db, endpoint_id))
    assert rests[:4] == [5, 10, 20, 40]
    assert rests[9:] == [2560, 3600, 3600]
    await health.recover(db, endpoint_id, _soon())
    await health.rest(db, endpoint_id, _soon(), None)
    assert await _rest(db, endpoint_id) == 5


@pytest.mark.parametrize(("asked", "rest"), [(7.0, 7), (0.0, 0), (86400.0, 3600)])
async def test_an_endpoint_rests_as_long_as_it_asked_for(
    db: Pool, endpoint_id: UUID, asked: float, rest: float
) -> None:
    await health.rest(db, endpoint_id, _soon(), asked)
    assert await _rest(db, endpoint_id) == rest


async def test_calls_that_fail_together_are_one_failure(db: Pool, endpoint_id: UUID) -> None:
    asked_at = datetime.now(UTC) - timedelta(seconds=1)
    for seconds in (None, None, 7.0, None):
        await health.rest(db, endpoint_id, asked_at, seconds)
    assert await db.fetchval("SELECT failures FROM endpoints WHERE id = $1", endpoint_id) == 1
    assert 6 < await _rest(db, endpoint_id) <= 7


async def test_an_answer_that_was_asked_before_the_failure_ends_no_rest(db: Pool, endpoint_id: UUID) -> None:
    earlier = datetime.now(UTC) - timedelta(seconds=1)
    await health.rest(db, endpoint_id, _soon(), None)
    await health.recover(db, endpoint_id, earlier)
    assert await endpoints.entrants(db) == []
    await health.recover(db, endpoint_id, _soon())
    assert len(await endpoints.entrants(db)) == 1


async def test_after_its_rest_one_call_tries_it_and_others_wait_for_that(db: Pool, endpoint_id: UUID) -> None:
    await health.rest(db, endpoint_id, _soon(), 0.0)
    assert len(await endpoints.entrants(db)) == 1
    async with db.acquire() as connection, connection.transaction():
        await endpoints.claim(connection, [endpoint_id])
    with pytest.raises(endpoints.Unavailable):
        async with db.acquire() as connection, connection.transaction():
            await endpoints.claim(connection, [endpoint_id])
    assert await endpoints.entrants(db) == []


async def test_an_endpoint_is_left_out_when_its_calls_of_the_day_are_spent(db: Pool, provider: Provider) -> None:
    entrants = [await contender(db, provider, "words:one") for _ in range(2)]
    capped = entrants[0].target.endpoint_id
    await db.execute("UPDATE endpoints SET daily_calls = 2 WHERE id = $1", capped)
    await ready_battle(db, entrants)
    await db.execute("UPDATE turns SET asked_at = asked_at - interval '1 day'")
    for left in (2, 2):
        assert len(await endpoints.entrants(db)) == left
        await ready_battle(db, entrants)
    assert [one.target.endpoint_id for one in await endpoints.entrants(db)] == [entrants[1].target.endpoint_id]
    with pytest.raises(endpoints.Unavailable):
        await ready_battle(db, entrants)
    assert await db.fetchval("SELECT calls_today($1)", capped) == 2


async def test_it_is_known_when_a_second_endpoint_is_free_again(db: Pool, provider: Provider) -> None:
    assert await endpoints.second_free_in(db) is None
    first, second, third = [(await contender(db, provider, "words:one")).target.endpoint_id for _ in range(3)]
    assert await endpoints.second_free_in(db) == 0
    await health.rest(db, first, _soon(), 100.0)
    await health.rest(db, second, _soon(), 50.0)
    seconds = await endpoints.second_free_in(db)
    assert seconds is not None
    assert 40 < seconds <= 50
    await db.execute("UPDATE endpoints SET daily_calls = 0 WHERE id = ANY($1::uuid[])", [second, third])
    seconds = await endpoints.second_free_in(db)
    midnight = (datetime.now(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert seconds == pytest.approx((midnight - datetime.now(UTC)).total_seconds(), abs=60)
