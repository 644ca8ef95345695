"""Processes that are killed, stopped and woken too late, or asked to end, in the middle of what they do."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import generation, upkeep
from arena.integration import archives
from arena.integration.archives import Archive
from arena.people import voters
from arena.publishing import releases
from tests.builders import Heard, Visitor, contender, ready_battle, until
from tests.conftest import Open
from tests.faults.conftest import begun
from tests.processes import Run
from tests.upstream import Provider

VOID = "This battle did not come to its end, so it does not count and takes no vote."
VOTES = 200
AT_ONCE = 8


async def _in(state: str, db: Pool) -> bool:
    return await db.fetchval("SELECT count(*) = count(*) FILTER (WHERE state = $1) FROM battles", state) is True


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, the servers of this process give up battles that nobody has spoken for within a second."""

    def become() -> None:
        monkeypatch.setattr(generation, "BEAT_SECONDS", 0.1)
        monkeypatch.setattr(upkeep, "sweep", partial(upkeep.sweep, silent_seconds=1))

    return become


@asynccontextmanager
async def _at(address: str, other: Visitor) -> AsyncIterator[Visitor]:
    """The same person at another server."""
    async with Visitor(address) as somebody:
        somebody.take_cookies_of(other)
        yield somebody


@pytest.mark.parametrize("waiting", [False, pytest.param(True, marks=pytest.mark.slow)])
async def test_a_battle_whose_process_was_killed_is_void_within_a_minute(
    open_arena: Open, run: Run, gate: asyncio.Event, db: Pool, impatient: Callable[[], None], *, waiting: bool
) -> None:
    killed = await run("serve")
    other = await open_arena()
    async with Visitor(killed.address) as here, _at(other, here) as there:
        battle_id = await begun(here)
        there.take_cookies_of(here)
        killed.signal(signal.SIGKILL)
        await killed.ended()
        if not waiting:
            impatient()
        await until(lambda: _in("void", db))
        status, problem = await there.vote(battle_id, "a")
    assert (status, problem["detail"]) == (409, VOID)
    assert await db.fetchval("SELECT count(*) FROM votes") == 0


async def test_a_process_that_wakes_too_late_changes_nothing(
    open_arena: Open, run: Run, gate: asyncio.Event, db: Pool, impatient: Callable[[], None]
) -> None:
    asleep = await run("serve")
    other = await open_arena()
    async with Visitor(asleep.address) as here:
        battle_id = await here.ask()
        events = here.stream(battle_id)
        heard = Heard([await anext(events)])
        asleep.signal(signal.SIGSTOP)
        impatient()
        await until(lambda: _in("void", db))
        gate.set()
        asleep.signal(signal.SIGCONT)
        async with asyncio.timeout(60):
            heard.events += [event async for event in events]
        assert heard.end == "failed"
        async with _at(other, here) as there:
            for somewhere in (here, there):
                assert (await somewhere.vote(battle_id, "a"))[0] == 409
                assert (await somewhere.hear(battle_id)).end == "failed"
    assert await _in("void", db)


async def test_killed_in_mid_vote_every_vote_that_was_told_is_there_and_the_others_can_be_sent_again(
    open_arena: Open, run: Run, db: Pool, provider: Provider, settings: Settings
) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    voter = voters.invite()
    asked = [str((await ready_battle(db, entrants, voter))[0].id) for _ in range(VOTES)]
    killed, room, dead = await run("serve"), asyncio.Semaphore(AT_ONCE), asyncio.Event()
    told: dict[str, str] = {}
    cookies = {"voter": voters.token(voter, settings.secret)}

    async def vote(address: str, battle_id: str) -> None:
        async with (
            aiohttp.ClientSession(address, cookies=cookies, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
            session.post(f"/api/v1/battles/{battle_id}/vote", json={"outcome": "a"}) as answer,
        ):
            assert answer.status in (200, 201)
            vote_id = (await answer.json())["vote"]["id"]
            assert told.setdefault(battle_id, vote_id) == vote_id

    async def try_vote(battle_id: str) -> None:
        async with room:
            with suppress(aiohttp.ClientError):
                await vote(killed.address, battle_id)
                if len(told) >= VOTES // 4 and not dead.is_set():
                    dead.set()
                    killed.signal(signal.SIGKILL)

    await asyncio.gather(*(try_vote(battle_id) for battle_id in asked))
    assert VOTES // 4 <= len(told) < VOTES
    kept = {str(row["battle_id"]): str(row["id"]) for row in await db.fetch("SELECT battle_id, id FROM votes")}
    assert told.items() <= kept.items()
    other = await open_arena()
    await asyncio.gather(*(vote(other, battle_id) for battle_id in asked))
    kept = {str(row["battle_id"]): str(row["id"]) for row in await db.fetch("SELECT battle_id, id FROM votes")}
    assert told == kept
    assert len(kept) == VOTES


async def test_of_a_worker_killed_in_mid_refit_another_one_takes_over(run: Run, db: Pool, provider: Provider) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    battle, _ = await ready_battle(db, entrants)
    await db.execute("INSERT INTO votes (battle_id, outcome) VALUES ($1, 'a')", battle.id)
    async with db.acquire() as connection, connection.transaction():
        # The refit gets as far as keeping its snapshot, and waits there.
        await connection.execute("LOCK TABLE snapshots IN EXCLUSIVE MODE")
        killed = await run("work")
        await until(partial(_is_refitting, db, "snapshots"))
        killed.signal(signal.SIGKILL)
        await killed.ended()
    await run("work")
    await until(lambda: _released(db))
    assert await db.fetchval("SELECT count(*) FROM releases") == 1


@pytest.mark.slow
@pytest.mark.parametrize(
    ("table", "mode"),
    [("imported_votes", "ACCESS EXCLUSIVE"), ("snapshots", "EXCLUSIVE")],
    ids=["reading votes", "keeping the snapshot"],
)
async def test_of_a_worker_stopped_in_mid_refit_another_one_takes_over_and_the_woken_one_writes_nothing(
    run: Run, db: Pool, tmp_path: Path, table: str, mode: str
) -> None:
    # Brought in rather than cast: whether there are new ones is then known without the table that a refit reads.
    file = tmp_path / "votes.csv"
    file.write_text("model_a,model_b,winner\nash,birch,model_a\nash,birch,model_b\n")
    await archives.bring(db, Archive(file=file, slug="archive"))
    async with db.acquire() as connection, connection.transaction():
        # The refit gets as far as this, and waits there.
        await connection.execute(f"LOCK TABLE {table} IN {mode} MODE")
        stopped = await run("work")
        await until(partial(_is_refitting, db, table, "archive"))
        stopped.signal(signal.SIGSTOP)
    await run("work")
    await until(lambda: _released(db, "archive"))
    stopped.signal(signal.SIGCONT)
    # Asked to end, it first brings to an end what it had begun.
    stopped.signal(signal.SIGTERM)
    assert await stopped.ended() == 0
    assert await db.fetchval("SELECT count(*) FROM snapshots") == 1
    assert await db.fetchval("SELECT count(*) FROM releases") == 1


async def _is_refitting(db: Pool, table: str, board: str = "overall") -> bool:
    """Whether somebody has the board to refit, and somebody waits for this table."""
    waiting = """
        SELECT count(*) FROM pg_locks, boards
        WHERE relation = $1::text::regclass AND NOT granted AND slug = $2 AND EXISTS (
            SELECT FROM pg_locks AS held
            WHERE held.locktype = 'advisory' AND held.granted
              AND (held.classid::bigint << 32 | held.objid::bigint) = hashtextextended(boards.id::text, 0)
        )
        """
    return bool(await db.fetchval(waiting, table, board))


async def _released(db: Pool, board: str = "overall") -> bool:
    return await releases.latest(db, board) is not None


async def test_asked_to_end_it_lets_streams_end_whole_and_opens_no_battle(
    run: Run, gate: asyncio.Event, db: Pool
) -> None:
    ending = await run("serve", drain_seconds=15)
    async with Visitor(ending.address) as visitor:
        battle_id = await visitor.ask()
        events = visitor.stream(battle_id)
        heard = Heard([await anext(events)])
        ending.signal(signal.SIGTERM)
        await until(lambda: _ending(visitor))
        # Asked before it knows, it would rightly open another one.
        assert (await visitor.post("/api/v1/battles", {"prompt": "Why?"}))[0] == 503
        gate.set()
        async with asyncio.timeout(60):
            heard.events += [event async for event in events]
    assert heard.end == "ready"
    assert sorted(heard.texts()) == ["anna begins and ends.", "berta begins and ends."]
    assert await ending.ended() == 0
    assert await _in("ready", db)


async def _ending(visitor: Visitor) -> bool:
    return (await visitor.get("/health/ready"))[0] == 503
