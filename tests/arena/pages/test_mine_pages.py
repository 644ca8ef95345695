"""The pages of what belongs to a voter, and of contenders chosen by name, as the server writes them."""

from uuid import uuid4

import pytest

from arena.db import Pool
from tests.arena.pages.markup import Page, assert_well_made, words
from tests.arena.pages.test_languages import CHINESE_READER, english_left
from tests.builders import Visitor, contender
from tests.upstream import Provider


@pytest.fixture(autouse=True)
async def sides(db: Pool, provider: Provider) -> None:
    for name in ("anna", "berta"):
        await contender(db, provider, "words:一 二", slug=name, name=f"{name.title()} <b>", organisation="")


async def _held(visitor: Visitor, prompt: str, outcome: str | None = None) -> str:
    battle_id = await visitor.ask(prompt)
    await visitor.hear(battle_id)
    if outcome:
        await visitor.vote(battle_id, outcome)
    return battle_id


@pytest.mark.parametrize("path", ["/mine", "/side-by-side", "/chat"])
async def test_no_english_is_left_on_their_chinese_pages(path: str, visitor: Visitor) -> None:
    _, html = await visitor.get(path, headers=CHINESE_READER)
    assert_well_made(html, "zh")
    assert set(english_left(html)) <= {"Anna", "Berta"}


async def test_ones_battles_are_there_without_script_and_lead_to_their_texts(visitor: Visitor) -> None:
    voted = await _held(visitor, "<script>Voted?", "b")
    ready = await _held(visitor, "Waiting?")
    _, html = await visitor.get("/mine")
    assert_well_made(html, "en")
    assert html.index(f"/battles/{ready}") < html.index(f"/battles/{voted}")
    assert "&lt;script&gt;Voted?" in html
    assert "It waits for your vote." in html
    assert "You voted: B is better. The vote is counted." in html
    for battle_id, named in ((voted, True), (ready, False)):
        status, html = await visitor.get(f"/battles/{battle_id}")
        assert status == 200
        assert_well_made(html, "en")
        assert ("Anna &lt;b&gt;" in html, "Berta &lt;b&gt;" in html) == (named, named)
        assert ("Answer A" in html) is not named
        assert html.count("一 二") == 2


async def test_somebody_elses_battle_is_as_unknown_as_none(visitor: Visitor, arena: str) -> None:
    battle_id = await _held(visitor, "Mine?")
    async with Visitor(arena) as stranger:
        for one in (battle_id, uuid4()):
            assert (await stranger.get(f"/battles/{one}"))[0] == 404
        await _held(stranger, "Theirs?")
        for one in (battle_id, uuid4()):
            assert (await stranger.get(f"/battles/{one}"))[0] == 404
        assert "Mine?" not in (await stranger.get("/mine"))[1]


async def test_pages_of_ones_own_are_kept_by_no_cache(visitor: Visitor) -> None:
    battle_id = await _held(visitor, "Mine?")
    for path in ("/mine", f"/battles/{battle_id}"):
        assert (await visitor.head_of(path))[1]["cache-control"] == "no-store"


async def test_only_those_who_may_be_chosen_are_offered(visitor: Visitor, db: Pool) -> None:
    await db.execute("UPDATE contenders SET committed_at = NULL WHERE slug = 'berta'")
    for path in ("/side-by-side", "/chat"):
        _, html = await visitor.get(path)
        assert "berta" not in html.lower()
        assert ("anna" in html) == (path == "/chat")
    _, html = await visitor.get("/chat?contender=anna")
    chooser = Page(html).one("input")
    assert chooser.attributes["value"] == "anna"
    assert words(Page(html).one("h1")) == "Chat with one contender"
