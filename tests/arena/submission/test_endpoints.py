"""Which endpoints may be called: rested after failing, and within the calls, money and battles at once they allow."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from arena.db import Pool
from arena.errors import Refused
from arena.evaluation import battles, pairing
from arena.evaluation.turns import Answer
from arena.submission import endpoints, health, rates
from arena.submission.endpoints import Entrant
from arena.submission.lifecycle import State
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


async def test_a_further_turn_of_yesterdays_battle_is_a_call_of_today(db: Pool, provider: Provider) -> None:
    entrants = [await contender(db, provider, "words:one") for _ in range(2)]
    battle, voter = await ready_battle(db, entrants)
    await db.execute("UPDATE turns SET asked_at = asked_at - interval '1 day'")
    await db.execute("UPDATE sides SET last_asked_at = last_asked_at - interval '1 day'")
    assert await db.fetchval("SELECT calls_today($1)", entrants[0].target.endpoint_id) == 0
    await battles.resume(db, battle.id, voter, "And then?", most=8)
    assert await db.fetchval("SELECT calls_today($1)", entrants[0].target.endpoint_id) == 1


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


async def _open(db: Pool, entrants: list[Entrant]) -> bool:
    """Open a battle that goes on being answered; whether that was allowed."""
    try:
        await battles.open(db, uuid4(), "Which is it?", pairing.draw(entrants))
    except endpoints.Unavailable:
        return False
    return True


@pytest.mark.parametrize("column", ["concurrency", "daily_calls"])
async def test_of_many_battles_opened_at_once_no_more_call_an_endpoint_than_it_allows(
    db: Pool, provider: Provider, column: str
) -> None:
    entrants = [await contender(db, provider, "words:one") for _ in range(2)]
    capped = entrants[0].target.endpoint_id
    await db.execute(f"UPDATE endpoints SET {column} = 3 WHERE id = $1", capped)
    opened = await asyncio.gather(*(_open(db, entrants) for _ in range(12)))
    assert opened.count(True) == 3
    assert await db.fetchval("SELECT battles_answering($1)", capped) == 3
    assert [one.target.endpoint_id for one in await endpoints.entrants(db)] == [entrants[1].target.endpoint_id]


async def test_who_answers_as_much_as_it_can_is_back_when_a_battle_has_been_answered(
    db: Pool, provider: Provider
) -> None:
    entrants = [await contender(db, provider, "words:one") for _ in range(2)]
    await db.execute("UPDATE endpoints SET concurrency = 1")
    assert await _open(db, entrants)
    assert await endpoints.entrants(db) == []
    await db.execute("UPDATE battles SET state = 'ready'")
    assert len(await endpoints.entrants(db)) == 2


async def _answered_with(
    db: Pool, entrants: list[Entrant], *, prompt_tokens: int | None, answer_tokens: int | None
) -> None:
    battle = await battles.open(db, uuid4(), "What?!", pairing.draw(entrants))
    answer = Answer(text="x" * 30, html="", seconds=1, finish="stop")
    answer = structs.replace(answer, prompt_tokens=prompt_tokens, answer_tokens=answer_tokens)
    await battles.finish(db, battle.id, 1, (answer, answer), shown=[], void=None)


async def test_what_is_spent_today_is_tokens_times_prices(db: Pool, provider: Provider) -> None:
    entrants = [await contender(db, provider, "words:one") for _ in range(2)]
    spender = entrants[0].target.endpoint_id
    await db.execute("UPDATE endpoints SET prompt_price = 3, answer_price = 15 WHERE id = $1", spender)
    await _answered_with(db, entrants, prompt_tokens=1000, answer_tokens=2000)
    assert await db.fetchval("SELECT spent_today($1)", spender) == pytest.approx((3000 + 30000) / 1e6)
    # Six characters of a prompt and thirty of an answer, where no tokens are told.
    await _answered_with(db, entrants, prompt_tokens=None, answer_tokens=None)
    assert await db.fetchval("SELECT spent_today($1)", spender) == pytest.approx((33000 + 2 * 3 + 10 * 15) / 1e6)
    await db.execute("UPDATE turns SET asked_at = asked_at - interval '1 day'")
    assert await db.fetchval("SELECT spent_today($1)", spender) == 0


async def test_a_days_budget_holds_also_while_answers_are_under_way(db: Pool, provider: Provider) -> None:
    entrants = [await contender(db, provider, "words:one") for _ in range(2)]
    spender = entrants[0].target.endpoint_id
    # Each battle costs 1.
    await db.execute("UPDATE endpoints SET answer_price = 1000, daily_budget = 3.5 WHERE id = $1", spender)
    await _answered_with(db, entrants, prompt_tokens=0, answer_tokens=1000)
    opened = await asyncio.gather(*(_open(db, entrants) for _ in range(8)))
    assert opened.count(True) == 3
    assert [one.target.endpoint_id for one in await endpoints.entrants(db)] == [entrants[1].target.endpoint_id]


async def test_who_has_paused_is_not_called_by_a_draw_from_before(db: Pool, provider: Provider) -> None:
    entrants = [await contender(db, provider, "words:one") for _ in range(2)]
    await db.execute("UPDATE endpoints SET state = 'paused' WHERE id = $1", entrants[0].target.endpoint_id)
    assert not await _open(db, entrants)


async def test_newcomers_are_drawn_by_the_rate_that_is_valid_now(db: Pool, endpoint_id: UUID) -> None:
    await db.execute("UPDATE endpoints SET state = 'warming' WHERE id = $1", endpoint_id)
    [entrant] = await endpoints.entrants(db)
    assert (entrant.state, entrant.rate) == ("warming", 0.2)
    later = datetime.now(UTC) + timedelta(hours=1)
    operator = await db.fetchval(
        "INSERT INTO accounts (email, name, roles) VALUES ('op@example.org', 'Op', '{operator}') RETURNING id"
    )
    for valid_from, rate in ((None, 0.5), (later, 0.9)):
        await rates.set(db, State.WARMING, rate, valid_from=valid_from, reason="Few newcomers.", account_id=operator)
    [entrant] = await endpoints.entrants(db)
    assert entrant.rate == 0.5
    await rates.set(db, State.WARMING, 0, valid_from=None, reason="None today.", account_id=operator)
    assert await endpoints.entrants(db) == []
    past = datetime.now(UTC) - timedelta(hours=1)
    with pytest.raises(Refused, match="for the past"):
        await rates.set(db, State.WARMING, 1, valid_from=past, reason="Undo it.", account_id=operator)
    with pytest.raises(Refused, match="warming or listed"):
        await rates.set(db, State.PAUSED, 1, valid_from=None, reason="?", account_id=operator)
