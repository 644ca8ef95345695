import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import msgspec
import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards, snapshots
from arena.integration.boards import Board, Change
from arena.integration.snapshots import Fitted
from arena.people import accounts
from arena.publishing import bills, candidates, checks, gate, leases, notes, releases, selftest, slots, smells
from arena.publishing.candidates import By, State
from arena.publishing.checkup import Scene, Severity, Sighting
from arena.publishing.selftest import Finding, Subject
from arena.submission import lifecycle
from arena.submission.endpoints import Entrant
from arena.submission.lifecycle import Actor
from arena.workers import refit
from rating import Outcome
from tests.builders import contender, ready_battle
from tests.upstream import Provider

DAILY = "every day at 12:00, cut-off 2 hours before"
EARLY = timedelta(minutes=1)
CHECKED = [*selftest.CHECKS, *(one for one in checks.ALL.values() if one.severity is Severity.BLOCK)]


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", name=name, slug=name.lower()) for name in ("Anna", "Berta")]


@pytest.fixture
async def board(db: Pool, entrants: list[Entrant]) -> Board:
    """A board with a calendar and one vote."""
    await _vote(db, entrants)
    return await _calendar(db, DAILY)


async def _calendar(db: Pool, text: str) -> Board:
    async with db.acquire() as connection:
        account = await accounts.open(
            connection, email=f"{uuid4().hex}@example.org", name="Op", password=None, roles=()
        )
    return await boards.change(db, "overall", Change(calendar=text), reason="As agreed.", account_id=account.id)


async def _vote(db: Pool, entrants: list[Entrant]) -> UUID:
    battle, voter = await ready_battle(db, entrants)
    return (await votes.cast(db, battle.id, voter, Outcome.A)).id


async def _failing(db: selftest.Db, subject: Subject) -> list[Finding]:
    return [Finding("ranks", "The ranks of {name} don't hold its place by rating.", {"name": "Anna"})]


async def test_a_release_is_planned_frozen_at_its_cut_off_and_published_when_it_is_due(
    db: Pool, settings: Settings, board: Board, entrants: list[Entrant]
) -> None:
    planned = await slots.plan(db, board)
    assert planned is not None
    assert (planned.state, planned.due_at.hour, planned.due_at - planned.cut_off_at) == (
        State.SCHEDULED,
        12,
        timedelta(hours=2),
    )
    assert await slots.advance(db, board, settings, now=planned.cut_off_at - EARLY) is None
    assert await slots.advance(db, board, settings, now=planned.cut_off_at) is None
    frozen = await candidates.under_way(db, board)
    assert frozen is not None
    assert (frozen.state, frozen.findings, frozen.checks) == (State.TESTING, [], len(CHECKED))
    await _vote(db, entrants)
    assert await releases.latest(db, "overall") is None
    published = await slots.advance(db, board, settings, now=planned.due_at)
    assert published is not None
    assert [step.state for step in published.events] == [State.SCHEDULED, State.TESTING, State.PUBLISHED]
    latest = await releases.latest(db, "overall")
    assert latest is not None
    assert (latest.id, latest.votes) == (published.release_id, 1)
    following = await candidates.under_way(db, board)
    assert following is not None
    assert following.due_at == planned.due_at + timedelta(days=1)


async def test_votes_after_the_cut_off_wait_for_the_next_release(
    db: Pool, settings: Settings, board: Board, entrants: list[Entrant]
) -> None:
    planned = await slots.plan(db, board)
    assert planned is not None
    late = await _vote(db, entrants)
    await db.execute("UPDATE votes SET cast_at = $2 WHERE id = $1", late, planned.cut_off_at + EARLY)
    # Nobody worked at the cut-off; the slot is made up for, with the votes until then.
    await slots.advance(db, board, settings, now=planned.due_at + timedelta(hours=3))
    first = await releases.latest(db, "overall")
    await slots.advance(db, board, settings, now=planned.due_at + timedelta(days=1))
    second = await releases.latest(db, "overall")
    assert first is not None
    assert second is not None
    assert (first.votes, second.votes) == (1, 2)


async def test_where_nothing_is_new_the_next_slot_is_waited_for(db: Pool, settings: Settings, board: Board) -> None:
    first = await slots.plan(db, board)
    assert first is not None
    await slots.advance(db, board, settings, now=first.due_at)
    for day in (1, 2):
        assert await slots.advance(db, board, settings, now=first.due_at + timedelta(days=day)) is None
        assert await db.fetchval("SELECT count(*) FROM releases") == 1
    planned = await candidates.under_way(db, board)
    assert planned is not None
    assert (planned.state, planned.due_at) == (State.SCHEDULED, first.due_at + timedelta(days=3))
    assert await db.fetchval("SELECT count(*) FROM snapshots") == 1
    # Known at the cut-off already, so that the votes are not fitted again every minute until it is due.
    assert await slots.advance(db, board, settings, now=planned.cut_off_at) is None
    moved = await candidates.under_way(db, board)
    assert moved is not None
    assert moved.due_at == planned.due_at + timedelta(days=1)


async def test_a_board_without_votes_waits_for_its_first(db: Pool, settings: Settings) -> None:
    board = await _calendar(db, DAILY)
    planned = await slots.plan(db, board)
    assert planned is not None
    assert await slots.advance(db, board, settings, now=planned.due_at) is None
    assert await db.fetchval("SELECT count(*) FROM releases") == 0


async def test_what_fails_is_held_with_why_and_once_repaired_goes_out_at_the_next_slot(
    db: Pool, settings: Settings, board: Board, entrants: list[Entrant], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = await releases.refresh(db, board, settings)
    await _vote(db, entrants)
    planned = await slots.plan(db, board)
    assert planned is not None
    with monkeypatch.context() as broken:
        broken.setattr(selftest, "CHECKS", (_failing,))
        held = await slots.advance(db, board, settings, now=planned.due_at)
    assert held is not None
    assert (held.state, [finding.check for finding in held.findings]) == (State.HELD, ["ranks"])
    assert [each.id for each in await candidates.held(db)] == [held.id]
    latest = await releases.latest(db, "overall")
    assert latest is not None
    assert latest.id == good
    published = await slots.advance(db, board, settings, now=planned.due_at + timedelta(days=1))
    assert published is not None
    assert published.state is State.PUBLISHED
    assert await candidates.held(db) == []


async def test_a_fault_mended_before_the_release_is_due_holds_nothing(
    db: Pool, settings: Settings, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = await slots.plan(db, board)
    assert planned is not None
    with monkeypatch.context() as broken:
        broken.setattr(selftest, "CHECKS", (_failing,))
        await slots.advance(db, board, settings, now=planned.cut_off_at)
    frozen = await candidates.under_way(db, board)
    assert frozen is not None
    assert len(frozen.findings) == 1
    published = await slots.advance(db, board, settings, now=planned.due_at)
    assert published is not None
    assert (published.state, published.findings) == (State.PUBLISHED, [])


async def test_two_workers_at_a_slot_make_one_release(db: Pool, settings: Settings, board: Board) -> None:
    planned = await slots.plan(db, board)
    assert planned is not None
    work = (slots.advance(db, board, settings, now=planned.due_at) for _ in range(4))
    ended = await asyncio.gather(*work, return_exceptions=True)
    assert all(one is None or isinstance(one, candidates.Candidate | leases.Busy) for one in ended), ended
    assert sum(isinstance(one, candidates.Candidate) for one in ended) == 1
    assert await db.fetchval("SELECT count(*) FROM releases") == 1
    assert await db.fetchval("SELECT count(*) FROM candidates WHERE state = 'scheduled'") == 1


async def test_who_comes_after_one_that_was_killed_takes_the_slot_up(
    db: Pool, settings: Settings, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = await slots.plan(db, board)
    assert planned is not None

    async def killed(*_: object) -> notes.Notes:
        raise asyncio.CancelledError

    for moment in (planned.cut_off_at, planned.due_at):
        with monkeypatch.context() as broken:
            broken.setattr(snapshots, "keep" if moment < planned.due_at else "require", killed)
            with pytest.raises(asyncio.CancelledError):
                await slots.advance(db, board, settings, now=moment)
        assert await db.fetchval("SELECT count(*) FROM releases") == 0
        await slots.advance(db, board, settings, now=moment)
    assert await db.fetchval("SELECT count(*) FROM releases") == 1


async def test_another_calendar_moves_what_is_planned_and_at_once_brings_it_out(
    db: Pool, settings: Settings, board: Board
) -> None:
    planned = await slots.plan(db, board)
    assert planned is not None
    board = await _calendar(db, "every day at 13:30")
    moved = await slots.plan(db, board)
    assert moved is not None
    assert (moved.id, moved.due_at.hour, moved.due_at == moved.cut_off_at) == (planned.id, 13, True)
    assert len(await candidates.upcoming(db)) == 1
    board = await _calendar(db, "at once")
    assert await slots.plan(db, board) is None
    assert await candidates.upcoming(db) == []
    await refit.look(db, settings, "overall")
    out = await candidates.require(db, planned.id)
    assert out.state is State.PUBLISHED


async def test_a_release_on_demand_takes_the_frozen_ones_place_and_says_by_whom(
    db: Pool, settings: Settings, board: Board, entrants: list[Entrant]
) -> None:
    planned = await slots.plan(db, board)
    assert planned is not None
    await slots.advance(db, board, settings, now=planned.cut_off_at)
    await _vote(db, entrants)
    release_id = await releases.refresh(db, board, settings, by=By("operator", None, "The press asks."))
    out = await candidates.of_release(db, release_id)
    assert out is not None
    assert out.id == planned.id
    assert [(step.state, step.actor) for step in out.events] == [
        (State.SCHEDULED, "arena"),
        (State.TESTING, "arena"),
        (State.TESTING, "operator"),
        (State.PUBLISHED, "operator"),
    ]
    # An older fit never comes out after it.
    assert await slots.advance(db, board, settings, now=planned.due_at) is None
    assert await db.fetchval("SELECT max(votes) FROM releases JOIN snapshots ON snapshots.id = snapshot_id") == 2


async def test_a_board_without_a_calendar_that_is_held_tries_again_and_keeps_one_candidate(
    db: Pool, settings: Settings, entrants: list[Entrant], monkeypatch: pytest.MonkeyPatch
) -> None:
    board = await boards.require(db, "overall")
    await _vote(db, entrants)
    with monkeypatch.context() as broken:
        broken.setattr(selftest, "CHECKS", (_failing,))
        for _ in range(3):
            with pytest.raises(releases.Held):
                await releases.refresh(db, board, settings)
        assert await db.fetchval("SELECT count(*) FROM candidates") == 1
        assert await db.fetchval("SELECT count(*) FROM snapshots") == 1
        assert [each.state for each in await candidates.held(db)] == [State.HELD]
        assert await releases.behind(db, board)
        assert await releases.wait(db, board, settings, now=datetime.now(UTC) - timedelta(days=1)) > timedelta(hours=1)
        await refit.look(db, settings, "overall")
    await releases.refresh(db, board, settings)
    assert await candidates.held(db) == []
    assert await db.fetchval("SELECT count(*) FROM candidates") == 1


async def test_a_board_whose_calendar_fails_stops_no_other(
    db: Pool, settings: Settings, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    await db.execute(
        "INSERT INTO boards (slug, name, description, cron, source, calendar) "
        "VALUES ('broken', 'Broken', '', '0 * * * *', 'battles', '* * * * *')"
    )
    await db.execute(
        "UPDATE boards SET calendar = '* * * * *', created_at = now() + interval '1 hour' WHERE slug = 'overall'"
    )
    fit = snapshots.fit

    async def failing(db: Pool, board: Board, settings: Settings, *, until: datetime | None = None) -> Fitted:
        if board.slug == "broken":
            raise RuntimeError("It broke.")
        return await fit(db, board, settings, until=until)

    monkeypatch.setattr(snapshots, "fit", failing)
    await refit.keep(db, settings)
    await db.execute("UPDATE candidates SET due_at = now(), cut_off_at = now()")
    await refit.keep(db, settings)
    assert await releases.latest(db, "overall") is not None
    assert await releases.latest(db, "broken") is None


async def test_a_vote_without_its_draw_holds_the_release_and_repairing_it_lets_it_out_at_the_next_slot(
    db: Pool, settings: Settings, board: Board, entrants: list[Entrant]
) -> None:
    planned = await slots.plan(db, board)
    assert planned is not None
    draw = await db.fetchval("UPDATE battles SET draw_id = NULL RETURNING (SELECT id FROM draws LIMIT 1)")
    ended = await slots.advance(db, board, settings, now=planned.due_at)
    assert ended is not None
    assert (ended.state, [one.check for one in ended.findings]) == (State.HELD, ["N6"])
    (smell,) = await smells.listed(db, most=9)
    assert (smell.check, smell.state, smell.release_id) == ("N6", smells.State.OPEN, ended.release_id)
    assert [act.act for act in smell.acts] == ["opened", "held"]
    await db.execute("UPDATE battles SET draw_id = $1", draw)
    following = await slots.plan(db, board, now=planned.due_at)
    assert following is not None
    out = await slots.advance(db, board, settings, now=following.due_at)
    assert out is not None
    assert (out.state, out.findings) == (State.PUBLISHED, [])


async def test_a_check_that_could_not_be_run_holds_the_release(
    db: Pool, settings: Settings, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Scene) -> list[Sighting]:
        raise ZeroDivisionError

    monkeypatch.setitem(checks.ALL, "N6", structs.replace(checks.ALL["N6"], look=broken))
    planned = await slots.plan(db, board)
    assert planned is not None
    ended = await slots.advance(db, board, settings, now=planned.due_at)
    assert ended is not None
    assert [(one.check, one.sentence) for one in ended.findings] == [("N6", gate.UNKNOWN)]


async def test_a_release_tells_what_it_was_tested_for_and_made_with(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    await _vote(db, entrants)
    board = await boards.require(db, "overall")
    first = await releases.refresh(db, board, settings)
    tested, bill = await releases.self_test(db, first), await bills.kept(db, first)
    assert tested is not None
    assert bill is not None
    assert {"totals", "N6"} <= {one.check for one in tested}
    assert all(one.outcome in ("clean", "skipped") and one.promise for one in tested)
    assert (bill.data.votes, "litestar" in bill.dependencies) == (1, True)
    text = str(msgspec.to_builtins(bill))
    assert settings.secret not in text
    assert settings.database_url not in text
    await _vote(db, entrants)
    changed = structs.replace(settings, turns=settings.turns + 1)
    second = await bills.kept(db, await releases.refresh(db, board, changed))
    assert second is not None
    assert second.configuration.settings["turns"] == settings.turns + 1
    assert second.configuration.digest != bill.configuration.digest


async def test_a_retirement_that_the_last_notes_leave_out_holds_the_next_release_until_they_tell_it(
    db: Pool, settings: Settings, board: Board, entrants: list[Entrant], provider: Provider
) -> None:
    others = [entrants[1], await contender(db, provider, "identity", name="Carl", slug="carl")]
    first = await slots.plan(db, board)
    assert first is not None
    await slots.advance(db, board, settings, now=first.due_at)
    await db.execute("UPDATE releases SET published_at = published_at - interval '1 day'")
    async with db.acquire() as connection:
        actor = Actor(None, "operator")
        await lifecycle.retire(connection, entrants[0].target.endpoint_id, actor=actor, note="Old.")
    await db.execute("UPDATE endpoint_events SET happened_at = happened_at - interval '1 hour' WHERE state = 'retired'")
    await _vote(db, others)
    second = await slots.advance(db, board, settings, now=first.due_at + timedelta(days=1))
    assert second is not None
    assert (second.state, second.findings) == (State.PUBLISHED, [])
    told = await db.fetchval("SELECT notes -> 'retired' FROM releases WHERE id = $1", second.release_id)
    silence = "UPDATE releases SET notes = jsonb_set(notes, '{retired}', $2) WHERE id = $1"
    await db.execute(silence, second.release_id, [])
    await _vote(db, others)
    held = await slots.advance(db, board, settings, now=first.due_at + timedelta(days=2))
    assert held is not None
    assert (held.state, [one.check for one in held.findings]) == (State.HELD, ["N2"])
    await db.execute(silence, second.release_id, told)
    out = await slots.advance(db, board, settings, now=first.due_at + timedelta(days=3))
    assert out is not None
    assert (out.state, out.findings) == (State.PUBLISHED, [])


@pytest.mark.parametrize(("blinks", "state"), [(1, State.PUBLISHED), (2, State.HELD)])
async def test_a_check_that_could_not_be_run_is_run_once_more_before_it_holds_anything(
    db: Pool, settings: Settings, board: Board, monkeypatch: pytest.MonkeyPatch, blinks: int, state: State
) -> None:
    looks = 0

    async def blink(scene: Scene) -> list[Sighting]:
        nonlocal looks
        looks += 1
        if looks <= blinks:
            raise ConnectionResetError
        return []

    monkeypatch.setitem(checks.ALL, "N6", structs.replace(checks.ALL["N6"], look=blink))
    planned = await slots.plan(db, board)
    assert planned is not None
    ended = await slots.advance(db, board, settings, now=planned.due_at)
    assert ended is not None
    assert ended.state is state


async def test_a_page_that_disagrees_with_the_api_holds_releases_as_long_as_it_is_seen_to(
    db: Pool, settings: Settings, board: Board
) -> None:
    planned = await slots.plan(db, board)
    assert planned is not None
    seen = Sighting(subject="x", sentence="A cell differs.", observed="1", expected="2", board="overall")
    await smells.keep(db, checks.ALL["X6"], [seen], planned.due_at)
    ended = await slots.advance(db, board, settings, now=planned.due_at)
    assert ended is not None
    assert (ended.state, [one.sentence for one in ended.findings]) == (State.HELD, ["A cell differs."])
    for _ in range(smells.CLEAN):
        await smells.keep(db, checks.ALL["X6"], [], planned.due_at)
    following = await slots.advance(db, board, settings, now=planned.due_at + timedelta(days=1))
    assert following is not None
    assert following.state is State.PUBLISHED
