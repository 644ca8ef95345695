from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from arena.db import Pool
from tests.builders import Visitor

ANN = {"email": "ann@example.org", "name": "Ann", "password": "correct horse battery"}
Open = Callable[..., Awaitable[str]]


def _bearer(words: str) -> dict[str, str]:
    return {"authorization": f"Bearer {words}", "content-type": "application/json"}


async def _signed_up(visitor: Visitor, **more: Any) -> Any:
    status, body = await visitor.post("/api/v1/accounts", ANN | more)
    assert status == 201, body
    return body


async def test_one_call_opens_an_account_an_organisation_and_a_key(visitor: Visitor) -> None:
    body = await _signed_up(visitor, organisation="Northgate Lab", key="first")
    assert body["organisations"][0]["organisation"] == "northgate-lab"
    status, account = await visitor.get("/api/v1/account", headers=_bearer(body["key"]))
    assert (status, account["email"]) == (200, ANN["email"])


async def test_a_session_goes_with_the_browser_until_it_signs_out(visitor: Visitor) -> None:
    await _signed_up(visitor)
    assert (await visitor.get("/api/v1/account"))[0] == 200
    assert (await visitor.delete("/api/v1/sessions/current"))[0] == 204
    status, body = await visitor.get("/api/v1/account")
    assert status == 401
    assert "Sign in first" in body["detail"]
    status, _ = await visitor.post("/api/v1/sessions", {"email": ANN["email"], "password": ANN["password"]})
    assert status == 201
    assert (await visitor.get("/api/v1/account"))[0] == 200


async def test_what_is_taken_leaves_nothing_half_done(visitor: Visitor, arena: str, db: Pool) -> None:
    await _signed_up(visitor, organisation="Northgate Lab")
    async with Visitor(arena) as other:
        bob = ANN | {"email": "bob@example.org", "organisation": "NORTHGATE lab"}
        status, body = await other.post("/api/v1/accounts", bob)
        assert (status, "organisation of this name" in body["detail"]) == (409, True)
    assert await db.fetchval("SELECT count(*) FROM accounts") == 1


async def test_those_who_only_look_leave_no_session(visitor: Visitor, db: Pool) -> None:
    for path in ("/", "/leaderboard", "/api/v1/boards", "/api/v1/account", "/nowhere"):
        await visitor.get(path)
    assert await db.fetchval("SELECT count(*) FROM sessions") == 0
    assert b"session=" not in bytes(visitor.received).lower()


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
async def test_another_sites_page_cannot_act_for_who_is_signed_in(visitor: Visitor, headers: dict[str, str]) -> None:
    await _signed_up(visitor)
    sent = {"content-type": "application/json"} | headers
    status, body = await visitor.post("/api/v1/organisations", {"name": "Stolen"}, headers=sent)
    assert (status, "another site" in body["detail"]) == (403, True)


async def test_our_own_page_can(visitor: Visitor, arena: str) -> None:
    await _signed_up(visitor)
    sent = {"content-type": "application/json", "origin": arena.rstrip("/"), "sec-fetch-site": "same-origin"}
    assert (await visitor.post("/api/v1/organisations", {"name": "Ours"}, headers=sent))[0] == 201


async def test_a_key_does_no_more_than_its_scopes_say(visitor: Visitor, arena: str) -> None:
    await _signed_up(visitor)
    _, made = await visitor.post("/api/v1/keys", {"name": "look", "scopes": ["read"]})
    async with Visitor(arena) as machine:
        status, body = await machine.post(
            "/api/v1/keys", {"name": "more", "scopes": ["read"]}, headers=_bearer(made["secret"])
        )
        assert (status, "scope “account”" in body["detail"]) == (403, True)


async def test_a_revoked_key_is_refused_at_once(visitor: Visitor, arena: str) -> None:
    await _signed_up(visitor)
    _, made = await visitor.post("/api/v1/keys", {"name": "look", "scopes": ["read"]})
    assert (await visitor.delete(f"/api/v1/keys/{made['key']['id']}"))[0] == 200
    async with Visitor(arena) as machine:
        status, body = await machine.get("/api/v1/account", headers=_bearer(made["secret"]))
        assert (status, "revoked" in body["detail"]) == (401, True)


async def test_a_new_password_ends_every_other_session(visitor: Visitor, arena: str) -> None:
    await _signed_up(visitor)
    async with Visitor(arena) as elsewhere:
        signing_in = {"email": ANN["email"], "password": ANN["password"]}
        assert (await elsewhere.post("/api/v1/sessions", signing_in))[0] == 201
        wrong = await visitor.put("/api/v1/account/password", {"password": "another one, longer", "present": "?"})
        assert wrong[0] == 401
        right = {"password": "another one, longer", "present": ANN["password"]}
        assert (await visitor.put("/api/v1/account/password", right))[0] == 204
        assert (await elsewhere.get("/api/v1/account"))[0] == 401
        assert (await visitor.get("/api/v1/account"))[0] == 200


async def test_passwords_cannot_be_tried_without_end(open_arena: Open, patient: None) -> None:
    async with Visitor(await open_arena(sign_ins_per_hour=3)) as thief:
        for _ in range(3):
            assert (await thief.post("/api/v1/sessions", {"email": "ann@example.org", "password": "?"}))[0] == 401
        status, body = await thief.post("/api/v1/sessions", {"email": "ann@example.org", "password": "?"})
        assert (status, "Too many passwords" in body["detail"]) == (429, True)


async def test_accounts_cannot_be_opened_without_end(open_arena: Open, patient: None) -> None:
    async with Visitor(await open_arena(sign_ups_per_hour=1)) as crowd:
        await _signed_up(crowd)
        status, _ = await crowd.post("/api/v1/accounts", ANN | {"email": "bob@example.org"})
        assert status == 429


async def test_members_are_let_in_and_leave(visitor: Visitor, arena: str) -> None:
    await _signed_up(visitor, organisation="Northgate Lab")
    async with Visitor(arena) as bob:
        body = await _signed_up(bob, email="bob@example.org")
        path = "/api/v1/organisations/northgate-lab/members"
        assert (await bob.get(path))[0] == 404
        assert (await visitor.post(path, {"email": "bob@example.org"}))[0] == 201
        assert len((await bob.get(path))[1]["items"]) == 2
        assert (await bob.post(path, {"email": "bob@example.org", "standing": "owner"}))[0] == 403
        assert (await bob.delete(f"{path}/{body['id']}"))[0] == 200
        assert (await bob.get(path))[0] == 404


async def test_only_an_operator_says_who_is_what(visitor: Visitor, arena: str, db: Pool) -> None:
    await _signed_up(visitor)
    appointment = {"email": ANN["email"], "roles": ["operator"], "reason": "I want to"}
    assert (await visitor.post("/api/v1/appointments", appointment))[0] == 403
    await db.execute("UPDATE accounts SET roles = '{operator}'")
    async with Visitor(arena) as bob:
        await _signed_up(bob, email="bob@example.org")
        made = await visitor.post(
            "/api/v1/appointments", {"email": "bob@example.org", "roles": ["analyst"], "reason": "Studies us"}
        )
        assert (made[0], made[1]["roles"]) == (201, ["analyst"])
        assert (await bob.get("/api/v1/account"))[1]["roles"] == ["analyst"]
