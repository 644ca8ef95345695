"""Flags and cases over HTTP: as anybody, as an operator, as the contender's provider."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from arena.db import Pool
from arena.evaluation import cases
from arena.submission.endpoints import Entrant
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider

FLAG = {"reason": "not_itself", "text": "It says that it is Berta.", "links": ["https://example.org/seen"]}
WHY = {"text": "We look into it."}
Operator = dict[str, str]


@pytest.fixture
async def anna(db: Pool, provider: Provider) -> Entrant:
    return await contender(db, provider, "anna", slug="anna", name="Anna")


@pytest.fixture
async def ann(arena: str, anna: Entrant, db: Pool) -> AsyncIterator[Visitor]:
    """A member of the organisation that has brought Anna."""
    async with Visitor(arena) as visitor:
        account = {"email": "ann@example.org", "name": "Ann", "password": "correct horse battery"}
        status, body = await visitor.post("/api/v1/accounts", account)
        assert status == 201, body
        await db.execute(
            """
            INSERT INTO members (provider_id, account_id, standing)
            SELECT providers.id, accounts.id, 'owner' FROM providers, accounts WHERE email = 'ann@example.org'
            """
        )
        yield visitor


async def _flagged(visitor: Visitor, **changes: Any) -> int:
    status, case = await visitor.post("/api/v1/contenders/anna/flags", FLAG | changes)
    assert status == 201, case
    return int(case["id"])


async def test_anybody_flags_and_everybody_reads_it(visitor: Visitor, anna: Entrant, arena: str) -> None:
    number = await _flagged(visitor)
    async with Visitor(arena) as nobody:
        status, case = await nobody.get(f"/api/v1/cases/{number}")
        listed = await nobody.get("/api/v1/cases?contender=anna&state=open")
        others = await nobody.get("/api/v1/cases?state=upheld")
    assert status == 200
    assert (case["contender"], case["reason"], case["state"], case["flags"]) == ("anna", "not_itself", "open", 1)
    assert [(act["act"], act["actor"], act["text"]) for act in case["acts"]] == [("flagged", "voter", FLAG["text"])]
    assert case["acts"][0]["links"] == []  # shown once an operator has taken it up
    assert [one["id"] for one in listed[1]["items"]] == [number]
    assert others[1]["items"] == []
    assert "account_id" not in case["acts"][0]
    assert "voter_id" not in case["acts"][0]


async def test_flagging_again_changes_nothing_and_another_voters_flag_joins_the_case(
    visitor: Visitor, anna: Entrant, arena: str
) -> None:
    number = await _flagged(visitor)
    status, again = await visitor.post("/api/v1/contenders/anna/flags", FLAG | {"text": "Once more."})
    assert (status, again["id"], again["flags"]) == (200, number, 1)
    async with Visitor(arena) as other:
        assert await _flagged(other) == number
        assert await _flagged(other, reason="harm") != number
    _, case = await visitor.get(f"/api/v1/cases/{number}")
    assert case["flags"] == 2


async def test_flags_raised_at_once_are_one_case(arena: str, anna: Entrant, db: Pool) -> None:
    async def flag() -> int:
        async with Visitor(arena) as somebody:
            return await _flagged(somebody)

    assert len(set(await asyncio.gather(*(flag() for _ in range(8))))) == 1
    assert await db.fetchval("SELECT count(*) FROM case_acts") == 8


async def test_a_case_is_taken_up_decided_appealed_and_decided_for_good(
    visitor: Visitor, ann: Visitor, operator: Operator, db: Pool
) -> None:
    number = await _flagged(visitor)
    path = f"/api/v1/cases/{number}"
    assert await cases.open_by_contender(db) == {}
    assert (await ann.post(f"{path}/appeal", WHY))[0] == 409
    status, case = await visitor.post(f"{path}/acknowledge", data=b'{"text": "We look."}', headers=operator)
    assert (status, case["state"], case["acts"][0]["links"]) == (200, "acknowledged", FLAG["links"])
    assert await cases.open_by_contender(db) == {"anna": 1}
    decision = {"data": b'{"decision": "upheld", "text": "It is so."}', "headers": operator}
    assert (await visitor.post(f"{path}/decide", **decision))[1]["state"] == "upheld"
    assert (await visitor.post(f"{path}/decide", **decision))[0] == 409
    status, case = await ann.post(f"{path}/appeal", {"text": "It is not so."})
    assert (status, case["state"]) == (200, "appealed")
    decision["data"] = b'{"decision": "dismissed", "text": "It was not so."}'
    status, case = await visitor.post(f"{path}/decide", **decision)
    assert (status, case["state"]) == (200, "dismissed")
    assert [(act["act"], act["actor"]) for act in case["acts"]] == [
        ("flagged", "voter"),
        ("acknowledged", "operator"),
        ("upheld", "operator"),
        ("appealed", "provider"),
        ("dismissed", "operator"),
    ]
    assert await cases.open_by_contender(db) == {}
    assert (await ann.post(f"{path}/appeal", WHY))[0] == 409


async def test_nobody_else_decides_or_appeals(visitor: Visitor, ann: Visitor, arena: str, operator: Operator) -> None:
    number = await _flagged(visitor)
    path = f"/api/v1/cases/{number}"
    for act in ("acknowledge", "decide"):
        body = {"decision": "upheld", **WHY} if act == "decide" else WHY
        assert (await visitor.post(f"{path}/{act}", body))[0] == 401
        assert (await ann.post(f"{path}/{act}", body))[0] == 403
    await visitor.post(f"{path}/decide", data=b'{"decision": "upheld", "text": "So."}', headers=operator)
    async with Visitor(arena) as bob:
        account = {"email": "bob@example.org", "name": "Bob", "password": "correct horse battery"}
        assert (await bob.post("/api/v1/accounts", account))[0] == 201
        assert (await bob.post(f"{path}/appeal", WHY))[0] == 404


async def test_a_text_with_personal_data_is_read_by_operators_alone(
    visitor: Visitor, anna: Entrant, operator: Operator
) -> None:
    secret = "Write to jan.kowalski@poczta.pl about it."
    number = await _flagged(visitor, text=secret)
    status, case = await visitor.get(f"/api/v1/cases/{number}")
    assert (status, case["acts"][0]["text"], case["acts"][0]["withheld"]) == (200, None, True)
    _, page = await visitor.get(f"/cases/{number}", headers={"accept": "text/html"})
    assert "kowalski" not in page
    _, whole = await visitor.get(f"/api/v1/cases/{number}", headers=operator)
    assert whole["acts"][0]["text"] == secret


@pytest.mark.parametrize(
    "changes", [{"reason": "ugly"}, {"text": ""}, {"text": "  "}, {"links": ["javascript:alert(1)"]}, {"more": 1}]
)
async def test_a_flag_that_says_nothing_is_refused(visitor: Visitor, anna: Entrant, changes: dict[str, Any]) -> None:
    status, problem = await visitor.post("/api/v1/contenders/anna/flags", FLAG | changes)
    assert status == 400, problem


async def test_what_a_voter_wrote_goes_with_their_data(visitor: Visitor, anna: Entrant, db: Pool) -> None:
    number = await _flagged(visitor)
    status, answer = await visitor.delete("/api/v1/me")
    assert status == 200, answer
    _, case = await visitor.get(f"/api/v1/cases/{number}")
    assert (case["flags"], case["acts"][0]["text"]) == (1, None)
    assert await db.fetchval("SELECT count(*) FROM case_acts WHERE voter_id IS NOT NULL OR links <> '[]'") == 0


async def test_flags_are_limited(open_arena: Open, anna: Entrant) -> None:
    async with Visitor(await open_arena(flags_per_hour=2)) as visitor:
        statuses = [(await visitor.post("/api/v1/contenders/anna/flags", FLAG))[0] for _ in range(3)]
    assert statuses == [201, 200, 429]


async def test_a_case_or_contender_that_is_not_there(visitor: Visitor, anna: Entrant, db: Pool) -> None:
    assert (await visitor.get("/api/v1/cases/17"))[0] == 404
    status, problem = await visitor.post("/api/v1/contenders/ana/flags", FLAG)
    assert (status, problem["detail"]) == (404, "There is no contender called “ana”. The nearest name is Anna.")
    await db.execute("UPDATE contenders SET committed_at = NULL")
    status, problem = await visitor.get("/api/v1/contenders/anna")
    assert (status, problem["detail"]) == (404, "There is no contender called “anna”.")
