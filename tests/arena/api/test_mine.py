"""What belongs to a voter, over HTTP: their battles, all that is kept of them, and its deletion."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import pytest

from arena.db import Pool
from arena.workers import measure
from tests.arena.evaluation.test_forgetting import found
from tests.builders import Visitor, contender, until
from tests.conftest import Open
from tests.upstream import Provider

SECRET = "xylophone-7391"
MEASURED = {"gain_votes", "gain_votes_unaudited"}


@pytest.fixture(autouse=True)
async def sides(db: Pool, provider: Provider) -> None:
    for name in ("anna", "berta"):
        provider.script(name, ["As you said: ", f"{SECRET}."])
        await contender(db, provider, name, slug=name, name=name.title())


async def _held(visitor: Visitor, prompt: str = f"Who plays the {SECRET}?") -> str:
    battle_id = await visitor.ask(prompt)
    assert (await visitor.hear(battle_id)).end == "ready"
    return battle_id


async def test_ones_battles_are_listed_newest_first_with_names_after_the_vote_alone(
    visitor: Visitor, arena: str
) -> None:
    first = await _held(visitor, "x" * 500)
    second = await _held(visitor)
    _, nothing = await visitor.get(f"/api/v1/me/battles?cursor={uuid4()}")
    assert nothing == {"items": [], "next": None}
    assert (await visitor.vote(first, "tie"))[0] == 201
    status, told = await visitor.get("/api/v1/me/battles")
    assert (status, told["next"]) == (200, None)
    waiting, voted = told["items"]
    assert (waiting["id"], waiting["state"], waiting["contenders"]) == (second, "ready", None)
    assert (waiting["outcome"], waiting["counted"], waiting["reason"]) == (None, None, None)
    assert (voted["id"], voted["state"], voted["outcome"]) == (first, "voted", "tie")
    assert (sorted(voted["contenders"]), voted["counted"], voted["reason"]) == (["Anna", "Berta"], True, None)
    assert (voted["kind"], voted["prompt"]) == ("blind", "x" * 160 + "…")
    async with Visitor(arena) as stranger:
        assert await stranger.get("/api/v1/me/battles") == (200, {"items": [], "next": None})


async def test_a_long_history_is_told_page_by_page(visitor: Visitor, db: Pool) -> None:
    battle_id = await _held(visitor)
    await db.execute(
        """
        INSERT INTO battles (id, voter_id, state, rule, propensity, opened_at)
        SELECT gen_random_uuid(), voter_id, 'void', rule, 1, opened_at - interval '1 minute'
        FROM battles, generate_series(1, 120)
        """
    )
    await db.execute(
        "INSERT INTO turns (battle_id, turn, content) SELECT id, 1, '[]' FROM battles WHERE state = 'void'"
    )
    listed, cursor = [], ""
    for size in (50, 50, 21):
        _, page = await visitor.get(f"/api/v1/me/battles?cursor={cursor}" if cursor else "/api/v1/me/battles")
        assert len(page["items"]) == size
        listed += [battle["id"] for battle in page["items"]]
        cursor = page["next"]
    assert cursor is None
    assert (listed[0], len(set(listed))) == (battle_id, 121)


async def test_the_export_holds_everything_and_names_nobody_before_the_vote(visitor: Visitor, arena: str) -> None:
    voted = await _held(visitor)
    await visitor.vote(voted, "a")
    left = await _held(visitor)
    await visitor.post(f"/api/v1/battles/{left}/skip", {"reason": "It bored me."})
    ready = await _held(visitor, "Ready?")
    status, told = await visitor.get("/api/v1/me/export")
    assert status == 200
    kept = {one["battle"]["id"]: one for one in told["battles"]}
    assert list(kept) == [ready, left, voted]
    assert kept[voted]["said"] == [
        {"prompt": f"Who plays the {SECRET}?", "answers": [f"As you said: {SECRET}."] * 2},
    ]
    assert kept[voted]["battle"]["outcome"] == "a"
    assert kept[voted]["kept"] == {"remarks": []}
    assert sorted(kept[voted]["battle"]["contenders"]) == ["Anna", "Berta"]
    assert kept[left]["battle"]["skipped_because"] == "It bored me."
    assert all(name not in json.dumps([kept[left], kept[ready]]) for name in ("anna", "Anna", "berta", "Berta"))
    _, headers = await visitor.head_of("/api/v1/me/export")
    assert headers["content-disposition"] == 'attachment; filename="arena-my-data.json"'
    assert headers["cache-control"] == "no-store"
    async with Visitor(arena) as stranger:
        assert await stranger.get("/api/v1/me/export") == (200, {"battles": []})


async def test_deleting_says_what_stays_and_takes_the_cookie_away(visitor: Visitor, db: Pool) -> None:
    voted, named = await _held(visitor), await _named(visitor)
    await visitor.vote(voted, "a")
    await visitor.vote(named, "a")
    ready = await _held(visitor)
    cookie = visitor.cookie("voter")
    assert await visitor.delete("/api/v1/me") == (200, {"battles": 3, "votes": 1})
    with pytest.raises(KeyError):
        visitor.cookie("voter")
    assert await found(db, SECRET) == []
    assert await visitor.delete("/api/v1/me") == (200, {"battles": 0, "votes": 0})
    # Somebody who kept the cookie has nothing by it, and a new one for the asking.
    visitor.bring("voter", cookie)
    for battle_id in (voted, named, ready):
        for path in ("", "/stream"):
            assert (await visitor.get(f"/api/v1/battles/{battle_id}{path}"))[0] == 404
        assert (await visitor.vote(battle_id, "a"))[0] == 404
    assert await visitor.get("/api/v1/me/battles") == (200, {"items": [], "next": None})
    assert await visitor.delete("/api/v1/me") == (200, {"battles": 0, "votes": 0})
    visitor.bring("voter", cookie)
    assert (await visitor.post("/api/v1/battles", {"prompt": "Again?"}))[0] == 401
    assert await visitor.ask("Again?")
    assert visitor.cookie("voter") != cookie


async def test_what_is_being_answered_while_it_is_deleted_is_stopped_and_kept_by_nobody(
    db: Pool, open_arena: Open, provider: Provider
) -> None:
    held = asyncio.Event()
    for name in ("anna", "berta"):
        provider.script(name, [f"{SECRET} begins", held, " and ends."])
    async with Visitor(await open_arena()) as visitor:
        battle_id = await visitor.ask(SECRET)
        stream = visitor.stream(battle_id)
        assert (await anext(stream)).name == "tick"
        assert await visitor.delete("/api/v1/me") == (200, {"battles": 1, "votes": 0})
        assert [event.data async for event in stream if event.name == "failed"] == [{"code": "closed"}]

        async def told() -> bool:
            return bool(await db.fetchval("SELECT count(*) = 2 FROM answers"))

        await until(told)
    assert await found(db, SECRET) == []
    assert await db.fetchval("SELECT state FROM battles") == "skipped"


async def test_no_page_and_no_list_breaks_when_voters_are_gone(open_arena: Open, db: Pool) -> None:
    async with Visitor(await open_arena(working=True)) as visitor:
        for outcome in ("a", "b", "tie"):
            await visitor.vote(await _held(visitor), outcome)

        async def released() -> bool:
            return bool(await db.fetchval("SELECT max(votes) = 3 FROM snapshots"))

        await until(released)
        _, before = await visitor.get("/api/v1/boards/overall")
        await visitor.delete("/api/v1/me")
        # As the worker does sooner or later, which changes what is measured and nothing else.
        await measure.look(db)
        _, after = await visitor.get("/api/v1/boards/overall")
        assert _as_released(after["release"]) == _as_released(before["release"])
        await visitor.vote(await _held(visitor), "a")

        async def counted() -> bool:
            return bool(await db.fetchval("SELECT max(votes) = 4 AND max(voters) = 2 FROM snapshots"))

        await until(counted)
        for path in ("/", "/leaderboard", "/mine", "/policy", "/contenders/anna", "/popularity", "/submissions"):
            status, body = await visitor.get(path)
            assert status == 200, path
            assert SECRET not in body or path == "/mine", path
        _, kept = await visitor.get(f"/api/v1/releases/{before['release']['id']}")
        assert _as_released(kept) == _as_released(before["release"])


def _as_released(release: dict[str, Any]) -> dict[str, Any]:
    """The release without what the worker measures of it when the next minute begins."""
    lines = [{name: told for name, told in line.items() if name not in MEASURED} for line in release["standings"]]
    assert all(line.keys() >= {"contender", "rating", "votes"} for line in lines)
    return {**release, "standings": lines}


async def _named(visitor: Visitor) -> str:
    body = {"prompt": f"Named {SECRET}?", "kind": "named", "contenders": ["anna", "berta"]}
    _, told = await visitor.post("/api/v1/battles", body)
    assert (await visitor.hear(told["id"])).end == "ready"
    return str(told["id"])
