"""How pairs are drawn: operators decide, with a reason, and everybody reads it."""

from typing import Any

import pytest

from arena.db import Pool
from tests.builders import Visitor, contender
from tests.upstream import Provider

TERMS = {"uniform": 0.6, "newcomers": 0.3, "a_optimal": 0.1, "connecting": 0.2, "same_organisation": False}
SHARES = ("uniform", "newcomers", "a_optimal", "connecting")
PAIR = {"contenders": ["anna", "berta"], "reason": "One is made of the other."}


async def test_an_operator_sets_the_shares_and_everybody_reads_every_change(
    visitor: Visitor, operator: dict[str, str]
) -> None:
    given = TERMS | {"reason": "Many newcomers."}
    assert (await visitor.post("/api/v1/pairing-policies", given))[0] == 401
    status, body = await visitor.post("/api/v1/pairing-policies", given, headers=operator)
    assert (status, body["actor"], body["reason"]) == (201, "operator", "Many newcomers.")
    later = given | {"valid_from": "2999-01-01T00:00:00Z"}
    assert (await visitor.post("/api/v1/pairing-policies", later, headers=operator))[0] == 201
    _, body = await visitor.get("/api/v1/pairing-policies")
    assert [(one["actor"], [one[name] for name in SHARES], one["same_organisation"]) for one in body["items"]] == [
        ("operator", [0.6, 0.3, 0.1, 0.2], False),
        ("operator", [0.6, 0.3, 0.1, 0.2], False),
        ("arena", [0.5, 0.3, 0.2, 0.3], True),
    ]
    assert body["next"] is None
    assert "account_id" not in str(body)


@pytest.mark.parametrize(
    "wrong",
    [
        {"uniform": 0.7},
        {"uniform": 1.4, "newcomers": -0.5},
        {"connecting": 0.95},
        {"connecting": -0.1},
        {"reason": " "},
        {"valid_from": "2020-01-01T00:00:00Z"},
        {"valid_from": "2999-01-01T00:00:00"},
        {"weights": {"anna": 2}},
    ],
)
async def test_shares_that_are_none_are_refused(
    visitor: Visitor, operator: dict[str, str], wrong: dict[str, Any]
) -> None:
    given = TERMS | {"reason": "Why not."} | wrong
    assert (await visitor.post("/api/v1/pairing-policies", given, headers=operator))[0] == 400


async def test_an_operator_forbids_a_pair_and_lifts_that_again(
    visitor: Visitor, db: Pool, provider: Provider, operator: dict[str, str]
) -> None:
    for slug in ("anna", "berta"):
        await contender(db, provider, "words:one", slug=slug)
    assert (await visitor.post("/api/v1/forbidden-pairs", PAIR))[0] == 401
    status, made = await visitor.post("/api/v1/forbidden-pairs", PAIR, headers=operator)
    assert (status, made["contenders"], made["lifted_at"]) == (201, ["anna", "berta"], None)
    turned = PAIR | {"contenders": ["berta", "anna"]}
    assert (await visitor.post("/api/v1/forbidden-pairs", turned, headers=operator))[0] == 409
    assert (await visitor.post("/api/v1/battles", {"prompt": "Why?"}))[0] == 503
    path, why = f"/api/v1/forbidden-pairs/{made['id']}/lift", {"reason": "It was not."}
    assert (await visitor.post(path, why))[0] == 401
    status, lifted = await visitor.post(path, why, headers=operator)
    assert (status, lifted["lifted_because"]) == (200, "It was not.")
    assert (await visitor.post(path, why, headers=operator))[0] == 404
    assert (await visitor.get("/api/v1/forbidden-pairs"))[1] == {"items": [lifted], "next": None}


@pytest.mark.parametrize(
    ("contenders", "status"), [(["anna", "anna"], 400), (["anna", "nobody"], 404), (["anna"], 400)]
)
async def test_a_pair_is_two_contenders_that_are_here(
    visitor: Visitor,
    db: Pool,
    provider: Provider,
    operator: dict[str, str],
    contenders: list[str],
    status: int,
) -> None:
    await contender(db, provider, "words:one", slug="anna")
    given = {"contenders": contenders, "reason": "Why not."}
    assert (await visitor.post("/api/v1/forbidden-pairs", given, headers=operator))[0] == status


async def test_who_is_tested_in_private_is_named_to_operators_alone(
    visitor: Visitor, db: Pool, provider: Provider, operator: dict[str, str]
) -> None:
    for slug in ("anna", "berta"):
        entrant = await contender(db, provider, "words:one", slug=slug)
    await db.execute("UPDATE contenders SET committed_at = NULL WHERE id = $1", entrant.contender_id)
    await visitor.post("/api/v1/forbidden-pairs", PAIR, headers=operator)
    assert (await visitor.get("/api/v1/forbidden-pairs"))[1]["items"] == []
    assert len((await visitor.get("/api/v1/forbidden-pairs", headers=operator))[1]["items"]) == 1
