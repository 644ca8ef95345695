"""The audit over HTTP: rigged votes are found, two operators leave them out, and every account of it agrees."""

import csv
import io
import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.integration import audits, boards, findings
from arena.integration.references import Found
from arena.people import accounts, keys, voters
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.publishing import releases
from rating import Outcome
from tests import rigged
from tests.builders import Visitor
from tests.rigged import Hall
from tests.upstream import Provider

HASTE = {"reason": "collusion", "text": "Five browsers of one network, all for one contender."}
Operator = dict[str, str]


@pytest.fixture
async def hall(db: Pool, settings: Settings, provider: Provider) -> Hall:
    return await rigged.hall(db, settings, provider)


@pytest.fixture
async def second(db: Pool) -> Operator:
    """The headers of another operator's calls."""
    async with db.acquire() as connection:
        account = await accounts.open(
            connection, email="second@example.org", name="Second", password=None, roles=(Role.OPERATOR,)
        )
        _, words = await keys.make(connection, account, name="key", scopes=tuple(Scope), days=None)
    return {"authorization": f"Bearer {words}", "content-type": "application/json"}


@pytest.fixture
async def case(hall: Hall, visitor: Visitor) -> tuple[int, list[UUID]]:
    """The finding about thirty rigged votes, and their ids."""
    cast = await hall.rigged()
    assert await audits.run(hall.db, hall.board) > 0
    _, listed = await visitor.get("/api/v1/audit/findings?kind=group")
    assert [each["contender"] for each in listed["items"]] == [rigged.TARGET], listed
    return int(listed["items"][0]["id"]), cast


async def _act(visitor: Visitor, number: int, act: str, body: Any, operator: Operator) -> tuple[int, Any]:
    return await visitor.post(
        f"/api/v1/audit/findings/{number}/{act}", data=json.dumps(body).encode(), headers=operator
    )


async def test_thirty_rigged_votes_are_a_case_with_evidence_and_no_personal_data(
    case: tuple[int, list[UUID]], visitor: Visitor, hall: Hall
) -> None:
    number, _ = case
    _, found = await visitor.get(f"/api/v1/audit/findings/{number}")
    assert (found["state"], found["votes"], found["evidence"]["accounts"]) == ("open", 30, 5)
    assert found["evidence"]["p"] <= found["evidence"]["level"]
    assert (found["evidence"]["a"], found["evidence"]["b"]) == (15, 15)
    told = json.dumps(found)
    ids = await hall.db.fetch("SELECT id FROM voters UNION ALL SELECT id FROM votes")
    assert not any(str(row["id"]) in told or row["id"].hex in told for row in ids)


async def test_the_audit_run_again_doubles_nothing(case: tuple[int, list[UUID]], hall: Hall) -> None:
    before = await hall.db.fetchval("SELECT count(*) FROM audit_findings"), await _looks(hall.db)
    assert await audits.run(hall.db, hall.board) == 0
    assert (await hall.db.fetchval("SELECT count(*) FROM audit_findings"), await _looks(hall.db)) == before


async def _looks(db: Pool) -> int:
    return int(await db.fetchval("SELECT count(*) FROM audit_looks"))


async def test_honest_votes_make_no_case(hall: Hall, visitor: Visitor) -> None:
    await hall.honest(60)
    assert await audits.run(hall.db, hall.board) > 0
    _, listed = await visitor.get("/api/v1/audit/findings")
    assert listed["items"] == []
    assert listed["audited"]["voters"] == 0
    await hall.honest(150, voters=15)
    assert await audits.run(hall.db, hall.board) > 0
    _, listed = await visitor.get("/api/v1/audit/findings")
    assert (listed["items"], listed["audited"]["voters"]) == ([], 15)


async def test_a_level_is_spent_once_and_all_looks_together_spend_no_more_than_it() -> None:
    assert sum(audits.spent(look) for look in range(1, 10_000)) < audits.LEVEL


async def test_two_operators_leave_the_votes_out_and_every_account_of_it_agrees(
    case: tuple[int, list[UUID]], visitor: Visitor, hall: Hall, operator: Operator, second: Operator
) -> None:
    number, cast = case
    await releases.refresh(hall.db, hall.board, hall.settings)
    _, before = await visitor.get("/api/v1/boards/overall")
    status, found = await _act(visitor, number, "exclude", HASTE, operator)
    assert (status, found["state"], found["awaits_second"]) == (200, "acknowledged", "collusion"), found
    assert found["acts"][0]["effect"]["leaders"] != found["acts"][0]["effect"]["leaders_then"]
    status, problem = await _act(visitor, number, "exclude", HASTE, operator)
    assert (status, problem["detail"]) == (
        409,
        "This changes the first places, so another operator must say so, too. You have said it already.",
    )
    status, problem = await _act(visitor, number, "exclude", HASTE | {"reason": "careless"}, second)
    assert (status, "“collusion”" in problem["detail"]) == (409, True)
    status, found = await _act(visitor, number, "exclude", HASTE, second)
    assert (status, found["state"], [act["act"] for act in found["acts"]]) == (
        200,
        "excluded",
        ["proposed", "excluded"],
    )
    release_id = await releases.refresh(hall.db, hall.board, hall.settings)
    await _agree(visitor, hall, cast, release_id, before["release"]["votes"], number)
    status, found = await _act(visitor, number, "restore", {"text": "It was a class."}, operator)
    assert (status, found["state"]) == (200, "resolved")
    _, receipt = await visitor.get(f"/api/v1/votes/{cast[0]}")
    assert (receipt["counted"], receipt["exclusions"][0]["lifted_because"]) == (True, "It was a class.")
    assert await audits.run(hall.db, hall.board) == 0
    assert (await _act(visitor, number, "exclude", HASTE, operator))[0] == 409


async def _agree(
    visitor: Visitor, hall: Hall, cast: list[UUID], release_id: str, votes_before: int, number: int
) -> None:
    """Board, receipt, table, the release's file, and the board of all votes beside it; pages are a journey's."""
    _, board = await visitor.get("/api/v1/boards/overall")
    assert (board["release"]["id"], board["release"]["votes"]) == (release_id, votes_before - 30)
    _, receipt = await visitor.get(f"/api/v1/votes/{cast[0]}")
    assert (receipt["counted"], receipt["reason"]) == (False, "collusion")
    _, table = await visitor.get("/api/v1/audit/votes?status=excluded")
    assert len(table["items"]) == 30
    assert {(line["status"], *line["reasons"], number in line["findings"]) for line in table["items"]} == {
        ("excluded", "collusion", True)
    }
    _, excluded = await visitor.get(f"/api/v1/releases/{release_id}/excluded.jsonl")
    lines = [json.loads(line) for line in excluded.splitlines()]
    assert {line["vote"] for line in lines} == {line["vote"] for line in table["items"]}
    everything = await boards.require(hall.db, "all-votes")
    await releases.refresh(hall.db, everything, hall.settings)
    _, whole = await visitor.get("/api/v1/boards/all-votes")
    assert whole["release"]["votes"] == votes_before


async def test_where_the_first_places_stay_one_operator_is_enough(
    hall: Hall, visitor: Visitor, operator: Operator
) -> None:
    cast = await hall.cast([(0, 1 + other % 5, Outcome.A, uuid4()) for other in range(20)])
    about = Found(kind="voter", subject="x", contender=None, evidence={}, votes=cast)
    await findings.keep(hall.db, hall.board.id, about)
    status, found = await _act(visitor, 1, "exclude", HASTE, operator)
    assert (status, found["state"], found["acts"][0]["effect"]["top"]) == (200, "excluded", False), found


async def test_a_dismissed_finding_stays_dismissed(
    case: tuple[int, list[UUID]], visitor: Visitor, hall: Hall, operator: Operator
) -> None:
    number, _ = case
    status, found = await _act(visitor, number, "acknowledge", {"text": "We look."}, operator)
    assert (status, found["state"], found["acts"][0]["effect"]["votes"]) == (200, "acknowledged", 30)
    status, found = await _act(visitor, number, "dismiss", {"text": "A class that we know."}, operator)
    assert (status, found["state"]) == (200, "dismissed")
    await hall.rigged()
    assert await audits.run(hall.db, hall.board) > 0
    _, found = await visitor.get(f"/api/v1/audit/findings/{number}")
    assert (found["state"], found["votes"]) == ("dismissed", 30)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"text": "So."}, 400),
        ({"reason": "collusion"}, 400),
        ({"reason": "collusion", "text": " "}, 400),
        ({"reason": "leak", "text": "So."}, 400),
        ({"reason": "collusion", "text": "So.", "more": 1}, 400),
    ],
)
async def test_an_exclusion_without_a_reason_is_refused(
    hall: Hall, visitor: Visitor, operator: Operator, body: Any, status: int
) -> None:
    assert (await _act(visitor, 1, "exclude", body, operator))[0] == status


async def test_nobody_else_decides(hall: Hall, visitor: Visitor, operator: Operator) -> None:
    for act in ("acknowledge", "dismiss", "exclude", "restore"):
        body = HASTE if act == "exclude" else {"text": "So."}
        assert (await visitor.post(f"/api/v1/audit/findings/1/{act}", body))[0] == 401
        assert (await _act(visitor, 1, act, body, operator))[0] == 404
    assert (await visitor.get("/api/v1/audit/findings/1"))[0] == 404


async def test_a_crowd_lists_its_votes_on_the_contender_for_and_against_and_a_drift_lists_none(
    case: tuple[int, list[UUID]], visitor: Visitor, hall: Hall, operator: Operator
) -> None:
    against = await hall.cast([(0, 5, Outcome.A, uuid4()), (1, 2, Outcome.A, uuid4())])
    await hall.rigged()
    assert await audits.run(hall.db, hall.board) > 0
    for kind in ("window", "newcomers"):
        _, listed = await visitor.get(f"/api/v1/audit/findings?kind={kind}")
        [found] = [each for each in listed["items"] if each["contender"] == rigged.TARGET]
        assert (found["votes"], found["evidence"]["points"]) == (61, 60)
        assert 15 < found["evidence"]["expected"] < 30
        about = await findings.votes(hall.db, found["id"])
        assert [vote_id in about for vote_id in against] == [True, False]
        _, html = await visitor.get(f"/audit/{found['id']}", headers={"accept": "text/html"})
        assert "A suspicion: nobody knows which of these votes are wrong" in html
    status, found = await _act(visitor, found["id"], "exclude", HASTE, operator)
    assert (status, found["awaits_second"]) == (200, "collusion")
    drifted, *_ = await findings.listed(hall.db, kind=findings.Kind.DRIFT, most=2)
    status, problem = await _act(visitor, drifted.id, "exclude", HASTE, operator)
    assert (status, "Its page says" in problem["detail"]) == (409, True)
    _, html = await visitor.get(f"/audit/{drifted.id}", headers={"accept": "text/html"})
    assert "no votes can be left out" in html


async def test_the_table_is_filtered_paged_and_exported_whole(
    case: tuple[int, list[UUID]], visitor: Visitor, hall: Hall
) -> None:
    number, _ = case
    _, first = await visitor.get("/api/v1/audit/votes")
    _, rest = await visitor.get(f"/api/v1/audit/votes?cursor={first['next']}")
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (200, 190, None)
    _, mine = await visitor.get(f"/api/v1/audit/votes?finding={number}&contender={rigged.TARGET}&status=counted")
    assert len(mine["items"]) == 30
    _, theirs = await visitor.get(f"/api/v1/audit/votes?voter={mine['items'][0]['voter']}")
    assert len(theirs["items"]) == 6
    _, text = await visitor.get("/api/v1/audit/votes?format=jsonl")
    lines = [json.loads(line) for line in text.splitlines()]
    assert len(lines) == 390
    _, text = await visitor.get(f"/api/v1/audit/votes?format=csv&finding={number}")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert (len(rows), rows[0]["findings"].split()[0]) == (30, str(number))
    assert (await visitor.get("/api/v1/audit/votes?voter=nobody"))[0] == 400


async def test_an_excluded_voter_appeals_and_all_that_the_finding_took_of_them_counts_again(
    case: tuple[int, list[UUID]], visitor: Visitor, hall: Hall, operator: Operator, second: Operator
) -> None:
    number, cast = case
    for one in (operator, second):
        await _act(visitor, number, "exclude", HASTE, one)
    made = await hall.new_boards()
    await hall.db.execute("DELETE FROM pgqueuer")
    path, text = f"/api/v1/votes/{cast[0]}/appeal", {"text": "I am a person."}
    status, problem = await visitor.post(path, text)
    assert (status, problem["detail"]) == (404, "There is no such vote, or it is not yours.")
    voter = await hall.db.fetchval(
        "SELECT voter_id FROM votes JOIN battles ON battles.id = battle_id WHERE votes.id = $1", cast[0]
    )
    visitor.bring("voter", voters.token(voter, hall.settings.secret))
    assert (await visitor.post(path, text))[0] == 201
    _, listed = await visitor.get("/api/v1/appeals?unanswered=true", headers=operator)
    [waiting] = listed["items"]
    body = json.dumps({"text": "A person, as it turns out.", "lift": True}).encode()
    status, answered = await visitor.post(f"/api/v1/appeals/{waiting['id']}/answer", data=body, headers=operator)
    assert (status, answered["reasons"]) == (200, []), answered
    for vote_id, counted in zip((cast[0], cast[5], cast[6]), (True, True, False), strict=True):
        _, receipt = await visitor.get(f"/api/v1/votes/{vote_id}")
        assert receipt["counted"] is counted
    _, receipt = await visitor.get(f"/api/v1/votes/{cast[0]}")
    assert receipt["appeals"][0]["answer"] == receipt["exclusions"][0]["lifted_because"] == "A person, as it turns out."
    _, found = await visitor.get(f"/api/v1/audit/findings/{number}")
    assert (found["state"], found["votes"], found["left_out"]) == ("excluded", 30, 24)
    assert await _called(hall.db) == {"overall", *made}
    await releases.refresh(hall.db, hall.board, hall.settings)
    _, board = await visitor.get("/api/v1/boards/overall")
    assert board["release"]["votes"] == 366
    await hall.db.execute("DELETE FROM pgqueuer")
    assert (await _act(visitor, number, "restore", {"text": "All were."}, operator))[1]["left_out"] == 0
    assert await _called(hall.db) == {"overall", *made}


async def _called(db: Pool) -> set[str]:
    rows = await db.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = 'refit'")
    return {row["payload"].decode() for row in rows}
