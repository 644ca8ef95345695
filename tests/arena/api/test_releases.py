"""Releases over HTTP: calendars, releases on demand, what is held, any past one by date, and what is said of them."""

from datetime import UTC, datetime, timedelta

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards
from arena.publishing import releases, selftest
from arena.publishing.selftest import Finding, Subject
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.arena.api import test_paces
from tests.builders import Visitor, contender, ready_battle
from tests.upstream import Provider

BOARD = "/api/v1/boards/overall"


async def operator(db: Pool) -> dict[str, str]:
    """The headers of an operator's call."""
    return {"content-type": "application/json", **await test_paces._operator(db)}


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", name=name, slug=name.lower()) for name in ("Anna", "Berta")]


async def _vote(db: Pool, entrants: list[Entrant]) -> None:
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)


async def _release(db: Pool, settings: Settings, entrants: list[Entrant]) -> str:
    await _vote(db, entrants)
    return await releases.refresh(db, await boards.require(db, "overall"), settings)


async def test_an_operator_sets_a_calendar_and_everybody_sees_what_is_planned(visitor: Visitor, db: Pool) -> None:
    change = {"calendar": "Every Friday at 15:00, cut-off 24 hours before", "reason": "The board agreed."}
    status, body = await visitor.patch(BOARD, change, headers=await operator(db))
    assert (status, body["calendar"]) == (200, change["calendar"].lower())
    _, calendar = await visitor.get("/api/v1/calendar")
    [planned] = calendar["upcoming"]
    due, cut_off = (datetime.fromisoformat(planned[name]) for name in ("due_at", "cut_off_at"))
    assert (due.weekday(), due.hour, due - cut_off) == (4, 15, timedelta(days=1))
    assert (planned["board"], planned["state"], planned["id"], calendar["held"]) == ("overall", "scheduled", None, [])
    _, acts = await visitor.get(f"{BOARD}/acts")
    [act] = acts["items"]
    assert (act["what"], act["former"], act["present"]) == ("calendar", "at once", change["calendar"].lower())


async def test_a_calendar_that_is_none_and_a_change_of_nothing_are_refused(visitor: Visitor, db: Pool) -> None:
    headers = await operator(db)
    status, problem = await visitor.patch(BOARD, {"calendar": "soon", "reason": "Because."}, headers=headers)
    assert status == 400
    assert "every friday at 15:00" in problem["detail"]
    assert (await visitor.patch(BOARD, {"reason": "Because."}, headers=headers))[0] == 400
    assert (await visitor.patch(BOARD, {"calendar": "every day", "reason": "Mine."}))[0] == 401
    assert (await visitor.get(f"{BOARD}/acts"))[1]["items"] == []


async def test_an_operator_releases_on_demand_and_the_same_votes_are_no_new_release(
    visitor: Visitor, db: Pool, entrants: list[Entrant]
) -> None:
    headers = await operator(db)
    await visitor.patch(BOARD, {"calendar": "every friday at 15:00", "reason": "Agreed."}, headers=headers)
    await _vote(db, entrants)
    assert (await visitor.post(f"{BOARD}/releases", {"reason": "Now."}))[0] == 401
    status, first = await visitor.post(f"{BOARD}/releases", {"reason": "The press asks."}, headers=headers)
    assert (status, first["new"]) == (201, True)
    assert await visitor.post(f"{BOARD}/releases", {"reason": "Again."}, headers=headers) == (
        200,
        first | {"new": False},
    )
    assert len((await visitor.get("/api/v1/calendar"))[1]["upcoming"]) == 1


async def test_what_is_held_is_told_with_why_and_the_last_good_release_stays(
    visitor: Visitor, db: Pool, settings: Settings, entrants: list[Entrant], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = await _release(db, settings, entrants)
    await _vote(db, entrants)

    async def failing(_: selftest.Db, subject: Subject) -> list[Finding]:
        return [Finding("ranks", "The ranks of {name} don't hold its place by rating.", {"name": "Anna"})]

    monkeypatch.setattr(selftest, "CHECKS", (failing,))
    status, problem = await visitor.post(f"{BOARD}/releases", {"reason": "Now."}, headers=await operator(db))
    assert status == 409
    assert "/releases" in problem["detail"]
    [held] = (await visitor.get("/api/v1/calendar"))[1]["held"]
    assert (held["state"], held["findings"]) == ("held", ["The ranks of Anna don't hold its place by rating."])
    assert [step["state"] for step in held["events"]] == ["scheduled", "self-testing", "held"]
    assert (await visitor.get(BOARD))[1]["release"]["id"] == good


async def test_a_past_release_is_found_by_its_date(
    visitor: Visitor, db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    ids = [await _release(db, settings, entrants) for _ in range(3)]
    for day, release_id in enumerate(ids, 1):
        moment = datetime(2026, 11, day, 15, tzinfo=UTC)
        await db.execute("UPDATE releases SET published_at = $2 WHERE id = $1", release_id, moment)
    for at, found in (
        ("2026-11-02", ids[1::-1]),
        ("2026-11-02T14:59:59Z", ids[:1]),
        ("2026-10-31", []),
        ("2026-12-01", ids[::-1]),
    ):
        _, listed = await visitor.get(f"{BOARD}/releases", params={"at": at})
        assert [release["id"] for release in listed["items"]] == found, at
    status, problem = await visitor.get(f"{BOARD}/releases", params={"at": "last week"})
    assert (status, problem["detail"][:28]) == (400, "“last week” is no date. Writ")
    html = (await visitor.get("/leaderboard/overall", params={"at": "2026-11-02"}))[1]
    assert ids[1][:12] in html
    assert ids[2][:12] not in html


async def test_what_is_new_is_told_and_an_operator_may_word_it_but_change_no_number(
    visitor: Visitor, db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    first, second = [await _release(db, settings, entrants) for _ in range(2)]
    path = f"/api/v1/releases/{second}"
    before = (await visitor.get(path))[1]
    _, said = await visitor.get(f"{path}/notes")
    assert (said["notes"]["previous"], said["notes"]["votes"], said["notes"]["former_votes"]) == (first, 2, 1)
    assert said["announcement"].startswith("Votes counted: 2, 1 more than before.")
    wording = {"announcement": "Two votes.\nThank you.", "reason": "Kinder."}
    assert (await visitor.patch(path, wording))[0] == 401
    status, worded = await visitor.patch(path, wording, headers=await operator(db))
    assert (status, worded["announcement"]) == (200, "Two votes.\nThank you.")
    _, said = await visitor.get(f"{path}/notes")
    assert (said["announcement"], [each["reason"] for each in said["written"]]) == (
        "Two votes.\nThank you.",
        ["Kinder."],
    )
    assert (await visitor.get(path))[1] == before
    assert (await visitor.get(f"/api/v1/releases/{'0' * 64}/notes"))[0] == 404
