import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards
from arena.publishing import releases
from arena.publishing.releases import NoSuchRelease
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", name=name) for name in ("Anna", "Berta")]


async def _vote(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)


async def test_without_votes_nothing_is_released(db: Pool, settings: Settings) -> None:
    board = await boards.require(db, "overall")
    assert await releases.refresh(db, board, settings) is None
    assert await releases.latest(db, "overall") is None


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
    assert await releases.refresh(db, board, settings) is None
    await _vote(db, entrants)
    second = await releases.refresh(db, board, settings)
    assert second != first
    listed = await releases.listed(db, board, None, 10)
    assert [release.id for release in listed] == [second, first]
    assert [release.id for release in await releases.listed(db, board, listed[0].published_at, 10)] == [first]


async def test_workers_that_release_at_once_make_one_release(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    board = await boards.require(db, "overall")
    await _vote(db, entrants)
    await asyncio.gather(*(releases.refresh(db, board, settings) for _ in range(4)))
    assert len(await releases.listed(db, board, None, 10)) == 1


async def test_a_board_waits_between_releases(db: Pool, settings: Settings, entrants: list[Entrant]) -> None:
    board = await boards.require(db, "overall")
    slow = structs.replace(settings, release_seconds=300)
    now = datetime.now(UTC)
    assert await releases.wait(db, board, slow, now) == timedelta()
    await _vote(db, entrants)
    await releases.refresh(db, board, slow)
    latest = await releases.latest(db, "overall")
    assert latest is not None
    at = latest.published_at
    assert await releases.wait(db, board, slow, at + timedelta(seconds=100)) == timedelta(seconds=200)
    assert await releases.wait(db, board, slow, at + timedelta(seconds=301)) == timedelta()


async def test_an_unknown_release_is_said(db: Pool) -> None:
    with pytest.raises(NoSuchRelease):
        await releases.require(db, "0" * 64)
