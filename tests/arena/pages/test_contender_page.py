"""The pages of contenders, comparisons and cases, as markup."""

from collections.abc import AsyncIterator

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import cases, votes
from arena.evaluation.cases import Flagger, Reason
from arena.integration import boards
from arena.pages import curves
from arena.people import voters
from arena.publishing import releases
from arena.publishing.careers import Point
from arena.submission import lifecycle
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.arena.pages.markup import Page, assert_well_made, words
from tests.arena.pages.standings import release
from tests.arena.pages.test_languages import CHINESE_READER
from tests.builders import Visitor, contender, ready_battle
from tests.conftest import Open
from tests.upstream import Provider

HTML = {"accept": "text/html", "accept-language": "en"}
SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
async def pair(db: Pool, provider: Provider) -> list[Entrant]:
    anna = await contender(db, provider, "identity", slug="anna", name="Anna")
    return [anna, await contender(db, provider, "identity", slug="berta", name=SCRIPT)]


@pytest.fixture
async def reader(open_arena: Open, db: Pool, settings: Settings, pair: list[Entrant]) -> AsyncIterator[Visitor]:
    """Somebody who reads of two contenders that have met a few times."""
    # Whichever side is Anna, it is she who wins twice.
    for outcome in (Outcome.A, Outcome.A, Outcome.B, Outcome.TIE, Outcome.BOTH_BAD):
        battle, voter = await ready_battle(db, pair)
        first = await db.fetchval("SELECT contender_id FROM sides WHERE battle_id = $1 AND position = 0", battle.id)
        await votes.cast(db, battle.id, voter, outcome if first == pair[0].contender_id else outcome.swapped)
    await releases.refresh(db, await boards.require(db, "overall"), settings)
    async with Visitor(await open_arena()) as visitor:
        yield visitor


async def test_a_contenders_page_says_how_it_stands_and_against_whom(reader: Visitor) -> None:
    status, html = await reader.get("/contenders/anna", headers=HTML)
    assert status == 200
    assert_well_made(html)
    page = Page(html)
    figures = words(page.one("dl", class_="figures"))
    assert "rating on Overall, 95% interval" in figures
    assert "votes against 1 opponent" in figures
    assert page.one("td", class_="counted").text == "2 – 1 – 1 – 1"
    assert page.one("svg", class_="record").attributes["aria-label"] == "2 won, 2 tied, 1 lost"
    assert SCRIPT not in html


async def test_a_retired_contender_keeps_its_page_and_says_why(reader: Visitor, db: Pool, pair: list[Entrant]) -> None:
    async with db.acquire() as connection:
        actor = lifecycle.Actor(None, "operator")
        await lifecycle.retire(connection, pair[0].target.endpoint_id, actor=actor, note="Its maker has closed it.")
    _, html = await reader.get("/contenders/anna", headers=HTML)
    assert_well_made(html)
    notes = [words(note) for note in Page(html).all("p", class_="note")]
    assert notes[0].startswith("It is retired since")
    assert "Its maker has closed it." in notes[0]


async def test_an_official_provider_has_a_badge(reader: Visitor, db: Pool) -> None:
    await db.execute("UPDATE contenders SET party = 'first' WHERE slug = 'anna'")
    for path in ("/contenders/anna", "/compare?with=anna,berta"):
        await db.execute("UPDATE standings SET party = 'first' WHERE name = 'Anna'")
        _, html = await reader.get(path, headers=HTML)
        assert [one.text for one in Page(html).all("span", class_="badge")] == ["Official provider"]
    _, listed = await reader.get("/api/v1/contenders?party=first")
    assert [one["slug"] for one in listed["items"]] == ["anna"]


async def test_two_are_compared_in_words_and_numbers(reader: Visitor) -> None:
    status, html = await reader.get("/compare?with=anna&with=berta&with=", headers=HTML)
    assert status == 200
    assert_well_made(html)
    page = Page(html)
    assert "cannot be told apart yet" in words(page.one("p", class_="lede"))
    assert "5 votes: 2 won, 1 tied, 1 both bad, 1 lost." in words(page.one("article"))
    _, told = await reader.get("/api/v1/compare?with=anna,berta")
    assert told["differences"][0]["record"]["votes"] == 5
    assert told["differences"][0]["apart"] is False
    status, html = await reader.get("/compare", headers=HTML)
    assert (status, "Choose two to five contenders" in html) == (200, True)


async def test_a_name_that_there_is_not_is_answered_with_the_nearest(reader: Visitor) -> None:
    for path in ("/contenders/anno", "/compare?with=anno,berta", "/api/v1/contenders/anno"):
        status, html = await reader.get(path, headers=HTML)
        assert status == 404
        assert "There is no contender called “anno”. The nearest name is Anna." in str(html)
    assert (await reader.get("/api/v1/compare?with=anna"))[0] == 400
    assert (await reader.get("/contenders/anna?board=nothing", headers=HTML))[0] == 404


async def test_a_case_that_stands_is_marked_and_what_was_written_is_text(reader: Visitor, db: Pool) -> None:
    by = Flagger(voters.invite(), None)
    case, _ = await cases.flag(db, "anna", Reason.OTHER, text=SCRIPT, links=["https://example.org/x"], by=by)
    for headers, language in ((HTML, "en"), (CHINESE_READER, "zh")):
        for path in ("/cases", f"/cases/{case.id}", "/contenders/anna"):
            status, html = await reader.get(path, headers=headers)
            assert (status, SCRIPT in html, "example.org" in html) == (200, False, False)
            assert_well_made(html, language)
    assert Page(html).all("a", class_="flagged") == []


def test_a_curve_stands_in_time_and_open_ends_reach_the_edge() -> None:
    head = release()
    points = [
        Point(
            release=head.id,
            published_at=head.published_at.replace(hour=hour),
            rating=1000.0 + hour,
            lower=None,
            upper=1100.0,
            rank_lower=1,
            rank_upper=2,
            votes=hour,
        )
        for hour in (10, 11, 14)
    ]
    drawn = curves.curve(points)
    assert [spot.x for spot in drawn.spots] == [0.0, 25.0, 100.0]
    assert [spot.bottom for spot in drawn.spots] == [float(curves.HEIGHT)] * 3
    assert drawn.spots[0].y > drawn.spots[2].y > drawn.spots[2].top
    assert [spot.x for spot in curves.curve(points[:1]).spots] == [50.0]
