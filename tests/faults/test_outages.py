"""PostgreSQL away for half a minute, and frozen for longer than a lease, under load and with real processes."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from uuid import UUID

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import upkeep
from arena.local.postgres import Postgres
from arena.people import voters
from arena.publishing import releases
from tests.builders import Heard, Visitor, until
from tests.faults import crowds, stores
from tests.faults.conftest import begun
from tests.faults.crowds import Crowd
from tests.processes import Run
from tests.upstream import Provider

VOTES = 300
AWAY_SECONDS = 30.0
FROZEN_SECONDS = upkeep.SILENT_SECONDS + 5
BACK_SECONDS = 2.0
LONGEST_SECONDS = 13.0
PATIENT = {"idle_seconds": 90, "answer_seconds": 120, "reader_seconds": 90}

pytestmark = pytest.mark.slow


def _crowd(address: str, settings: Settings, voter: UUID) -> Crowd:
    cookie = f"voter={voters.token(voter, settings.secret)}"
    return Crowd(address, cookie, patience_seconds=180, retry_seconds=0.25)


async def _refuses(visitor: Visitor, seconds: float) -> None:
    """For so long the arena lives, isn't ready, and tells whoever calls to come back, without letting them wait."""
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        for path, status in (("/health/live", 200), ("/health/ready", 503), ("/api/v1/boards", 503)):
            began = monotonic()
            assert (await visitor.get(path))[0] == status, path
            assert monotonic() - began <= LONGEST_SECONDS
        await asyncio.sleep(0.25)


async def _back(*looks: Callable[[], Awaitable[bool]]) -> float:
    """How long it took until all is as before."""
    began = monotonic()
    for look in looks:
        await until(look)
    return monotonic() - began


async def test_away_for_half_a_minute_loses_no_vote_and_ends_no_process(
    run: Run, db: Pool, settings: Settings, provider: Provider, postgres: Postgres
) -> None:
    voter = voters.invite()
    battles = await crowds.ready(db, provider, voter, VOTES)
    serving, working = await run("serve"), await run("work", release_seconds=1)
    crowd = _crowd(serving.address, settings, voter)
    async with Visitor(serving.address) as visitor:
        voting = asyncio.gather(*(crowd.vote(battle_id) for battle_id in battles))
        await until(lambda: crowd.has_answers(2 * VOTES))
        async with stores.away(postgres):
            await _refuses(visitor, AWAY_SECONDS)
            answered = crowd.answers
        back = await _back(lambda: _is_ready(visitor), lambda: crowd.has_answers(answered + 1))
        await voting
    await crowds.agrees(db, crowd, VOTES)
    await until(lambda: _all_released(db))
    assert back <= BACK_SECONDS
    assert (serving.process.returncode, working.process.returncode) == (None, None)


async def _is_ready(visitor: Visitor) -> bool:
    return (await visitor.get("/health/ready"))[0] == 200


async def _all_released(db: Pool) -> bool:
    release = await releases.latest(db, "overall")
    return release is not None and release.votes == VOTES


async def test_frozen_for_longer_than_a_lease_and_woken_it_has_nothing_twice(
    run: Run, db: Pool, settings: Settings, provider: Provider, postgres: Postgres, gate: asyncio.Event
) -> None:
    voter = voters.invite()
    battles = await crowds.ready(db, provider, voter, VOTES)
    serving, other = await run("serve", **PATIENT), await run("serve")
    working = [await run("work", release_seconds=1) for _ in range(2)]
    crowd = _crowd(serving.address, settings, voter)
    async with Visitor(serving.address) as here, Visitor(other.address) as there:
        battle_id = await begun(here)
        there.take_cookies_of(here)
        voting = asyncio.gather(*(crowd.vote(battle_id) for battle_id in battles))
        await until(lambda: crowd.has_answers(2 * VOTES))
        with stores.frozen(postgres):
            await _refuses(there, FROZEN_SECONDS)
            answered = crowd.answers
        back = await _back(lambda: _is_ready(here), lambda: _is_ready(there), lambda: crowd.has_answers(answered + 1))
        await voting
        gate.set()
        heard = [await visitor.hear(battle_id) for visitor in (here, there)]
        told = [await visitor.vote(battle_id, "a") for visitor in (here, there)]
    await _is_one_battle(db, battle_id, heard, [status for status, _ in told])
    await until(lambda: _all_counted(db))
    assert await db.fetchval("SELECT count(*) = count(DISTINCT digest) FROM snapshots")
    assert back <= BACK_SECONDS
    assert {process.process.returncode for process in (serving, other, *working)} == {None}


async def _is_one_battle(db: Pool, battle_id: str, heard: list[Heard], told: list[int]) -> None:
    """It was kept and takes one vote, or was given up for its silence and takes none; everybody heard the same."""
    await db.expire_connections()
    state = await db.fetchval("SELECT state FROM battles WHERE id = $1", battle_id)
    votes = await db.fetchval("SELECT count(*) FROM votes WHERE battle_id = $1", battle_id)
    assert (state, [it.end for it in heard], told, votes) in (
        ("voted", ["ready", "ready"], [201, 200], 1),
        ("void", ["failed", "failed"], [409, 409], 0),
    )


async def _all_counted(db: Pool) -> bool:
    release = await releases.latest(db, "overall")
    return release is not None and release.votes == await db.fetchval("SELECT count(*) FROM votes")
