"""Boards over HTTP: operators make and change them, everybody reads their question, acts and snapshots."""

from typing import Any
from uuid import uuid4

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards
from arena.publishing import releases
from rating import Outcome
from tests.builders import Visitor, contender, ready_battle, snapshot
from tests.upstream import Provider

BOARDS = "/api/v1/boards"
NEW: dict[str, Any] = {
    "slug": "short",
    "name": "Short talks",
    "question": {"turns": "one", "minimum_votes": 2},
    "reason": "Somebody asked.",
}


async def test_an_operator_makes_a_board_and_everybody_reads_what_it_asks(
    visitor: Visitor, operator: dict[str, str]
) -> None:
    status, body = await visitor._call("POST", BOARDS, json=NEW, headers=operator)
    assert (status, body["question"], body["group"]) == (201, NEW["question"], "views")
    assert (body["methodology"], body["cron"], body["release"]) == (1, "*/10 * * * *", None)
    assert (await visitor.get(f"{BOARDS}/short"))[1] == body
    listed = (await visitor.get(BOARDS))[1]["items"]
    assert [(board["slug"], board["group"]) for board in listed] == [("overall", "overall"), ("short", "views")]
    [act] = (await visitor.get(f"{BOARDS}/short/acts"))[1]["items"]
    assert (act["what"], act["reason"]) == ("made", "Somebody asked.")
    assert (await visitor._call("POST", BOARDS, json=NEW, headers=operator))[0] == 409


async def test_a_change_is_told_with_its_reason_and_begins_another_methodology(
    visitor: Visitor, operator: dict[str, str]
) -> None:
    change = {"question": {"ties": "rao-kupper"}, "reason": "Another rule for ties."}
    status, body = await visitor.patch(f"{BOARDS}/overall", change, headers=operator)
    assert (status, body["question"], body["methodology"]) == (200, {"ties": "rao-kupper"}, 2)
    [act] = (await visitor.get(f"{BOARDS}/overall/acts"))[1]["items"]
    assert (act["former"], act["present"]) == ("{}", '{"ties":"rao-kupper"}')


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"question": {"category": "poetry"}}, "“poetry”"),
        ({"question": {"language": "klingon"}}, "klingon"),
        ({"question": {"anchor": {"contender": "nobody"}}}, "“nobody”"),
        ({"question": {"flavour": "sweet"}}, "flavour"),
        ({"question": {"ties": "drop-them"}}, "drop-them"),
        ({"cron": "61 * * * *"}, "five fields"),
        ({"name": " "}, "name"),
    ],
)
async def test_what_cannot_be_is_refused_in_a_sentence(
    visitor: Visitor, operator: dict[str, str], change: dict[str, Any], told: str
) -> None:
    made = await visitor._call("POST", BOARDS, json=NEW, headers=operator)
    assert made[0] == 201
    status, problem = await visitor.patch(f"{BOARDS}/short", change | {"reason": "x"}, headers=operator)
    assert status == 400
    assert told in problem["detail"]
    assert len((await visitor.get(f"{BOARDS}/short/acts"))[1]["items"]) == 1


async def test_nobody_else_makes_a_board_or_has_one_fitted(visitor: Visitor) -> None:
    assert (await visitor.post(BOARDS, NEW))[0] == 401
    assert (await visitor.post(f"{BOARDS}/overall/snapshots", {}))[0] == 401


async def test_every_fit_is_listed_released_or_not_the_newest_first(
    visitor: Visitor, operator: dict[str, str], db: Pool, settings: Settings, provider: Provider
) -> None:
    entrants = [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta")]
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    board = await boards.require(db, "overall")
    released = await releases.refresh(db, board, settings)
    later = await snapshot(db, board, settings)
    listed = (await visitor.get(f"{BOARDS}/overall/snapshots"))[1]
    assert [(one["id"] == str(later.id), one["release"]) for one in listed["items"]] == [
        (True, None),
        (False, released),
    ]
    assert listed["next"] is None
    status, whole = await visitor.get(f"/api/v1/snapshots/{listed['items'][1]['id']}")
    assert (status, whole["board"], whole["votes"], whole["question"]) == (200, "overall", 1, {})
    shown = (await visitor.get(f"/api/v1/releases/{released}"))[1]["standings"]
    assert [(line["contender"], line["rating"]) for line in whole["lines"]] == [
        (line["contender"], line["rating"]) for line in shown
    ]
    first = (await visitor.get(f"{BOARDS}/overall/snapshots?cursor={listed['items'][0]['number']}"))[1]["items"]
    assert [one["release"] for one in first] == [released]


async def test_an_operator_asks_for_a_fit(visitor: Visitor, operator: dict[str, str], db: Pool) -> None:
    status, body = await visitor._call("POST", f"{BOARDS}/overall/snapshots", json={}, headers=operator)
    assert (status, body) == (202, {"board": "overall"})
    assert await db.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'refit'") == 1


async def test_unknown_snapshots_and_boards_are_not_found(visitor: Visitor) -> None:
    for path in (f"/api/v1/snapshots/{uuid4()}", "/api/v1/snapshots/x", f"{BOARDS}/nowhere/snapshots"):
        assert (await visitor.get(path))[0] == 404
