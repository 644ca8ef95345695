"""Each check of numbers, and of work that must go on, finds what it is there for, and nothing else."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from arena import jobs
from arena.config import Settings
from arena.db import Connection, Pool, Proxy
from arena.evaluation import votes
from arena.integration import boards, defaults
from arena.publishing import checks, releases, rounds
from arena.publishing.checks import coverage
from arena.publishing.checkup import Scene, Smell
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider

NAMES = ("Anna", "Berta", "Carl")
MINUTE = timedelta(minutes=1)
# These are planted and run by themselves: one draws boards from known strengths, and one is of the arena's own words.
APART = {"X10", "X0", "X5"}
MINE = {
    "N1",
    "N2",
    "N3",
    "N5",
    "N6",
    "N7",
    "N8",
    "N10",
    "X1",
    "X2",
    "X3",
    "X4",
    "X5",
    "X10",
    "U3",
    "U4",
    "U5",
    "U6",
    "U7",
}
LAST = "(SELECT id FROM releases ORDER BY published_at DESC LIMIT 1)"
ANNA = "(SELECT id FROM contenders WHERE slug = 'anna')"
# Each of a pair is A in every other of its battles, whatever chance made of it.
EVENLY = """
    WITH numbered AS (SELECT id, row_number() OVER (ORDER BY opened_at, id) - 1 AS number FROM battles),
    turned AS (
        SELECT numbered.id FROM numbered
        JOIN sides first ON first.battle_id = numbered.id AND first.position = 0
        JOIN sides second ON second.battle_id = numbered.id AND second.position = 1
        WHERE (first.contender_id < second.contender_id) <> (number / 3 % 2 = 0)
    )
    UPDATE sides SET contender_id = other.contender_id, endpoint_id = other.endpoint_id FROM sides other
    WHERE other.battle_id = sides.battle_id AND other.position = 1 - sides.position
      AND sides.battle_id IN (SELECT id FROM turned)
"""
UNFAIR = json.dumps(
    {
        "days": 30, "until": "2026-01-01T00:00:00Z", "release": None, "variants": [], "retired_by_provider": [],
        "retired_by_licence": [], "failures": [], "ratings": [],
        "exposure": {"battles": 900, "providers": [], "providers_p": 1e-9, "providers_exact": True, "contenders": [],
                     "contenders_p": 0.5, "contenders_exact": True},
    }
)  # fmt: skip
# For each check what it is there to find; what else sees the same is named beside it.
PLANTS: dict[str, tuple[str, set[str]]] = {
    # A line that is gone is missing from the totals, too, and nobody has told of it.
    "N1": (f"DELETE FROM standings WHERE contender_id = {ANNA} AND snapshot_id ="
           f" (SELECT snapshot_id FROM releases WHERE id = {LAST})", {"X4", "N2"}),
    "N2": ("INSERT INTO endpoint_events (endpoint_id, former, state, actor, happened_at)"
           f" SELECT id, 'listed', 'retired', 'provider', now() - interval '2 hours' FROM endpoints"
           f" WHERE contender_id = {ANNA};"
           "UPDATE releases SET published_at = now() - interval '3 hours' WHERE id <> " + LAST, set()),
    "N3": ("UPDATE contenders SET licence = '' WHERE slug = 'anna'", set()),
    "N5": ("UPDATE endpoints SET state = 'checking', state_since = now() - interval '8 days'"
           f" WHERE contender_id = {ANNA}", set()),
    "N6": ("UPDATE battles SET draw_id = NULL WHERE id = (SELECT battle_id FROM votes LIMIT 1)", set()),
    # The board is there under another name, so what it would have been is not.
    "N7": ("UPDATE boards SET slug = 'else' WHERE slug = 'no-refusals';"
           "UPDATE votes SET cast_at = cast_at - interval '2 hours'", set()),
    "N8": ("UPDATE boards SET calendar = 'every day at 12:00' WHERE slug = 'overall';"
           "INSERT INTO candidates (board_id, calendar, due_at, cut_off_at) SELECT id, calendar,"
           " now() - interval '2 hours', now() - interval '2 hours' FROM boards WHERE slug = 'overall'", set()),
    "N10": (f"UPDATE standings SET \"group\" = 1 WHERE contender_id = {ANNA}", set()),
    "X1": (f"INSERT INTO fairness_reports (until, report) VALUES (now(), '{UNFAIR}')", set()),
    "X2": ("UPDATE sides SET contender_id = other.contender_id, endpoint_id = other.endpoint_id FROM sides other"
           " WHERE other.battle_id = sides.battle_id AND other.position = 1 - sides.position AND EXISTS (SELECT"
           " FROM sides late WHERE late.battle_id = sides.battle_id AND late.position = 1 AND late.contender_id ="
           f" {ANNA})", set()),
    "X3": ("UPDATE candidates SET calendar = 'every day at 12:00', due_at = now() - interval '9 hours',"
           f" cut_off_at = now() - interval '9 hours' WHERE release_id = {LAST}", set()),
    "X4": (f"UPDATE standings SET votes = votes + 1 WHERE contender_id = {ANNA}", set()),
    "U3": ("INSERT INTO checks (endpoint_id, begun_at, alive_until) SELECT id, now() - interval '1 hour',"
           f" now() - interval '1 hour' FROM endpoints WHERE contender_id = {ANNA}", set()),
    "U4": ("UPDATE pgqueuer SET execute_after = now() - interval '1 hour'", set()),
    "U5": ("UPDATE answers SET failure = 'timeout' WHERE position = 0", set()),
    "U6": ("UPDATE votes SET cast_at = cast_at - interval '1 day' * (1 + ('x' || left(id::text, 2))::bit(8)::int % 7)",
           set()),
    "U7": ("INSERT INTO appeals (vote_id, text, appealed_at)"
           " SELECT id, 'Why?', now() - interval '8 days' FROM votes LIMIT 1", set()),
}  # fmt: skip


@pytest.fixture
async def lived(db: Pool, settings: Settings, provider: Provider) -> Settings:
    """An arena as it should be: three contenders, some two hundred votes, two releases, and a job that waits."""
    entrants = [await contender(db, provider, f"m-{name.lower()}", name=name, slug=name.lower()) for name in NAMES]
    await db.execute("UPDATE contenders SET licence = 'MIT'")
    board = await boards.require(db, "overall")
    for number in range(210):
        pair = [entrants[number % 3], entrants[(number + 1) % 3]]
        battle, voter = await ready_battle(db, pair)
        await votes.cast(db, battle.id, voter, Outcome.A if number % 4 else Outcome.B)
        if number == 100:
            await releases.refresh(db, board, settings)
    await db.execute(EVENLY)
    assert "no-refusals" in await defaults.make(db)
    await releases.refresh(db, board, settings)
    await jobs.refit_soon(db, "overall", after=timedelta(hours=1))
    return settings


async def _found(db: Connection | Proxy, settings: Settings) -> set[str]:
    scene = Scene(db=db, settings=settings, now=datetime.now(UTC) + MINUTE)
    # As the worker's clock does it every minute.
    await boards.due(db, scene.now)
    seen = {
        check.id: await check.look(scene) for check in checks.ALL.values() if check.inside and check.id not in APART
    }
    return {name for name, sightings in seen.items() if sightings}


async def test_each_check_finds_what_it_is_there_for_and_nothing_else(db: Pool, lived: Settings) -> None:
    assert set(PLANTS) | APART >= MINE
    async with db.acquire() as connection:
        assert await _found(connection, lived) == set()
        for name, (plant, beside) in PLANTS.items():
            attempt = connection.transaction()
            await attempt.start()
            await connection.execute(plant)
            assert await _found(connection, lived) == {name} | beside, name
            await attempt.rollback()
        assert await _found(connection, lived) == set()


async def test_a_board_has_an_hour_to_be_made(db: Pool, lived: Settings) -> None:
    await db.execute("UPDATE boards SET slug = 'else' WHERE slug = 'no-refusals'")
    async with db.acquire() as connection:
        now = datetime.now(UTC) + MINUTE
        early = Scene(db=connection, settings=lived, now=now)
        late = Scene(db=connection, settings=lived, now=now + timedelta(hours=1))
        assert await checks.ALL["N7"].look(early) == []
        assert [one.subject for one in await checks.ALL["N7"].look(late)] == ["board no-refusals"]


async def test_what_a_check_sees_is_kept_with_its_class(db: Pool, lived: Settings) -> None:
    await db.execute(PLANTS["U7"][0])
    ran = await rounds.run(db, lived, checks.ALL["U7"], now=datetime.now(UTC))
    assert (ran.outcome, ran.sightings[0].subject) == (rounds.Outcome.FOUND, "appeal 1")
    assert checks.ALL["U7"].smell is Smell.UNRESPONSIVE


async def test_intervals_that_are_too_narrow_are_found_out(
    db: Pool, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with db.acquire() as connection:
        scene = Scene(db=connection, settings=settings, now=datetime(2026, 1, 1, tzinfo=UTC))
        monkeypatch.setattr(coverage, "covered", lambda _: 0.94)
        assert await checks.ALL["X10"].look(scene) == []
        monkeypatch.setattr(coverage, "covered", lambda _: 0.92)
        (found,) = await checks.ALL["X10"].look(scene)
        assert found.values == {"level": "95%", "share": "92.0%"}


@pytest.mark.slow
def test_intervals_of_this_core_hold_as_often_as_they_say() -> None:
    assert abs(coverage.covered(1) - 0.95) <= coverage.OFF


async def test_a_release_that_its_votes_do_not_give_again_is_found_out(db: Pool, lived: Settings) -> None:
    async def seen() -> list[str]:
        ran = await rounds.run(db, lived, checks.ALL["X5"], now=datetime.now(UTC))
        assert ran.outcome in (rounds.Outcome.CLEAN, rounds.Outcome.FOUND), ran.note
        return [one.observed for one in ran.sightings]

    assert await seen() == []
    await db.execute(
        "UPDATE snapshots SET record = replace(record, '\"rating\":', '\"rating\":1')"
        f" WHERE id = (SELECT snapshot_id FROM releases WHERE id = {LAST})"
    )
    assert any("rating" in told for told in await seen())
