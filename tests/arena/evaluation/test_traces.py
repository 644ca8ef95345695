"""Traces: the same network is known again within a week, nowhere else, and not for long."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from arena import guards
from arena.db import Pool
from arena.evaluation import traces, votes
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider

SECRET = "s" * 32
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
AGENT = "Mozilla/5.0 (X11; Linux x86_64)"


def test_a_network_and_a_browser_are_known_again_within_a_week_and_never_in_another() -> None:
    codes = [traces.of("198.51.100.0/24", AGENT, SECRET, now=MONDAY + timedelta(days=days)) for days in (0, 6, 7)]
    assert codes[0] == codes[1]
    assert codes[0].network != codes[2].network
    assert codes[0].agent != codes[2].agent
    assert traces.of("198.51.100.0/24", AGENT, "t" * 32, now=MONDAY) != codes[0]


def test_the_first_days_of_a_year_belong_to_their_week() -> None:
    thursday = datetime(2026, 12, 31, tzinfo=UTC)
    assert traces.of("x", "y", SECRET, now=thursday) == traces.of("x", "y", SECRET, now=thursday + timedelta(days=3))


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("198.51.100.7", "198.51.100.250", True),
        ("198.51.100.7", "198.51.101.7", False),
        ("2001:db8:1:aa00::1", "2001:db8:1:bb00::1", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
    ],
)
def test_a_network_is_a_24_of_ipv4_and_a_48_of_ipv6(first: str, second: str, same: bool) -> None:
    blocks = [guards.block(address, [], proxies=0) for address in (first, second)]
    codes = [traces.of(block, AGENT, SECRET, now=MONDAY).network for block in blocks]
    assert (codes[0] == codes[1]) is same


def test_a_code_tells_a_network_from_a_browser_and_takes_what_is_no_address() -> None:
    code = traces.of("unknown", "unknown", SECRET, now=MONDAY)
    assert code.network != code.agent
    assert (len(code.network), len(code.agent)) == (8, 8)
    assert traces.of("unknown", "\udcff", SECRET, now=MONDAY).network == code.network


async def test_traces_are_kept_for_some_days_and_go_with_their_voter(db: Pool, provider: Provider) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    trace = traces.of("198.51.100.0/24", AGENT, SECRET)
    for _ in range(2):
        battle, voter = await ready_battle(db, entrants, trace=trace)
        await votes.cast(db, battle.id, voter, Outcome.A, trace=trace)
    assert await db.fetchval("SELECT count(*) FROM traces") == 4
    async with db.acquire() as connection:
        await traces.forget(connection, uuid4())
        await traces.forget(connection, voter)
    rows = await db.fetch("SELECT battle_id <> $1 AS other, moment, network FROM traces ORDER BY moment", battle.id)
    assert [(row["other"], row["moment"], row["network"]) for row in rows] == [
        (True, "asked", trace.network),
        (True, "voted", trace.network),
    ]
    now = datetime.now(UTC)
    assert await traces.sweep(db, days=30, now=now + timedelta(days=29)) == 0
    assert await traces.sweep(db, days=30, now=now + timedelta(days=31)) == 2
