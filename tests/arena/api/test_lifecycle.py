"""What providers and operators do with endpoints over HTTP, and what everybody may read of it."""

from typing import Any
from uuid import UUID

import msgspec
import pytest

from arena.config import Settings
from arena.db import Pool
from tests.builders import Visitor, contender
from tests.upstream import Provider

ENDPOINT = {"base_url": "https://inference.northgate.example/v1", "model": "m", "name": "Qwen Chat"}
WHY = {"reason": "We move the machines."}


@pytest.fixture
async def ann(visitor: Visitor) -> Visitor:
    account = {"email": "ann@example.org", "name": "Ann", "password": "correct horse battery"}
    status, body = await visitor.post("/api/v1/accounts", account | {"organisation": "Ann's lab"})
    assert status == 201, body
    return visitor


async def _brought(ann: Visitor, db: Pool, *, state: str = "listed", **changes: Any) -> Any:
    """An endpoint of Ann's in this state."""
    status, body = await ann.post("/api/v1/endpoints", ENDPOINT | changes)
    assert status == 201, body
    await db.execute(
        "UPDATE endpoints SET state = $2, listed_at = CASE WHEN $2 = 'listed' THEN now() END WHERE id = $1",
        *(msgspec.convert(body["id"], UUID), state),
    )
    return body


async def _events(ann: Visitor, endpoint_id: str) -> list[tuple[str, str | None, str]]:
    _, body = await ann.get(f"/api/v1/endpoints/{endpoint_id}/events")
    return [(event["state"], event["reason"], event["actor"]) for event in body["items"]]


async def test_a_provider_pauses_resumes_and_retires_and_every_step_is_on_record(ann: Visitor, db: Pool) -> None:
    path = f"/api/v1/endpoints/{(made := await _brought(ann, db))['id']}"
    for step, state in (("pause", "paused"), ("resume", "listed"), ("pause", "paused"), ("retire", "retired")):
        status, body = await ann.post(f"{path}/{step}", WHY)
        assert (status, body["state"], body["note"]) == (200, state, "We move the machines.")
    events = await _events(ann, made["id"])
    assert events[:3] == [
        ("retired", "retired", "provider"),
        ("paused", "asked", "provider"),
        ("listed", "resumed", "provider"),
    ]
    assert ("draft", None, "provider") in events
    _, entry = await ann.get(f"/api/v1/contenders/{made['contender']['slug']}")
    assert (entry["state"], entry["note"]) == ("retired", "We move the machines.")


async def test_a_step_that_no_way_leads_to_says_where_it_stands(ann: Visitor, db: Pool) -> None:
    made = await _brought(ann, db, state="rejected")
    for step in ("pause", "resume"):
        status, body = await ann.post(f"/api/v1/endpoints/{made['id']}/{step}", WHY)
        assert (status, "was rejected. It can be" in body["detail"]) == (409, True)


@pytest.mark.parametrize(
    "body", [{}, {"reason": ""}, {"reason": " "}, {"reason": "a\u202eb"}, {"reason": "x" * 501}, WHY | {"x": 1}]
)
async def test_a_step_needs_a_reason_that_can_be_shown(ann: Visitor, db: Pool, body: dict[str, Any]) -> None:
    made = await _brought(ann, db)
    for step in ("pause", "retire"):
        assert (await ann.post(f"/api/v1/endpoints/{made['id']}/{step}", body))[0] == 400


async def test_notice_is_shown_before_an_endpoint_retires(ann: Visitor, db: Pool) -> None:
    made = await _brought(ann, db)
    status, body = await ann.post(f"/api/v1/endpoints/{made['id']}/retire", WHY | {"from_day": "2999-01-01"})
    assert (status, body["state"], body["retires_at"]) == (200, "listed", "2999-01-01T00:00:00Z")
    _, entry = await ann.get(f"/api/v1/contenders/{made['contender']['slug']}")
    assert entry["retires_at"] == "2999-01-01T00:00:00Z"
    assert (await _events(ann, made["id"]))[0] == ("listed", "notice", "provider")


async def test_the_identity_of_a_retired_contender_stays_taken(ann: Visitor, db: Pool) -> None:
    made = await _brought(ann, db)
    await ann.post(f"/api/v1/endpoints/{made['id']}/retire", WHY)
    status, body = await ann.post("/api/v1/endpoints", ENDPOINT)
    assert (status, f"/contenders/{made['contender']['slug']}" in body["detail"]) == (409, True)


async def test_an_operator_acts_on_anybodys_endpoint_and_is_logged_as_one(
    ann: Visitor, db: Pool, operator: dict[str, str]
) -> None:
    made = await _brought(ann, db)
    path = f"/api/v1/endpoints/{made['id']}"
    status, body = await ann.post(f"{path}/pause", WHY, headers=operator)
    assert (status, body["state"], body["reason"]) == (200, "paused", "operator")
    assert (await _events(ann, made["id"]))[0] == ("paused", "operator", "operator")
    status, body = await ann.post(f"{path}/resume", WHY)
    assert (status, "An operator of this arena" in body["detail"]) == (409, True)
    assert (await ann.post(f"{path}/resume", WHY, headers=operator))[1]["state"] == "listed"


async def test_the_public_log_tells_what_is_public_and_counts_what_is_not(ann: Visitor, db: Pool) -> None:
    await _brought(ann, db)
    secret = await _brought(ann, db, name="Plover", model="plover", private=True)
    await ann.post(f"/api/v1/endpoints/{secret['id']}/pause", WHY)
    _, body = await ann.get("/api/v1/submissions")
    assert [(event["name"], event["state"]) for event in body["items"]] == [
        ("Qwen Chat", "checking"),
        ("Qwen Chat", "draft"),
    ]
    tester = {"slug": "ann-s-lab", "name": "Ann's lab", "contenders": 1, "private_variants": 1}
    assert body["private"] == [tester]
    assert (await ann.get("/api/v1/organisations/ann-s-lab"))[1] == tester
    status, published = await ann.post(f"/api/v1/endpoints/{secret['id']}/publish", {})
    assert (status, published["private"]) == (200, False)
    assert (await ann.post(f"/api/v1/endpoints/{secret['id']}/publish", {}))[0] == 409
    _, body = await ann.get("/api/v1/submissions")
    assert [event["reason"] for event in body["items"]] == ["published", "asked", None, None, None, None]
    # That it was tested in private is told for good.
    assert body["private"] == [tester | {"contenders": 2}]
    assert "account_id" not in str(body)
    assert "@" not in str(body)


async def test_what_the_arena_notes_about_reaching_an_endpoint_is_its_providers(ann: Visitor, db: Pool) -> None:
    made = await _brought(ann, db, state="rejected")
    note = "The address 10.0.0.7 did not answer."
    endpoint_id = msgspec.convert(made["id"], UUID)
    await db.execute("UPDATE endpoints SET reason = 'address', note = $2 WHERE id = $1", endpoint_id, note)
    await db.execute(
        "INSERT INTO endpoint_events (endpoint_id, state, reason, note, actor) "
        "VALUES ($1, 'rejected', 'address', $2, 'arena')",
        *(endpoint_id, note),
    )
    path = f"/api/v1/endpoints/{made['id']}"
    assert note in str(await ann.get(path))
    assert note in str(await ann.get(f"{path}/events"))
    for public in ("submissions", f"contenders/{made['contender']['slug']}"):
        _, body = await ann.get(f"/api/v1/{public}")
        assert "'reason': 'address'" in str(body)
        assert note not in str(body)


async def test_the_logs_come_in_pages(ann: Visitor, db: Pool) -> None:
    made = await _brought(ann, db)
    for _ in range(60):
        await ann.post(f"/api/v1/endpoints/{made['id']}/pause", WHY)
        await ann.post(f"/api/v1/endpoints/{made['id']}/resume", WHY)
    for path in ("/api/v1/submissions", f"/api/v1/endpoints/{made['id']}/events"):
        _, first = await ann.get(path)
        _, rest = await ann.get(f"{path}?cursor={first['next']}")
        ids = [event["id"] for event in first["items"] + rest["items"]]
        # A draft, its first check, and sixty times twice.
        assert (len(first["items"]), len(rest["items"]), rest["next"]) == (100, 22, None)
        assert ids == sorted(set(ids), reverse=True)
        assert (await ann.get(f"{path}?cursor=x"))[0] == 400


async def test_an_operator_sets_rates_and_everybody_reads_them(
    ann: Visitor, db: Pool, operator: dict[str, str]
) -> None:
    rate = {"state": "warming", "rate": 0.5, "reason": "Many newcomers."}
    status, body = await ann.post("/api/v1/pairing-rates", rate)
    assert status == 403
    status, body = await ann.post("/api/v1/pairing-rates", rate, headers=operator)
    assert (status, body["rate"], body["actor"]) == (201, 0.5, "operator")
    for wrong in (
        {"rate": -1},
        {"rate": 1e9},
        {"state": "draft"},
        {"valid_from": "2020-01-01T00:00:00Z"},
        {"reason": ""},
    ):
        assert (await ann.post("/api/v1/pairing-rates", rate | wrong, headers=operator))[0] == 400, wrong
    _, body = await ann.get("/api/v1/pairing-rates")
    assert [(one["state"], one["rate"], one["actor"]) for one in body["items"]] == [
        ("warming", 0.5, "operator"),
        ("warming", 0.2, "arena"),
        ("listed", 1, "arena"),
    ]


async def test_a_provider_reads_how_its_endpoint_is_met_against_what_it_allows(ann: Visitor, db: Pool) -> None:
    made = await _brought(ann, db, concurrency=2, daily_calls=50, daily_budget=5, answer_price=15)
    status, body = await ann.get(f"/api/v1/endpoints/{made['id']}/exposure")
    assert (status, body["met"]["promised"], body["today"]) == (200, 0, {"calls": 0, "spent": 0, "answering": 0})
    assert (body["concurrency"], body["daily_calls"], body["daily_budget"]) == (2, 50, 5)
    assert (body["half_width"], body["votes_to_go"], body["half_width_wanted"]) == (None, None, 30)


@pytest.mark.parametrize(("stage", "counted"), [("listed", True), ("warming", False), ("private", False)])
async def test_a_receipt_says_whether_the_vote_counts_and_a_reveal_how_far_its_sides_are(
    visitor: Visitor, db: Pool, settings: Settings, provider: Provider, stage: str, counted: bool
) -> None:
    for model in ("words:one", "words:two"):
        last = await contender(db, provider, model)
    if stage == "warming":
        await db.execute("UPDATE endpoints SET listed_at = NULL WHERE id = $1", last.target.endpoint_id)
    if stage == "private":
        await db.execute("UPDATE contenders SET committed_at = NULL WHERE id = $1", last.contender_id)
    battle_id = await visitor.ask()
    await visitor.hear(battle_id)
    _, body = await visitor.vote(battle_id, "a")
    assert sorted(side["stage"] for side in body["reveal"]["sides"]) == sorted(["listed", stage])
    assert (body["receipt"]["counted"], body["receipt"]["reason"]) == (counted, None if counted else stage)
