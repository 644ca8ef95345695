"""What a voter can do once they know who it was: say why, see how others voted, show the battle to others."""

import pytest

from arena.db import Pool
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider

SAID = {"sides": [["correct", "useful"], []], "comment": "It knew."}
HTML = {"headers": {"accept": "text/html"}}


@pytest.fixture
async def voted(visitor: Visitor, db: Pool, provider: Provider) -> str:
    """The id of a battle that this visitor has voted on."""
    for name in ("Anna", "Berta"):
        provider.script(name, [f"# I am {name}\n\nand **bold**."])
        await contender(db, provider, name, slug=name.lower(), name=name, organisation=f"{name} House")
    battle_id = await visitor.ask("Who are you, and what is ＜secret＞?")
    await visitor.hear(battle_id)
    assert (await visitor.post(f"/api/v1/battles/{battle_id}/opinion", SAID))[0] == 409
    assert (await visitor.post(f"/api/v1/battles/{battle_id}/share", {"texts": True}))[0] == 409
    assert (await visitor.get(f"/api/v1/battles/{battle_id}/others")) == (200, {"others": None})
    await visitor.vote(battle_id, "a")
    return battle_id


async def test_an_opinion_is_told_back_to_its_voter_alone(visitor: Visitor, voted: str) -> None:
    address = f"/api/v1/battles/{voted}/opinion"
    assert await visitor.get(address) == (200, {"sides": [[], []], "comment": ""})
    assert await visitor.post(address, SAID) == (200, SAID)
    assert await visitor.post(address, {"sides": [[], ["refused"]]}) == (
        200,
        {"sides": [[], ["refused"]], "comment": ""},
    )
    assert await visitor.get(address) == (200, {"sides": [[], ["refused"]], "comment": ""})
    async with Visitor(visitor.base_url) as stranger:
        assert (await stranger.get(address))[0] == 404
        assert (await stranger.post(address, SAID))[0] == 404


@pytest.mark.parametrize(
    "said",
    [
        {"sides": [["brilliant"], []]},
        {"sides": [[]]},
        {"sides": [["useful"] * 11, []]},
        {"sides": [[], []], "comment": "x" * 2001},
        {"sides": [[], []], "comment": "\x00"},
        {"sides": [[], []], "comment": "", "outcome": "b"},
    ],
)
async def test_an_opinion_that_cannot_be_read_is_refused_with_a_sentence(
    visitor: Visitor, voted: str, said: dict[str, object]
) -> None:
    status, problem = await visitor.post(f"/api/v1/battles/{voted}/opinion", said)
    assert (status, bool(problem["detail"])) == (400, True)


async def test_a_link_shows_names_and_texts_only_where_its_voter_chose_so(visitor: Visitor, voted: str) -> None:
    address = f"/api/v1/battles/{voted}/share"
    assert await visitor.get(address) == (200, {"url": None, "texts": False})
    status, link = await visitor.post(address, {})
    assert (status, link["texts"]) == (200, False)
    async with Visitor(visitor.base_url) as stranger:
        assert (await stranger.get(address))[0] == 404
        assert (await stranger.delete(address))[0] == 404
        status, page = await stranger.get(link["url"], **HTML)
        assert (status, "Anna House" in page, "Berta House" in page, "Somebody preferred" in page) == (200, *[True] * 3)
        assert "secret" not in page
        assert "I am" not in page
        assert await visitor.post(address, {"texts": True}) == (200, {"url": link["url"], "texts": True})
        _, page = await stranger.get(link["url"], **HTML)
        assert "＜secret＞" in page
        assert page.count("and <strong>bold</strong>.") == 2
        status, headers = await stranger.head_of(link["url"])
        assert (headers["x-robots-tag"], headers["cache-control"]) == ("noindex", "no-store")
        assert voted not in page
        assert await visitor.delete(address) == (200, {"url": None, "texts": False})
        status, page = await stranger.get(link["url"], **HTML)
        assert (status, "taken it back" in page) == (404, True)


async def test_a_link_names_the_public_address_where_there_is_one(
    open_arena: Open, db: Pool, provider: Provider
) -> None:
    for model in ("words:a", "words:b"):
        await contender(db, provider, model)
    async with Visitor(await open_arena(public_url="http://arena.example")) as visitor:
        battle_id = await visitor.ask()
        await visitor.hear(battle_id)
        await visitor.vote(battle_id, "tie")
        _, link = await visitor.post(f"/api/v1/battles/{battle_id}/share", {"texts": False})
    assert link["url"].startswith("http://arena.example/shared/")


async def test_a_ballot_may_say_how_long_its_voter_has_read(visitor: Visitor, voted: str) -> None:
    battle_id = await visitor.ask()
    await visitor.hear(battle_id)
    address = f"/api/v1/battles/{battle_id}/vote"
    for reading in ({"seconds": -1, "sides": [0, 0]}, {"seconds": 1, "sides": [1]}, {"seconds": 1e9, "sides": [0, 0]}):
        assert (await visitor.post(address, {"outcome": "a", "reading": reading}))[0] == 400
    assert (await visitor.post(address, {"outcome": "a", "reading": {"seconds": 8.5, "sides": [8, 3.25]}}))[0] == 201
