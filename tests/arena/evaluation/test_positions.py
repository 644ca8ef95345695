"""Who is A: in blocks that are even, and that nobody can foresee."""

import asyncio
from collections import Counter
from itertools import pairwise
from uuid import UUID

import pytest
from scipy.stats import chi2

from arena.db import Pool
from arena.evaluation import pairing, positions
from arena.submission.endpoints import Entrant
from tests.builders import contender
from tests.upstream import Provider

# Of four battles: two blocks of two (each of four ways 1/2 · 1/4) or one of four (each of six ways 1/2 · 1/6).
CHANCES = {ways: 1 / 12 + (ways in positions.TWOS) / 8 for ways in positions.FOURS}


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "words:one") for _ in range(2)]


def test_four_battles_come_in_every_order_of_two_blocks_or_one_as_often_as_they_should() -> None:
    keys = [UUID(int=n) for n in range(4000)]
    found = Counter(
        tuple(positions.low_first(key, block * 4 + n) for n in range(4)) for key in keys for block in (0, 7)
    )
    assert set(found) == set(CHANCES)
    assert sum(CHANCES.values()) == pytest.approx(1)
    squares = sum((found[ways] - 8000 * chance) ** 2 / (8000 * chance) for ways, chance in CHANCES.items())
    assert chi2.sf(squares, len(CHANCES) - 1) > 0.001


def test_what_came_before_does_not_tell_who_is_next() -> None:
    following = Counter((positions.low_first(UUID(int=n), 3), positions.low_first(UUID(int=n), 4)) for n in range(4000))
    # 1,000 expected each; five standard deviations are 137.
    assert all(abs(times - 1000) < 137 for times in following.values())
    # Within a block of two the second follows from the first; that it is one of two is not known.
    same = sum(one == other for n in range(500) for one, other in pairwise([_places(n)[0], _places(n)[1]]))
    assert 50 < same < 120


def _places(key: int) -> list[bool]:
    return [positions.low_first(UUID(int=key), n) for n in range(4)]


async def test_battles_that_open_at_once_get_places_one_after_another(db: Pool, entrants: list[Entrant]) -> None:
    pairs = await asyncio.gather(*(positions.balance(db, pairing.draw(entrants)) for _ in range(40)))
    low = min(entrant.contender_id for entrant in entrants)
    firsts = sum(pair.entrants[0].contender_id == low for pair in pairs)
    assert firsts == 20
    row = await db.fetchrow("SELECT key, used FROM position_blocks")
    assert row is not None
    assert row["used"] == 40
    assert sum(positions.low_first(row["key"], n) for n in range(40)) == 20


async def test_positions_go_on_where_they_were_whatever_order_the_pair_was_drawn_in(
    db: Pool, entrants: list[Entrant]
) -> None:
    drawn = [pairing.draw(entrants) for _ in range(8)]
    placed = [(await positions.balance(db, pair)).entrants[0].contender_id for pair in drawn]
    key = await db.fetchval("SELECT key FROM position_blocks")
    low, high = sorted(entrant.contender_id for entrant in entrants)
    assert placed == [low if positions.low_first(key, n) else high for n in range(8)]
    # What a crash of the database took begins anew, with blocks of its own.
    await db.execute("TRUNCATE position_blocks")
    await positions.balance(db, drawn[0])
    assert await db.fetchval("SELECT key FROM position_blocks") != key
