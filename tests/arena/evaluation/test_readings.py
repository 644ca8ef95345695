"""Readings: what is kept of the time a voter took, and votes that nobody can have read for."""

from uuid import UUID, uuid4

import pytest

from arena.db import Pool
from arena.evaluation import battles, pairing, readings, votes
from arena.evaluation.casting import Casting
from arena.evaluation.readings import ENOUGH_CHARACTERS, Reading
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import ANSWERS, contender
from tests.upstream import Provider

SPEED = 300.0


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity") for _ in range(2)]


async def _ready(db: Pool, entrants: list[Entrant], characters: int, seconds: float) -> tuple[UUID, UUID]:
    """A battle whose sides showed so many characters each, the first of them so long ago; its voter."""
    voter = uuid4()
    battle = await battles.open(db, voter, "Which is it?", pairing.draw(entrants))
    shown = [2, 2, characters, characters]
    await battles.finish(db, battle.id, 1, ANSWERS, shown=shown, shown_seconds=seconds, void=None)
    return battle.id, voter


async def _excluded(db: Pool, battle_id: UUID) -> list[str]:
    rows = await db.fetch("SELECT reason FROM exclusions WHERE battle_id = $1 AND lifted_at IS NULL", battle_id)
    return [row["reason"] for row in rows]


async def _cast(db: Pool, battle_id: UUID, voter: UUID, *, alone: bool, reading: Reading | None = None) -> None:
    if alone:
        await votes.cast(db, battle_id, voter, Outcome.A, reading=reading, reading_speed=SPEED)
    else:
        await Casting(db, reading_speed=SPEED).cast(battle_id, voter, Outcome.A, reading=reading)


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(
    ("characters", "seconds", "hasty"),
    [(600, 1, True), (600, 6, False), (100, 1, False), (30_000, 3, True), (30_000, 6, False)],
)
async def test_a_vote_is_hasty_where_nobody_could_have_read_enough_since_the_first_text(
    db: Pool, entrants: list[Entrant], alone: bool, characters: int, seconds: float, hasty: bool
) -> None:
    battle_id, voter = await _ready(db, entrants, characters, seconds)
    await _cast(db, battle_id, voter, alone=alone)
    assert await _excluded(db, battle_id) == ["hasty"] * hasty
    assert await votes.count(db) == len(await votes.counted(db)) == 1 - hasty


async def test_nobody_who_waits_as_long_as_the_page_does_is_hasty() -> None:
    """The page holds every vote back for five seconds."""
    assert 2 * ENOUGH_CHARACTERS / SPEED <= 5


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize(
    ("seconds", "told", "hasty"), [(1, 1000, True), (60, 0.5, True), (60, 40, False), (1, 0, True), (60, None, False)]
)
async def test_what_the_browser_tells_can_only_make_it_stricter(
    db: Pool, entrants: list[Entrant], alone: bool, seconds: float, told: float | None, hasty: bool
) -> None:
    battle_id, voter = await _ready(db, entrants, 700, seconds)
    reading = None if told is None else Reading(told, (told, told))
    await _cast(db, battle_id, voter, alone=alone, reading=reading)
    assert await _excluded(db, battle_id) == ["hasty"] * hasty


async def test_without_a_speed_no_vote_is_hasty(db: Pool, entrants: list[Entrant]) -> None:
    battle_id, voter = await _ready(db, entrants, 30_000, 0)
    await votes.cast(db, battle_id, voter, Outcome.A)
    assert await _excluded(db, battle_id) == []


async def test_named_battles_are_never_rated_and_so_never_hasty(db: Pool, entrants: list[Entrant]) -> None:
    battle_id, voter = await _ready(db, entrants, 30_000, 0)
    await db.execute("UPDATE battles SET kind = 'named' WHERE id = $1", battle_id)
    await _cast(db, battle_id, voter, alone=True)
    assert await _excluded(db, battle_id) == []


@pytest.mark.parametrize("alone", [True, False])
async def test_dwell_and_reading_are_kept_once_with_the_vote_until_its_voter_is_forgotten(
    db: Pool, entrants: list[Entrant], alone: bool
) -> None:
    battle_id, voter = await _ready(db, entrants, 700, 90)
    await db.execute("UPDATE battles SET answered_at = now() - interval '30 seconds' WHERE id = $1", battle_id)
    await _cast(db, battle_id, voter, alone=alone, reading=Reading(41.5, (20.25, 12)))
    await _cast(db, battle_id, voter, alone=True, reading=Reading(1, (1, 1)))
    kept = await db.fetchrow("SELECT * FROM readings")
    assert kept is not None
    assert (kept["seconds"], kept["side_seconds"]) == (41.5, [20.25, 12])
    assert 30 <= kept["dwell_seconds"] < 60 < 90 <= kept["text_seconds"] < 120
    async with db.acquire() as connection:
        await readings.forget(connection, uuid4())
        assert await db.fetchval("SELECT count(*) FROM readings") == 1
        await readings.forget(connection, voter)
    assert await db.fetchval("SELECT count(*) FROM readings") == 0
    assert await votes.count(db) == 1
