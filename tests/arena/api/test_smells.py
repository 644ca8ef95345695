"""The smells over HTTP: everybody reads what was found, operators act on it, and what waits is theirs to see."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.publishing import checks, rounds, smells
from arena.publishing.checkup import Check, Severity, Sighting
from tests.builders import Visitor

Operator = dict[str, str]
NOW = datetime.now(UTC) - timedelta(hours=3)
HOUR = timedelta(hours=1)
WARNING: Check = structs.replace(checks.ALL["N6"], id="T1", severity=Severity.WARN)


def sighting(subject: str) -> Sighting:
    return Sighting(
        subject=subject, sentence="A vote rests on {sides} sides.", values={"sides": 1}, observed="1", expected="2"
    )


@pytest.fixture
async def found(db: Pool) -> None:
    """One that holds releases, one that does not, and one that was over after an hour."""
    await smells.keep(db, checks.ALL["N6"], [sighting("vote 1")], NOW)
    await smells.keep(db, WARNING, [sighting("vote 2"), sighting("vote 3")], NOW)
    for _ in range(smells.CLEAN):
        await smells.keep(db, WARNING, [sighting("vote 2")], NOW + HOUR)


@pytest.mark.usefixtures("found")
async def test_everybody_reads_what_was_found(visitor: Visitor) -> None:
    status, body = await visitor.get("/api/v1/smells")
    assert (status, [each["state"] for each in body["items"]]) == (200, ["resolved", "open", "open"])
    for asked, subjects in {
        "state=open": ["vote 2", "vote 1"],
        "state=resolved&smell=missing": ["vote 3"],
        "smell=confusing": [],
        "cursor=2": ["vote 1"],
    }.items():
        _, body = await visitor.get(f"/api/v1/smells?{asked}")
        assert ([each["subject"] for each in body["items"]], body["next"]) == (subjects, None), asked
    _, one = await visitor.get("/api/v1/smells/1")
    assert (one["check"], one["severity"], [act["act"] for act in one["acts"]]) == ("N6", "block", ["opened"])
    assert [(await visitor.get(f"/api/v1/smells/{other}"))[0] for other in ("99", "0", "x")] == [404, 400, 404]
    assert (await visitor.get("/api/v1/smells?state=gone"))[0] == 400
    _, body = await visitor.get("/api/v1/smells/summary")
    assert (body["open"], body["ever"], body["holding"], body["held_releases"]) == (2, 3, 1, 0)
    assert body["median_seconds"] == 3600
    missing = next(each for each in body["smells"] if each["smell"] == "missing")
    assert (missing["open"], missing["ever"], len(body["smells"])) == (2, 3, 8)


async def test_everybody_reads_what_the_checks_promise_and_how_they_ran(
    visitor: Visitor, db: Pool, settings: Settings
) -> None:
    _, body = await visitor.get("/api/v1/smells/checks")
    assert {each["check"] for each in body["items"]} == set(checks.ALL)
    assert [(each["last"], each["state"]) for each in body["items"]] == [(None, "waiting")] * len(checks.ALL)
    await rounds.make(db, settings, now=NOW, among={"N6": checks.ALL["N6"]})
    _, body = await visitor.get("/api/v1/smells/checks")
    told = next(each for each in body["items"] if each["check"] == "N6")
    assert (told["promise"], told["threshold"]) == (checks.ALL["N6"].promise, checks.ALL["N6"].threshold)
    assert told["state"] == "clean"
    assert (told["last"]["outcome"], told["last"]["found"], told["every_seconds"]) == ("clean", 0, 600)
    assert len(body["matrix"]) == 80


@pytest.mark.usefixtures("found")
async def test_operators_take_up_mute_and_end_what_was_found_and_others_do_not(
    visitor: Visitor, ann: Visitor, operator: Operator
) -> None:
    until = (datetime.now(UTC) + HOUR).isoformat()
    said = {"text": "I look into it."}
    assert (await ann.post("/api/v1/smells/2/resolve", said))[0] == 403

    async def act(path: str, body: dict[str, str]) -> tuple[int, str]:
        status, answer = await visitor.post(f"/api/v1/smells/{path}", body, headers=operator)
        return status, answer.get("state") or answer["detail"]

    assert await act("1/acknowledge", said) == (200, "acknowledged")
    assert (await act("1/acknowledge", said))[0] == 409
    assert (await act("1/mute", said | {"until": until}))[0] == 409
    assert await act("2/mute", said | {"until": until}) == (200, "muted")
    assert (await act("2/mute", said | {"until": "2020-01-01T00:00:00Z"}))[0] == 400
    assert (await act("2/mute", said | {"until": "tomorrow"}))[0] == 400
    assert (await act("2/mute", {"until": until}))[0] == 400
    assert (await act("2/resolve", {"text": " "}))[0] == 400
    assert await act("2/resolve", said) == (200, "resolved")
    _, one = await visitor.get("/api/v1/smells/2")
    assert [(each["act"], each["operator"]) for each in one["acts"]] == [
        ("opened", False),
        ("muted", True),
        ("resolved", True),
    ]


@pytest.mark.usefixtures("found")
async def test_what_waits_and_what_was_done_is_for_operators(
    visitor: Visitor, ann: Visitor, operator: Operator, db: Pool
) -> None:
    for path in ("/api/v1/operations", "/api/v1/operations/acts"):
        assert (await ann.get(path))[0] == 403
    _, body = await visitor.get("/api/v1/operations", headers=operator)
    assert [(each["kind"], each["link"], each["overdue"]) for each in body["items"]] == [
        ("smell", "/smells/1", False),
        ("smell", "/smells/2", False),
    ]
    await visitor.post("/api/v1/smells/1/acknowledge", {"text": "I look into it."}, headers=operator)
    _, body = await visitor.get("/api/v1/operations/acts", headers=operator)
    (done,) = body["items"]
    assert (done["noun"], done["act"], done["reason"], done["account"]) == (
        "smell",
        "acknowledged",
        "I look into it.",
        "Op",
    )
    await db.execute(
        """
        INSERT INTO smell_acts (smell_id, act, text, account_id, happened_at)
        SELECT 1, 'acknowledged', 'Again.', account_id, happened_at + make_interval(secs => n)
        FROM smell_acts CROSS JOIN generate_series(1, 50) n WHERE account_id IS NOT NULL
        """
    )
    _, body = await visitor.get("/api/v1/operations/acts", headers=operator)
    assert [each["reason"] for each in body["items"]] == ["Again."] * 50
    _, body = await visitor.get(f"/api/v1/operations/acts?cursor={body['next']}", headers=operator)
    assert (body["items"], body["next"]) == ([done], None)
