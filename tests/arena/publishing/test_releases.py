import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import AWAY, Pool
from arena.evaluation import votes
from arena.integration import boards, snapshots
from arena.integration.boards import Board
from arena.integration.snapshots import Fitted
from arena.publishing import leases, releases
from arena.publishing.releases import NoSuchRelease
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests import builders
from tests.builders import contender, ready_battle
from tests.upstream import Provider

LOCKS = """
FROM pg_locks JOIN pg_database ON pg_database.oid = database
WHERE locktype = 'advisory' AND datname = current_database()
"""


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", name=name) for name in ("Anna", "Berta")]


async def _vote(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)


async def test_a_board_is_behind_until_its_votes_are_released(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    board = await boards.require(db, "overall")
    assert not await releases.behind(db, board)
    await _vote(db, entrants)
    assert await releases.behind(db, board)
    # A worker that was killed after its snapshot has released nothing.
    await builders.snapshot(db, board, settings)
    assert await releases.behind(db, board)
    await releases.refresh(db, board, settings)
    assert not await releases.behind(db, board)


async def test_a_release_names_its_contenders_and_counts_its_votes(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    board = await boards.require(db, "overall")
    await _vote(db, entrants)
    release_id = await releases.refresh(db, board, settings)
    latest = await releases.latest(db, "overall")
    assert latest is not None
    assert (latest.id, latest.votes, latest.voters) == (release_id, 1, 1)
    assert {standing.name for standing in latest.standings} == {"Anna", "Berta"}
    assert [standing.rating for standing in latest.standings] == sorted(
        (standing.rating for standing in latest.standings), reverse=True
    )
    assert await releases.require(db, latest.id) == latest


async def test_unchanged_votes_make_no_new_release(db: Pool, settings: Settings, entrants: list[Entrant]) -> None:
    board = await boards.require(db, "overall")
    await _vote(db, entrants)
    first = await releases.refresh(db, board, settings)
    assert await releases.refresh(db, board, settings) == first
    assert await db.fetchval("SELECT count(*) FROM snapshots") == 1
    await _vote(db, entrants)
    second = await releases.refresh(db, board, settings)
    assert second != first
    assert [release.id for release in await releases.listed(db, board, None, 10)] == [second, first]
    assert [release.id for release in await releases.listed(db, board, second, 10)] == [first]


async def test_a_board_is_released_by_one_at_a_time(db: Pool, settings: Settings, entrants: list[Entrant]) -> None:
    board = await boards.require(db, "overall")
    await _vote(db, entrants)
    answers = await asyncio.gather(*(releases.refresh(db, board, settings) for _ in range(4)), return_exceptions=True)
    assert sum(isinstance(answer, str) for answer in answers) >= 1
    assert all(isinstance(answer, str | leases.Busy) for answer in answers)
    assert len(await releases.listed(db, board, None, 10)) == 1
    assert not await _is_locked(db)


async def test_a_fit_that_takes_longer_than_a_stopped_worker_is_given_keeps_its_lock(
    db: Pool, settings: Settings, entrants: list[Entrant], monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = snapshots.fit

    async def slowly(db: Pool, board: Board, settings: Settings) -> Fitted:
        await db.execute("SELECT pg_sleep(2)")
        with pytest.raises(leases.Busy):
            await releases.refresh(db, board, settings)
        return await fit(db, board, settings)

    monkeypatch.setattr(leases, "LEASE_SECONDS", 1)
    monkeypatch.setattr(snapshots, "fit", slowly)
    board = await boards.require(db, "overall")
    await _vote(db, entrants)
    assert await releases.require(db, await releases.refresh(db, board, settings))


async def test_who_has_lost_the_lock_during_the_fit_writes_nothing(
    db: Pool, settings: Settings, entrants: list[Entrant], monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = snapshots.fit

    async def losing(db: Pool, board: Board, settings: Settings) -> Fitted:
        await db.execute(f"SELECT pg_terminate_backend(pid) {LOCKS}")
        return await fit(db, board, settings)

    monkeypatch.setattr(snapshots, "fit", losing)
    board = await boards.require(db, "overall")
    await _vote(db, entrants)
    with pytest.raises(AWAY):
        await releases.refresh(db, board, settings)
    assert await db.fetchval("SELECT (SELECT count(*) FROM snapshots) + (SELECT count(*) FROM releases)") == 0


async def _is_locked(db: Pool) -> bool:
    return bool(await db.fetchval(f"SELECT count(*) {LOCKS}"))


async def test_a_release_keeps_its_names_whoever_is_renamed(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    board = await boards.require(db, "overall")
    await _vote(db, entrants)
    await releases.refresh(db, board, settings)
    before = await releases.latest(db, "overall")
    await db.execute("UPDATE contenders SET name = 'Clara', organisation = 'Elsewhere'")
    assert await releases.latest(db, "overall") == before


async def test_a_board_waits_between_releases(db: Pool, settings: Settings, entrants: list[Entrant]) -> None:
    board = await boards.require(db, "overall")
    slow = structs.replace(settings, release_seconds=300)
    now = datetime.now(UTC)
    assert await releases.wait(db, board, slow, now=now) == timedelta()
    await _vote(db, entrants)
    await releases.refresh(db, board, slow)
    latest = await releases.latest(db, "overall")
    assert latest is not None
    at = latest.published_at
    assert await releases.wait(db, board, slow, now=at + timedelta(seconds=100)) == timedelta(seconds=200)
    assert await releases.wait(db, board, slow, now=at + timedelta(seconds=301)) == timedelta()


async def test_an_unknown_release_is_said(db: Pool) -> None:
    with pytest.raises(NoSuchRelease):
        await releases.require(db, "0" * 64)
