"""Registering, changing and following endpoints over HTTP, as their provider, as a stranger, as nobody."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import msgspec
import pytest

from arena.config import Settings
from arena.db import Pool
from arena.sealing import Keyring
from arena.submission import endpoints, registrations
from tests.builders import Visitor

KEY = "sk-live-0123456789abcdef4f2a"
ENDPOINT = {
    "base_url": "https://inference.northgate.example/v1",
    "model": "qwen-chat-7b",
    "name": "Qwen Chat",
    "key": KEY,
}
NOBODYS = "00000000-0000-0000-0000-000000000000"


async def _signed_up(visitor: Visitor, who: str = "ann") -> None:
    account = {"email": f"{who}@example.org", "name": who, "password": "correct horse battery"}
    status, body = await visitor.post("/api/v1/accounts", account | {"organisation": f"{who}'s lab"})
    assert status == 201, body


@pytest.fixture
async def ann(visitor: Visitor) -> Visitor:
    await _signed_up(visitor)
    return visitor


@pytest.fixture
async def bob(arena: str) -> AsyncIterator[Visitor]:
    async with Visitor(arena) as stranger:
        await _signed_up(stranger, "bob")
        yield stranger


async def _registered(visitor: Visitor, **changes: Any) -> Any:
    status, body = await visitor.post("/api/v1/endpoints", ENDPOINT | changes)
    assert status == 201, body
    return body


async def test_a_provider_sees_what_was_registered_and_only_the_end_of_the_key(ann: Visitor) -> None:
    card = {"organisation": "Northgate", "version": "2", "kind": "chat", "links": ["https://example.org/card"]}
    made = await _registered(ann, card=card, headers={"x-team": "red team"}, parameters={"temperature": 0.2})
    _, seen = await ann.get(f"/api/v1/endpoints/{made['id']}")
    assert seen == made
    assert (seen["key"], seen["headers"]) == ({"set": True, "ends": "4f2a"}, ["x-team"])
    _, entry = await ann.get(f"/api/v1/contenders/{seen['contender']['slug']}")
    assert (entry["name"], entry["card"]["version"], entry["provider"]) == ("Qwen Chat", "2", "ann-s-lab")


async def test_the_key_is_nowhere_in_the_clear(ann: Visitor, db: Pool, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    made = await _registered(ann, headers={"x-team": KEY[::-1]})
    rows = str([dict(row) for row in await db.fetch("SELECT * FROM endpoints")])
    for secret in (KEY, KEY[::-1]):
        assert secret not in rows + caplog.text + str(made) + bytes(ann.received).decode()


async def test_the_key_opens_for_its_endpoint_and_for_no_other(ann: Visitor, db: Pool, settings: Settings) -> None:
    made = [await _registered(ann), await _registered(ann, model="other", name="Other", key="sk-other-0123456789")]
    ids = [msgspec.convert(one["id"], UUID) for one in made]
    target = (await endpoints.targets(db, [ids[0]]))[0]
    assert target.sealed is not None
    assert Keyring(settings).open(target.sealed, ids[0]).key == KEY
    await db.execute(
        "UPDATE endpoints SET (sealed, master) = (SELECT sealed, master FROM endpoints WHERE id = $1) WHERE id = $2",
        *ids,
    )
    moved = (await endpoints.targets(db, [ids[1]]))[0]
    assert moved.sealed is not None
    with pytest.raises(Exception, match="can't be opened"):
        Keyring(settings).open(moved.sealed, ids[1])


async def test_a_new_master_key_loses_nothing(ann: Visitor, db: Pool, settings: Settings) -> None:
    made = await _registered(ann)
    endpoint_id = msgspec.convert(made["id"], UUID)
    rotated = Keyring(msgspec.structs.replace(settings, master_keys="new:" + "A" * 43 + "="))
    assert await registrations.reseal(db, rotated) == 1
    assert await registrations.reseal(db, rotated) == 0
    target = (await endpoints.targets(db, [endpoint_id]))[0]
    assert target.sealed is not None
    assert (target.sealed.master, rotated.open(target.sealed, endpoint_id).key) == ("new", KEY)


async def test_a_key_whose_master_key_is_gone_is_neither_lost_nor_in_anybodys_way(
    ann: Visitor, db: Pool, settings: Settings
) -> None:
    made = await _registered(ann)
    path = f"/api/v1/endpoints/{made['id']}"
    await db.execute("UPDATE endpoints SET master = 'gone'")
    assert await registrations.reseal(db, Keyring(settings)) == 0
    kept = await db.fetchval("SELECT sealed FROM endpoints")
    status, body = await ann.patch(path, {"daily_calls": 9})
    assert (status, "can't be opened" in body["detail"]) == (409, True)
    assert await db.fetchval("SELECT sealed FROM endpoints") == kept
    status, body = await ann.patch(path, {"key": "sk-another-0123456789", "headers": {}})
    assert (status, body["key"]["ends"]) == (200, "6789")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"base_url": "http://127.0.0.1:8000/v1"}, "https on port 443 of a public address"),
        ({"base_url": "https://10.0.0.7/v1"}, "https on port 443 of a public address"),
        ({"base_url": "https://user@host.example/v1"}, "no user name"),
        ({"name": ""}, "“name”"),
        ({"name": "x" * 150}, "“name”"),
        ({"name": "a\u202eb\x00"}, "“name”"),
        ({"key": "ключ"}, "A key has"),
        ({"key": "a b"}, "A key has"),
        ({"headers": {"host": "evil"}}, "“host”"),
        ({"headers": {"x": "a\r\nb: c"}}, "a value that no header can have"),
        ({"parameters": {"messages": []}}, "“messages”"),
        ({"parameters": {"x": "y" * 5000}}, "4,096 bytes"),
        ({"model": "a\x00b"}, "“model”"),
        ({"daily_budget": 5}, "needs prices"),
        ({"card": {"links": ["javascript:alert(1)"]}}, "is not a link"),
        ({"card": {"colour": "red"}}, "colour"),
        ({"kolour": "red"}, "kolour"),
        ({"concurrency": 0}, "concurrency"),
        ({"organisation": "bob-s-lab"}, "not a member"),
        ({"grant": {"address": "127.0.0.1", "port": 80, "reason": "mine"}}, "may not do this"),
    ],
)
async def test_what_is_wrong_is_said_and_nothing_is_kept(
    ann: Visitor, db: Pool, wrong: dict[str, Any], sentence: str
) -> None:
    status, body = await ann.post("/api/v1/endpoints", ENDPOINT | wrong)
    assert 400 <= status < 500
    assert sentence in body["detail"]
    assert await db.fetchval("SELECT (SELECT count(*) FROM endpoints) + (SELECT count(*) FROM contenders)") == 0


async def test_the_same_endpoint_is_refused_with_the_entry_it_repeats(ann: Visitor, bob: Visitor) -> None:
    made = await _registered(ann)
    for again in ({}, {"base_url": "HTTPS://Inference.Northgate.example:443/v1/", "name": "Another"}):
        status, body = await bob.post("/api/v1/endpoints", ENDPOINT | again)
        assert (status, f"/contenders/{made['contender']['slug']}" in body["detail"]) == (409, True)


async def test_the_same_contender_is_refused_unless_what_readers_see_differs(ann: Visitor) -> None:
    await _registered(ann, card={"organisation": "Northgate", "version": "v1.0"})
    elsewhere = {"base_url": "https://elsewhere.example/v1", "name": "QWEN  chat"}
    card = {"organisation": "NORTHGATE", "version": "V1.0"}
    assert (await ann.post("/api/v1/endpoints", ENDPOINT | elsewhere | {"card": card}))[0] == 409
    await _registered(ann, **elsewhere, card=card | {"precision": "int4"})


async def test_what_answers_differently_is_a_new_version_once_it_has_been_met(ann: Visitor, db: Pool) -> None:
    made = await _registered(ann)
    path = f"/api/v1/endpoints/{made['id']}"
    status, body = await ann.patch(path, {"parameters": {"temperature": 1}})
    assert (status, body["parameters"]) == (200, {"temperature": 1})
    await _met(db, made["id"])
    status, body = await ann.patch(path, {"system_prompt": "Be brief."})
    assert (status, f"{path}/versions" in body["detail"]) == (409, True)
    assert (await ann.patch(path, {"concurrency": 3, "key": None}))[1]["key"] is None
    changed = {"name": "Qwen Chat", "card": {"version": "2"}, "system_prompt": "Be brief."}
    status, second = await ann.post(f"{path}/versions", ENDPOINT | changed)
    assert status == 201, second
    _, entry = await ann.get(f"/api/v1/contenders/{second['contender']['slug']}")
    assert entry["follows"] == made["contender"]["slug"]


async def test_a_key_that_is_left_out_of_a_change_stays(ann: Visitor, db: Pool, settings: Settings) -> None:
    made = await _registered(ann)
    assert (await ann.patch(f"/api/v1/endpoints/{made['id']}", {"daily_calls": 9}))[1]["key"] == made["key"]
    endpoint_id = msgspec.convert(made["id"], UUID)
    target = (await endpoints.targets(db, [endpoint_id]))[0]
    assert target.sealed is not None
    assert Keyring(settings).open(target.sealed, endpoint_id).key == KEY


async def test_a_former_name_stays_in_the_history(ann: Visitor) -> None:
    made = await _registered(ann)
    renaming = {"name": "Qwen Chat Turbo", "reason": "Our marketing"}
    assert (await ann.post(f"/api/v1/endpoints/{made['id']}/rename", renaming))[0] == 200
    _, entry = await ann.get(f"/api/v1/contenders/{made['contender']['slug']}")
    assert entry["name"] == "Qwen Chat Turbo"
    assert [(one["former_name"], one["reason"]) for one in entry["renames"]] == [("Qwen Chat", "Our marketing")]


async def test_what_is_tested_privately_is_not_told_of(ann: Visitor) -> None:
    made = await _registered(ann, private=True)
    assert (await ann.get(f"/api/v1/contenders/{made['contender']['slug']}"))[0] == 404
    assert (await ann.get("/api/v1/contenders"))[1]["items"] == []


async def test_a_stranger_and_nobody_find_nothing_of_anothers(ann: Visitor, bob: Visitor, arena: str) -> None:
    made = await _registered(ann)
    path = f"/api/v1/endpoints/{made['id']}"
    calls: list[Callable[[Visitor], Awaitable[tuple[int, Any]]]] = [
        lambda who: who.get(path),
        lambda who: who.patch(path, {"concurrency": 1}),
        lambda who: who.post(f"{path}/versions", ENDPOINT | {"name": "Mine"}),
        lambda who: who.post(f"{path}/rename", {"name": "Mine", "reason": "?"}),
    ]
    for call in calls:
        assert (await call(bob))[0] == 404
    async with Visitor(arena) as nobody:
        for call in calls:
            assert (await call(nobody))[0] == 401
    assert (await bob.get("/api/v1/endpoints"))[1]["items"] == []
    assert (await bob.get(f"/api/v1/endpoints/{NOBODYS}"))[1] == (await bob.get(path))[1]


async def _met(db: Pool, endpoint_id: str) -> None:
    """Let the endpoint have been a side of a battle."""
    await db.execute(
        """
        WITH voter AS (INSERT INTO voters (id) VALUES (gen_random_uuid()) RETURNING id),
        battle AS (INSERT INTO battles (id, voter_id, state, rule, propensity)
                   SELECT gen_random_uuid(), id, 'open', 'test', 1 FROM voter RETURNING id)
        INSERT INTO sides (battle_id, position, contender_id, endpoint_id)
        SELECT battle.id, 0, contender_id, endpoints.id FROM battle, endpoints WHERE endpoints.id = $1::text::uuid
        """,
        endpoint_id,
    )
