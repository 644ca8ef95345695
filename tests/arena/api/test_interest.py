"""Stars, the popularity board and wishes over HTTP: as whoever gives them, as others, as nobody."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest

from arena.db import Pool
from arena.submission import contenders
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider

POPULARITY = "/api/v1/popularity"
ENDPOINT = {"base_url": "https://inference.northgate.example/v1", "model": "qwen", "name": "Qwen Chat"}


async def _signed_up(visitor: Visitor, who: str) -> Visitor:
    account = {"email": f"{who}@example.org", "name": who, "password": "correct horse battery"}
    status, body = await visitor.post("/api/v1/accounts", account | {"organisation": f"{who}'s lab"})
    assert status == 201, body
    return visitor


@pytest.fixture
async def address(open_arena: Open) -> str:
    """An arena in which every account's star counts at once."""
    return await open_arena(star_hours=0)


@pytest.fixture
async def people(address: str) -> AsyncIterator[list[Visitor]]:
    """Three people with accounts of their own."""
    async with AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(Visitor(address)) for _ in range(3)]
        yield [await _signed_up(visitor, who) for visitor, who in zip(visitors, ("ann", "bob", "cat"), strict=True)]


async def _entered(db: Pool, provider: Provider, *slugs: str) -> None:
    for slug in slugs:
        await contender(db, provider, slug, slug=slug, name=slug.title())


async def _stars(visitor: Visitor) -> dict[str, int]:
    _, body = await visitor.get(POPULARITY)
    return {line["contender"]: line["stars"] for line in body["items"]}


def _star(slug: str) -> str:
    return f"/api/v1/contenders/{slug}/star"


async def test_stars_make_a_board_with_the_most_first(people: list[Visitor], db: Pool, provider: Provider) -> None:
    await _entered(db, provider, "anna", "berta", "carla")
    for visitor, slugs in zip(people, (["berta"], ["berta", "carla"], ["berta"]), strict=True):
        for slug in slugs:
            status, star = await visitor.put(_star(slug), {})
            assert (status, star["contender"]) == (200, slug)
    _, board = await people[0].get(POPULARITY)
    assert [(line["contender"], line["stars"]) for line in board["items"]] == [("berta", 3), ("carla", 1), ("anna", 0)]
    assert board["items"][0]["since"] is not None
    assert board["items"][2]["since"] is None


async def test_the_same_star_at_once_and_again_is_one_star(people: list[Visitor], db: Pool, provider: Provider) -> None:
    await _entered(db, provider, "anna")
    answers = await asyncio.gather(*(people[0].put(_star("anna"), {}) for _ in range(12)))
    assert {status for status, _ in answers} == {200}
    assert len({star["starred_at"] for _, star in answers}) == 1
    assert await _stars(people[0]) == {"anna": 1}


async def test_a_star_can_be_taken_back_also_where_there_is_none(
    people: list[Visitor], db: Pool, provider: Provider
) -> None:
    await _entered(db, provider, "anna")
    for visitor in people[:2]:
        await visitor.put(_star("anna"), {})
    for _ in range(2):
        status, star = await people[0].delete(_star("anna"))
        assert (status, star["starred_at"], star["stars"]) == (200, None, 1)
    assert await _stars(people[0]) == {"anna": 1}


async def test_giving_and_taking_back_at_once_leaves_one_star_or_none(
    people: list[Visitor], db: Pool, provider: Provider
) -> None:
    await _entered(db, provider, "anna")
    calls = [people[0].put(_star("anna"), {}) if turn % 2 else people[0].delete(_star("anna")) for turn in range(12)]
    assert {status for status, _ in await asyncio.gather(*calls)} == {200}
    _, mine = await people[0].get("/api/v1/stars")
    assert await _stars(people[0]) == {"anna": len(mine["items"])}


async def test_one_sees_ones_own_stars_and_nobody_elses(people: list[Visitor], db: Pool, provider: Provider) -> None:
    await _entered(db, provider, "anna", "berta")
    await people[0].put(_star("anna"), {})
    await people[1].put(_star("berta"), {})
    assert (await people[0].get("/api/v1/stars"))[1] == {"items": ["anna"], "next": None}
    assert (await people[2].get("/api/v1/stars"))[1]["items"] == []


async def test_stars_of_fresh_accounts_wait(open_arena: Open, db: Pool, provider: Provider) -> None:
    await _entered(db, provider, "anna")
    async with Visitor(await open_arena()) as ann:
        await _signed_up(ann, "ann")
        _, star = await ann.put(_star("anna"), {})
        opened = await db.fetchval("SELECT created_at FROM accounts")
        assert datetime.fromisoformat(star["counts_from"]) == opened + timedelta(hours=24)
        assert (star["stars"], await _stars(ann)) == (0, {"anna": 0})
        await db.execute("UPDATE accounts SET created_at = now() - interval '24 hours'")
        assert await _stars(ann) == {"anna": 1}
        assert (await ann.put(_star("anna"), {}))[1]["stars"] == 1


async def test_what_is_private_unknown_or_retired_gets_no_star(people: list[Visitor], db: Pool) -> None:
    _, made = await people[0].post("/api/v1/endpoints", ENDPOINT | {"private": True})
    slug = made["contender"]["slug"]
    for visitor in people[:2]:
        for call in (visitor.put(_star(slug), {}), visitor.delete(_star(slug))):
            status, problem = await call
            assert (status, problem["detail"]) == (404, f"There is no contender called “{slug}”.")
    assert await _stars(people[0]) == {}
    await db.execute("UPDATE contenders SET committed_at = now()")
    assert (await people[1].put(_star(slug), {}))[0] == 200
    await db.execute("UPDATE endpoints SET state = 'retired'")
    assert (await people[0].put(_star(slug), {}))[0] == 409
    assert await _stars(people[0]) == {}
    assert (await people[1].delete(_star(slug)))[0] == 200
    assert (await people[0].put(_star("nobody"), {}))[0] == 404


async def test_a_long_board_is_paged_without_gap_or_double(people: list[Visitor], db: Pool) -> None:
    async with db.acquire() as connection:
        await contenders.enter_names(connection, "many-", {f"{number:03}" for number in range(230)})
    for visitor, numbers in zip(people, ((5, 150), (150, 229), (150,)), strict=True):
        for number in numbers:
            await visitor.put(_star(f"many-{number:03}"), {})
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        _, page = await people[0].get(POPULARITY, params={"cursor": cursor})
        seen += [line["contender"] for line in page["items"]]
        cursor = page["next"]
    assert seen[:3] == ["many-150", "many-005", "many-229"]
    assert sorted(seen) == [f"many-{number:03}" for number in range(230)]


@pytest.mark.parametrize("cursor", ["x", "-1.a", "99999999999999999999.a", "١.a", "."])
@pytest.mark.parametrize("path", [POPULARITY, "/api/v1/wishes"])
async def test_a_cursor_that_no_list_gave_is_refused(visitor: Visitor, path: str, cursor: str) -> None:
    status, problem = await visitor.get(path, params={"cursor": cursor})
    assert (status, problem["detail"]) == (400, "No list here gave this cursor. Leave it out to begin at the start.")


async def test_whoever_stars_or_wishes_too_often_is_told_when_to_go_on(
    open_arena: Open, db: Pool, provider: Provider, patient: None
) -> None:
    await _entered(db, provider, "anna")
    async with Visitor(await open_arena(stars_per_hour=2, wishes_per_hour=1)) as ann:
        await _signed_up(ann, "ann")
        assert [(await ann.put(_star("anna"), {}))[0], (await ann.delete(_star("anna")))[0]] == [200, 200]
        status, problem = await ann.put(_star("anna"), {})
        assert (status, problem["detail"][:30]) == (429, "You have given and taken back ")
        assert (await ann.put("/api/v1/wish", {"name": "Llama"}))[0] == 200
        status, problem = await ann.delete("/api/v1/wish")
        assert (status, problem["detail"][:30]) == (429, "You have changed your wish oft")


async def test_an_account_has_one_wish_whatever_is_sent_at_once(people: list[Visitor], db: Pool) -> None:
    wishes = [{"name": f"Llama {number % 3}", "organisation": "Meta"} for number in range(12)]
    answers = await asyncio.gather(*(people[0].put("/api/v1/wish", wish) for wish in wishes))
    assert {status for status, _ in answers} == {200}
    assert await db.fetchval("SELECT count(*) FROM wishes") == 1
    _, mine = await people[0].get("/api/v1/wish")
    assert mine["wish"]["name"] in {wish["name"] for wish in wishes}
    assert (await people[0].delete("/api/v1/wish"))[1] == {"wish": None}
    assert (await people[0].get("/api/v1/wishes"))[1]["items"] == []


async def test_the_same_wish_however_written_is_counted_together(people: list[Visitor]) -> None:
    link = "https://example.org/llama"
    for visitor, wish in zip(
        people,
        [
            {"name": "Llama-5 70B", "organisation": "Meta"},
            {"name": " LLAMA 5  70b", "organisation": "META", "link": link},
            {"name": "Llama 5 8B", "organisation": "Meta"},
        ],
        strict=True,
    ):
        assert (await visitor.put("/api/v1/wish", wish))[0] == 200
    _, body = await people[0].get("/api/v1/wishes")
    told = [(one["name"], one["link"], one["wishes"], one["contender"]) for one in body["items"]]
    assert told == [("Llama-5 70B", link, 2, None), ("Llama 5 8B", None, 1, None)]


async def test_a_wish_keeps_its_time_until_it_is_another_one(people: list[Visitor]) -> None:
    async def made(name: str) -> Any:
        return (await people[0].put("/api/v1/wish", {"name": name}))[1]["wish"]["wished_at"]

    first = await made("Llama 5")
    assert await made("llama-5") == first
    assert await made("Llama 6") != first


async def test_wishes_are_paged_without_gap_or_double(people: list[Visitor], db: Pool) -> None:
    await db.execute(
        """
        WITH new AS (
            INSERT INTO accounts (email, name, roles)
            SELECT format('%s@example.net', n), 'x', '{}' FROM generate_series(1, 150) AS n RETURNING id, email
        )
        INSERT INTO wishes (account_id, name, organisation, identity)
        SELECT id, email, '', '|' || split_part(email, '@', 1) FROM new
        """
    )
    _, first = await people[0].get("/api/v1/wishes")
    _, second = await people[0].get("/api/v1/wishes", params={"cursor": first["next"]})
    names = [one["name"] for one in first["items"] + second["items"]]
    assert (len(first["items"]), second["next"]) == (100, None)
    assert sorted(names) == sorted(f"{number}@example.net" for number in range(1, 151))


@pytest.mark.parametrize(
    "wish",
    [
        {"name": "qwen-CHAT", "organisation": "northgate"},
        {"name": "Qwen Chat"},
        {"name": "Qwen Chat 2", "organisation": "Northgate"},
    ],
)
async def test_what_is_entered_is_refused_with_its_address(people: list[Visitor], wish: dict[str, str]) -> None:
    card = {"organisation": "Northgate", "version": "2"}
    _, made = await people[0].post("/api/v1/endpoints", ENDPOINT | {"card": card})
    status, problem = await people[1].put("/api/v1/wish", wish)
    assert (status, f"/contenders/{made['contender']['slug']}" in problem["detail"]) == (409, True)
    assert (await people[1].put("/api/v1/wish", wish | {"organisation": "Southgate"}))[0] == 200


async def test_a_wish_tells_nothing_of_a_private_contender_and_names_it_once_it_is_public(
    people: list[Visitor], db: Pool
) -> None:
    _, made = await people[0].post("/api/v1/endpoints", ENDPOINT | {"private": True})
    assert (await people[1].put("/api/v1/wish", {"name": "Qwen Chat"}))[0] == 200
    assert (await people[1].get("/api/v1/wishes"))[1]["items"][0]["contender"] is None
    await db.execute("UPDATE contenders SET committed_at = now()")
    assert (await people[1].get("/api/v1/wishes"))[1]["items"][0]["contender"] == made["contender"]["slug"]
    await db.execute("UPDATE endpoints SET state = 'retired'")
    assert (await people[1].put("/api/v1/wish", {"name": "Qwen Chat"}))[0] == 200


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "“name” has 1 to 100"),
        ({"name": "x" * 101}, "“name” has 1 to 100"),
        ({"name": "…—…"}, "“name” names nothing"),
        ({"name": "a\u202eb"}, "“name” has"),
        ({"name": "a", "organisation": "\x00"}, "“organisation” has"),
        ({"name": "a", "link": "http://example.org"}, "is not a link"),
        ({"name": "a", "link": "https://a b"}, "is not a link"),
        ({"name": "a", "colour": "red"}, "“colour”"),
        ({}, "“name” is missing"),
    ],
)
async def test_a_wish_that_cant_be_shown_is_refused(
    people: list[Visitor], db: Pool, wrong: dict[str, str], sentence: str
) -> None:
    status, problem = await people[0].put("/api/v1/wish", wrong)
    assert (status, sentence in problem["detail"]) == (400, True), problem
    assert await db.fetchval("SELECT count(*) FROM wishes") == 0


async def test_nobody_stars_or_wishes_without_an_account_and_no_key_without_its_scope(
    people: list[Visitor], address: str, db: Pool, provider: Provider
) -> None:
    await _entered(db, provider, "anna")
    _, made = await people[0].post("/api/v1/keys", {"name": "reader", "scopes": ["read"]})
    reader = {"authorization": f"Bearer {made['secret']}"}
    async with Visitor(address) as nobody:
        calls = [("PUT", _star("anna")), ("DELETE", _star("anna")), ("PUT", "/api/v1/wish"), ("DELETE", "/api/v1/wish")]
        for method, path in calls:
            body = {"json": {"name": "Llama"}} if method == "PUT" else {}
            assert (await nobody._call(method, path, **body))[0] == 401
            assert (await nobody._call(method, path, headers=reader, **body))[0] == 403
        for path in ("/api/v1/stars", "/api/v1/wish"):
            assert (await nobody.get(path))[0] == 401
            assert (await nobody.get(path, headers=reader))[0] == 200
    assert await db.fetchval("SELECT (SELECT count(*) FROM stars) + (SELECT count(*) FROM wishes)") == 0
