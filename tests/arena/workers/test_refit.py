import asyncio
from functools import partial

import pytest
from msgspec import structs

from arena import jobs
from arena.config import Settings
from arena.db import Pool
from arena.publishing import releases
from arena.workers import refit
from tests.builders import Visitor, contender, ready_battle, until
from tests.conftest import Open
from tests.upstream import Provider


async def test_a_vote_moves_the_board_within_ten_seconds(open_arena: Open, db: Pool, provider: Provider) -> None:
    for model in ("words:One.", "words:Two."):
        await contender(db, provider, model)
    async with Visitor(await open_arena(working=True)) as visitor:
        assert (await visitor.get("/api/v1/boards/overall"))[1]["release"] is None
        for votes in (1, 2):
            battle_id = await visitor.ask()
            await visitor.hear(battle_id)
            assert (await visitor.vote(battle_id, "a"))[0] == 201
            await until(partial(_shows, visitor, votes))


async def _shows(visitor: Visitor, votes: int) -> bool:
    release = (await visitor.get("/api/v1/boards/overall"))[1]["release"]
    return bool(release and release["votes"] == votes)


async def test_a_board_that_was_just_released_is_looked_at_again_later(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    slow = structs.replace(settings, release_seconds=300)
    for released in (1, 1):
        battle, _ = await ready_battle(db, entrants)
        await db.execute("INSERT INTO votes (battle_id, outcome) VALUES ($1, 'a')", battle.id)
        await refit.look(db, slow, "overall")
        assert await db.fetchval("SELECT count(*) FROM releases") == released
    later = await db.fetchval("SELECT extract(epoch FROM execute_after - now()) FROM pgqueuer WHERE status = 'queued'")
    assert later == pytest.approx(300, abs=10)


async def test_a_job_that_comes_back_within_its_own_second_is_not_taken_for_itself(
    db: Pool, settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    for _ in range(2):
        battle, _ = await ready_battle(db, entrants)
        await db.execute("INSERT INTO votes (battle_id, outcome) VALUES ($1, 'a')", battle.id)
        if await releases.latest(db, "overall") is None:
            await refit.look(db, settings, "overall")
    await db.execute("UPDATE releases SET published_at = now() - interval '299.5 seconds'")
    monkeypatch.setattr(jobs, "time", lambda: 1000.1)
    await jobs.refit_soon(db, "overall")
    await db.execute("UPDATE pgqueuer SET status = 'picked'")
    monkeypatch.setattr(jobs, "time", lambda: 1001.2)
    await refit.look(db, structs.replace(settings, release_seconds=300), "overall")
    assert await db.fetchval("SELECT count(*) FROM pgqueuer WHERE status = 'queued'") == 1


async def test_nothing_new_is_nothing_to_do(db: Pool, settings: Settings) -> None:
    await refit.look(db, settings, "overall")
    assert await releases.latest(db, "overall") is None
    assert await db.fetchval("SELECT count(*) FROM pgqueuer") == 0


async def test_asking_often_within_a_second_is_asking_once_or_twice(db: Pool) -> None:
    await asyncio.gather(*(jobs.refit_soon(db, "overall") for _ in range(50)))
    # All within one second of the clock, or across the edge between two.
    assert await db.fetchval("SELECT count(*) FROM pgqueuer") in (1, 2)


async def test_a_broken_job_does_not_stop_the_next_one(open_arena: Open, db: Pool, provider: Provider) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    battle, _ = await ready_battle(db, entrants)
    await db.execute("INSERT INTO votes (battle_id, outcome) VALUES ($1, 'a')", battle.id)
    await jobs.refit_soon(db, "no such board")
    await open_arena(working=True)
    await until(lambda: _released(db))


async def _released(db: Pool) -> bool:
    return await releases.latest(db, "overall") is not None


async def test_a_process_calls_once_a_second_and_again_after_a_call_that_failed(
    db: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []

    async def call(_: Pool, board: str, *, priority: int) -> None:
        assert priority == jobs.AWAITED
        called.append(board)
        if len(called) == 1:
            raise ConnectionResetError

    monkeypatch.setattr(jobs, "refit_soon", call)
    monkeypatch.setattr(jobs, "time", lambda: 1000.5)
    wakeups = jobs.Wakeups(db)
    with pytest.raises(ConnectionResetError):
        await wakeups.refit_soon("overall")
    for _ in range(3):
        await wakeups.refit_soon("overall")
    assert called == ["overall", "overall"]
    monkeypatch.setattr(jobs, "time", lambda: 1001.0)
    await wakeups.refit_soon("overall")
    assert len(called) == 3
