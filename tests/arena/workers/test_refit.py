import asyncio
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from uuid import UUID

import pytest
from msgspec import structs

from arena import jobs
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards, defaults, fits, snapshots
from arena.integration.boards import Board, Change, New
from arena.integration.questions import Question
from arena.integration.rows import Row
from arena.people import accounts
from arena.people.accounts import Role
from arena.publishing import releases
from arena.submission.endpoints import Entrant
from arena.workers import refit
from rating import DidNotConverge, Outcome, Standings
from tests.builders import Visitor, contender, ready_battle, until
from tests.conftest import Open
from tests.upstream import Provider


async def test_a_vote_moves_the_board_within_ten_seconds(open_arena: Open, db: Pool, provider: Provider) -> None:
    for model in ("words:One.", "words:Two."):
        await contender(db, provider, model)
    async with Visitor(await open_arena(working=True)) as visitor:
        assert (await visitor.get("/api/v1/boards/overall"))[1]["release"] is None
        for number in (1, 2):
            battle_id = await visitor.ask()
            await visitor.hear(battle_id)
            assert (await visitor.vote(battle_id, "a"))[0] == 201
            await until(partial(_shows, visitor, number), seconds=10)


async def _shows(visitor: Visitor, number: int) -> bool:
    release = (await visitor.get("/api/v1/boards/overall"))[1]["release"]
    return bool(release and release["votes"] == number)


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


async def test_what_postgresql_did_not_let_end_is_begun_again_soon(
    db: Pool, settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    battle, _ = await ready_battle(db, entrants)
    await db.execute("INSERT INTO votes (battle_id, outcome) VALUES ($1, 'a')", battle.id)
    with monkeypatch.context() as cut:

        async def lost(*_: object) -> str:
            raise ConnectionResetError

        cut.setattr(releases, "refresh", lost)
        with pytest.raises(ConnectionResetError):
            await refit.look(db, settings, "overall")
    later = await db.fetchval("SELECT execute_after - now() FROM pgqueuer WHERE status = 'queued'")
    assert timedelta(0) < later <= refit.AGAIN


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


async def _voted(db: Pool, entrants: list[Entrant], *categories: str) -> None:
    battle, voter = await ready_battle(db, entrants)
    await db.execute(
        "INSERT INTO tags (battle_id, categories, language, classifier, preset) VALUES ($1, $2, 'en', 'rules-1', true)",
        *(battle.id, list(categories)),
    )
    await votes.cast(db, battle.id, voter, Outcome.A)


async def _boards(db: Pool, *categories: str) -> None:
    for category in categories:
        asked = Question(category=category)
        new = New(slug=category, name=category, description="", cron=boards.OFTEN, question=asked)
        await boards.make(db, new, reason="Asked for.", account_id=None)


async def test_new_votes_reach_every_board_that_asks_for_them_and_no_other_is_fitted(
    db: Pool, settings: Settings, provider: Provider
) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    await _boards(db, "code", "maths", "creative")
    slugs = ("overall", "code", "maths", "creative")
    for categories, fitted in ((("code", "maths"), [1, 1, 1, 0]), (("code",), [2, 2, 1, 0])):
        await _voted(db, entrants, *categories)
        for slug in slugs:
            await refit.look(db, settings, slug)
        counted = "SELECT count(*) FROM snapshots JOIN boards ON boards.id = board_id WHERE slug = $1"
        assert [await db.fetchval(counted, slug) for slug in slugs] == fitted
    code = await releases.latest(db, "code")
    assert code
    assert code.votes == 2


async def test_as_long_as_nothing_changes_no_vote_is_read(
    db: Pool, settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    await _boards(db, "code", "maths")
    await _voted(db, entrants, "code")
    asked = []

    async def behind(_: Pool, board: Board) -> bool:
        asked.append(board.slug)
        return await really(db, board)

    really = releases.behind
    monkeypatch.setattr(releases, "behind", behind)
    for _ in range(3):
        for slug in ("overall", "code", "maths"):
            await refit.look(db, settings, slug)
    assert asked == ["overall", "code", "maths"]
    operator = await _operator(db)
    await boards.change(db, "maths", Change(question=Question()), reason="All.", account_id=operator)
    await refit.look(db, settings, "maths")
    assert asked[3:] == ["maths"]
    released = await releases.latest(db, "maths")
    assert released
    assert released.votes == 1


async def _operator(db: Pool) -> UUID:
    async with db.acquire() as connection:
        account = await accounts.open(
            connection, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,)
        )
    return account.id


async def test_a_board_that_cannot_be_fitted_keeps_its_last_release_and_stops_no_other(
    db: Pool, settings: Settings, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    await _boards(db, "code", "maths")
    await _voted(db, entrants, "code", "maths")
    await refit.look(db, settings, "code")
    first = await releases.latest(db, "code")
    assert first
    await _voted(db, entrants, "code", "maths")
    rate = fits.rate

    def broken(told: Sequence[Row], question: Question, *, replicates: int) -> Standings:
        if question.category == "code":
            raise DidNotConverge("It would not settle.")
        return rate(told, question, replicates=replicates)

    monkeypatch.setattr(fits, "rate", broken)
    for slug in ("code", "maths"):
        await refit.look(db, settings, slug)
    last, other = await releases.latest(db, "code"), await releases.latest(db, "maths")
    assert last == first
    assert other
    assert other.votes == 2
    # It is not tried again with the same votes, and is with others.
    board = await boards.require(db, "code")
    assert await boards.seen(db, board) == await snapshots.mark(db, board)
    monkeypatch.undo()
    await _voted(db, entrants, "code")
    await refit.look(db, settings, "code")
    last = await releases.latest(db, "code")
    assert last
    assert last.votes == 3


async def test_the_clock_calls_the_boards_whose_schedule_says_so_and_makes_new_ones(
    db: Pool, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    await _voted(db, entrants, "code")
    monkeypatch.setattr(defaults, "ENOUGH", 1)
    await refit.call(db)
    await refit.make_defaults(db)
    rows = await db.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = 'refit' ORDER BY id")
    called = [row["payload"].decode() for row in rows]
    assert called == ["overall", "style-controlled", "no-refusals", "category-code", "language-en"]
    await db.execute("DELETE FROM pgqueuer")
    await refit.call(db)
    rows = await db.fetch("SELECT payload FROM pgqueuer ORDER BY id")
    assert sorted(row["payload"].decode() for row in rows) == sorted(called[1:])
