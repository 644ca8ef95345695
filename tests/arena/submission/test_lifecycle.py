"""Where endpoints may go, who may send them there, and that every step is a row."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from arena.db import Pool
from arena.submission import endpoints, lifecycle, submissions, warming
from arena.submission.contenders import PublicAlready
from arena.submission.lifecycle import ARENA, Actor, NoSuchWay, PausedByOperator, State
from tests.builders import contender
from tests.upstream import Provider

PROVIDER, OPERATOR = Actor(None, "provider"), Actor(None, "operator")
# product.md, with the two that a newcomer needs besides: it is paused where it fails, and comes back to where it was.
ALLOWED = {
    "draft": {"checking", "retired"},
    "checking": {"warming", "rejected"},
    "rejected": {"checking", "retired"},
    "warming": {"listed", "paused", "retired"},
    "listed": {"paused", "retired"},
    "paused": {"listed", "warming", "retired"},
    "retired": set(),
}


@pytest.fixture
async def endpoint_id(db: Pool, provider: Provider) -> UUID:
    return (await contender(db, provider, "words:one")).target.endpoint_id


async def _be(db: Pool, endpoint_id: UUID, state: str, *, listed: bool = True) -> None:
    """Let the endpoint be in this state, however it came there."""
    await db.execute(
        """
        UPDATE endpoints SET state = $2, state_since = now(), listed_at = CASE WHEN $3 THEN listed_at END WHERE id = $1
        """,
        *(endpoint_id, state, listed),
    )


async def _row(db: Pool, endpoint_id: UUID) -> Any:
    return await db.fetchrow("SELECT * FROM endpoints WHERE id = $1", endpoint_id)


@pytest.mark.parametrize(("former", "to"), list(product(ALLOWED, ALLOWED)))
async def test_an_endpoint_goes_where_a_way_leads_and_nowhere_else(
    db: Pool, endpoint_id: UUID, former: str, to: str
) -> None:
    await _be(db, endpoint_id, former)
    before = len(await submissions.of(db, endpoint_id, before=None, most=100))
    async with db.acquire() as connection:
        if to in ALLOWED[former]:
            await lifecycle.move(connection, endpoint_id, State(to), actor=PROVIDER, reason="code", note="Words.")
        else:
            with pytest.raises(NoSuchWay) as refused:
                await lifecycle.move(connection, endpoint_id, State(to), actor=PROVIDER)
            assert str(refused.value) == lifecycle.NOT_FROM_HERE[State(former)]
    events = await submissions.of(db, endpoint_id, before=None, most=100)
    assert (await _row(db, endpoint_id))["state"] == (to if to in ALLOWED[former] else former)
    assert len(events) == before + (to in ALLOWED[former])
    if to in ALLOWED[former]:
        last = events[0]
        told = (last.former, last.state, last.reason, last.note, last.actor)
        assert told == (former, to, "code", "Words.", "provider")


async def test_of_many_who_move_at_once_one_does(db: Pool, endpoint_id: UUID) -> None:
    async def paused() -> bool:
        async with db.acquire() as connection:
            try:
                await lifecycle.pause(connection, endpoint_id, actor=PROVIDER, note="?")
            except NoSuchWay:
                return False
        return True

    assert sum(await asyncio.gather(*(paused() for _ in range(8)))) == 1
    events = await submissions.of(db, endpoint_id, before=None, most=100)
    assert [event.state for event in events] == ["paused", "listed"]


@pytest.mark.parametrize(("listed", "state"), [(True, "listed"), (False, "warming")])
async def test_who_is_resumed_comes_back_to_where_it_was(db: Pool, endpoint_id: UUID, listed: bool, state: str) -> None:
    await _be(db, endpoint_id, state, listed=listed)
    async with db.acquire() as connection:
        await lifecycle.pause(connection, endpoint_id, actor=PROVIDER, note="?")
        assert await endpoints.entrants(connection) == []
        await lifecycle.resume(connection, endpoint_id, actor=PROVIDER, note="!")
    assert (await _row(db, endpoint_id))["state"] == state
    assert len(await endpoints.entrants(db)) == 1


@pytest.mark.parametrize("state", ["checking", "warming", "listed", "rejected"])
async def test_what_is_not_paused_is_not_resumed(db: Pool, endpoint_id: UUID, state: str) -> None:
    await _be(db, endpoint_id, state)
    async with db.acquire() as connection:
        with pytest.raises(NoSuchWay):
            await lifecycle.resume(connection, endpoint_id, actor=PROVIDER, note="!")


async def test_what_an_operator_has_paused_an_operator_resumes(db: Pool, endpoint_id: UUID) -> None:
    async with db.acquire() as connection:
        await lifecycle.pause(connection, endpoint_id, actor=OPERATOR, note="It answers with advertisements.")
        with pytest.raises(PausedByOperator):
            await lifecycle.resume(connection, endpoint_id, actor=PROVIDER, note="No more.")
        await lifecycle.resume(connection, endpoint_id, actor=OPERATOR, note="No more.")
    assert (await _row(db, endpoint_id))["state"] == "listed"


@pytest.mark.parametrize("days", [None, 0, -1])
async def test_without_notice_it_retires_at_once(db: Pool, endpoint_id: UUID, days: int | None) -> None:
    day = None if days is None else (datetime.now(UTC) + timedelta(days=days)).date()
    async with db.acquire() as connection:
        await lifecycle.retire(connection, endpoint_id, actor=PROVIDER, note="Its successor is out.", from_day=day)
    row = await _row(db, endpoint_id)
    assert (row["state"], row["reason"], row["note"]) == ("retired", "retired", "Its successor is out.")
    assert await endpoints.entrants(db) == []


async def test_with_notice_it_is_drawn_until_that_day_and_then_retires_with_the_same_words(
    db: Pool, endpoint_id: UUID
) -> None:
    day = (datetime.now(UTC) + timedelta(days=3)).date()
    async with db.acquire() as connection:
        await lifecycle.retire(connection, endpoint_id, actor=PROVIDER, note="Its successor is out.", from_day=day)
    row = await _row(db, endpoint_id)
    assert (row["state"], row["retires_at"]) == ("listed", datetime(day.year, day.month, day.day, tzinfo=UTC))
    assert len(await endpoints.entrants(db)) == 1
    assert await lifecycle.retire_due(db) == 0
    await db.execute("UPDATE endpoints SET retires_at = now() WHERE id = $1", endpoint_id)
    assert await endpoints.entrants(db) == []
    async with db.acquire() as connection, connection.transaction():
        with pytest.raises(endpoints.Unavailable):
            await endpoints.claim(connection, [endpoint_id])
    assert await lifecycle.retire_due(db) == 1
    last, notice, _ = await submissions.of(db, endpoint_id, before=None, most=100)
    assert (last.state, last.actor, last.note) == ("retired", "arena", "Its successor is out.")
    assert (notice.former, notice.state, notice.reason) == ("listed", "listed", "notice")


async def test_a_newcomer_that_withdraws_says_so(db: Pool, endpoint_id: UUID) -> None:
    await _be(db, endpoint_id, "warming", listed=False)
    async with db.acquire() as connection:
        await lifecycle.retire(connection, endpoint_id, actor=PROVIDER, note="Too early.")
    assert (await _row(db, endpoint_id))["reason"] == "withdrawn"


async def test_a_private_test_ends_once(db: Pool, endpoint_id: UUID) -> None:
    contender_id = (await _row(db, endpoint_id))["contender_id"]
    await db.execute("UPDATE contenders SET committed_at = NULL WHERE id = $1", contender_id)
    async with db.acquire() as connection:
        await lifecycle.publish(connection, endpoint_id, actor=PROVIDER)
        with pytest.raises(PublicAlready):
            await lifecycle.publish(connection, endpoint_id, actor=PROVIDER)
    assert await db.fetchval("SELECT committed_at > entered_at FROM contenders WHERE id = $1", contender_id)
    assert [one.reason for one in await submissions.of(db, endpoint_id, before=None, most=9)] == ["published", None]


async def _asked(db: Pool, endpoint_id: UUID, failures: list[str | None], *, finish: str | None = "stop") -> None:
    """Let the endpoint have answered in so many battles, or have failed for these reasons."""
    await db.execute(
        """
        WITH voter AS (INSERT INTO voters (id) VALUES (gen_random_uuid()) RETURNING id),
        asked AS (SELECT gen_random_uuid() AS id, failure FROM unnest($2::text[]) AS failure),
        battle AS (INSERT INTO battles (id, voter_id, state, rule, propensity)
                   SELECT asked.id, voter.id, 'ready', 'test', 1 FROM voter, asked),
        turn AS (INSERT INTO turns (battle_id, turn, content) SELECT id, 1, '[]' FROM asked),
        side AS (INSERT INTO sides (battle_id, position, contender_id, endpoint_id)
                 SELECT asked.id, 0, contender_id, endpoints.id FROM asked, endpoints WHERE endpoints.id = $1)
        INSERT INTO answers (battle_id, position, turn, content, seconds, failure, finish)
        SELECT id, 0, 1, '[]', 1, failure, CASE WHEN failure IS NULL THEN $3 END FROM asked
        """,
        *(endpoint_id, failures, finish),
    )


FAILED, REFUSED, FINE = "timeout", "refused", None


@pytest.mark.parametrize(
    ("failures", "state"),
    [
        ([FINE] * 9, "warming"),
        ([FINE] * 10, "listed"),
        ([FINE] * 9 + [FAILED], "listed"),
        ([FINE] * 8 + [REFUSED] * 2, "listed"),
        ([FINE] * 8 + [FAILED] * 2, "paused"),
        # It can't come below a fifth of ten any more.
        ([FAILED] * 2, "paused"),
        ([FINE] * 16 + [FAILED] * 3, "listed"),
        ([FINE] * 16 + [FAILED] * 4, "paused"),
    ],
)
async def test_a_newcomer_is_listed_after_enough_battles_unless_it_fails(
    db: Pool, endpoint_id: UUID, failures: list[str | None], state: str
) -> None:
    await _be(db, endpoint_id, "warming", listed=False)
    await _asked(db, endpoint_id, failures)
    settled = await warming.settle(db, battles=10, failures=0.2)
    row = await _row(db, endpoint_id)
    assert (row["state"], settled) == (state, [] if state == "warming" else [endpoint_id])
    assert row["reason"] == {"warming": None, "listed": "warm", "paused": "failing"}[state]
    assert (row["listed_at"] is None) == (state != "listed")


async def test_what_was_broken_off_by_us_or_came_before_does_not_count(db: Pool, endpoint_id: UUID) -> None:
    await _asked(db, endpoint_id, [FINE] * 20)
    await _be(db, endpoint_id, "warming", listed=False)
    await _asked(db, endpoint_id, [FINE] * 20, finish=None)
    assert await warming.settle(db, battles=10, failures=0.2) == []


async def test_only_newcomers_are_settled(db: Pool, endpoint_id: UUID) -> None:
    await _asked(db, endpoint_id, [FAILED] * 20)
    assert await warming.settle(db, battles=10, failures=0.2) == []
    assert ARENA.account_id is None
