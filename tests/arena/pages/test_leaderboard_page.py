from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from msgspec import structs

from arena.config import Settings
from arena.integration.boards import Board
from arena.pages import boards
from arena.pages.templating import environment
from arena.publishing.releases import Release
from tests.arena.pages.markup import Page, assert_well_made, words
from tests.arena.pages.standings import OVERALL, release, standing
from tests.builders import Visitor

SETTINGS = Settings(database_url="postgresql://x", redis_url="redis://x", secret="s" * 32)
HTML = {"headers": {"accept": "text/html"}}


def rendered(shown: Release, *others: Board) -> str:
    html = (
        environment()
        .get_template("boards/show.html")
        .render(boards.context(OVERALL, [OVERALL, *others], shown, SETTINGS))
    )
    assert_well_made(html)
    return html


def page(*standings: Any, **changes: Any) -> Page:
    return Page(rendered(release(*standings, **changes)))


def lede(*standings: Any, **changes: Any) -> str:
    return words(page(*standings, **changes).one("p", class_="lede"))


def test_first_place_that_is_open_is_said_to_be_open() -> None:
    assert lede(standing("GPT 4", rating=1100), standing("Alpaca"), standing("Dolly", rank_lower=3)) == (
        "GPT 4 is rated highest, but the votes do not settle first place: 2 of 3 contenders could still be first."
    )


def test_first_place_that_is_settled_is_said_to_be_settled() -> None:
    told = lede(standing("GPT 4", rating=1100, rank_upper=1), standing("Alpaca", rank_lower=2))
    assert told == "GPT 4 is first; no other of the 2 contenders could be."


def test_nobody_is_called_highest_where_two_are_level() -> None:
    told = lede(standing("GPT 4", rating=1000.2), standing("Alpaca", rating=999.9))
    assert told == "No contender is rated above all others: 2 of 2 could be first."


def test_votes_of_one_voter_are_said_to_give_no_interval() -> None:
    open_line = standing(lower=None, upper=None)
    assert lede(open_line, votes=3, voters=1, effective_voters=1.0) == (
        "All 3 votes come from one voter, so no interval can be given yet."
    )
    assert lede(open_line, votes=1, voters=1, effective_voters=1.0) == (
        "There is one vote so far, so no interval can be given yet."
    )


def test_groups_that_never_met_have_a_table_each_and_a_sentence_that_says_so() -> None:
    shown = page(standing("Alpha"), standing("Beta"), standing("Gamma", group=1), standing("Delta", group=1))
    assert [len(table.inside) > 0 for table in shown.all("table", class_="standings")] == [True, True]
    assert [words(heading) for heading in shown.all("h2")][:2] == ["Group 1", "Group 2"]
    assert "2 groups of contenders that never met" in words(shown.one("p", class_="lede"))


def test_the_figures_name_votes_voters_their_worth_and_the_release() -> None:
    figures = words(page(standing()).one("dl", class_="figures"))
    assert figures == ("votes counted 8,931 voters, worth 40 equal ones 124 released at 15:00 UTC 20 November 2026")


def test_a_row_shows_rank_range_name_rating_interval_votes_and_status() -> None:
    shown = page(standing("GPT 4", rating=1170.7, lower=1101.6, upper=1239.8, rank_upper=22, votes=1580))
    row = shown.all("tr")[1]
    assert words(row) == "1–22 GPT 4 House 1,171 1,580 votes Provisional"
    assert shown.one("svg", role="img").attributes["aria-label"] == "1,102 to 1,240"


@pytest.mark.parametrize(
    ("lower", "upper", "label", "arrows"),
    [
        (None, None, "interval without ends yet", 2),
        (None, 980.0, "up to 980, without a lower end", 1),
        (1020.0, None, "1,020 and above, without an upper end", 1),
    ],
)
def test_an_open_end_is_drawn_as_an_arrow_and_named(
    lower: float | None, upper: float | None, label: str, arrows: int
) -> None:
    drawing = page(standing(lower=lower, upper=upper)).one("svg", role="img")
    assert drawing.attributes["aria-label"] == label
    assert len([part for part in drawing.inside if part.tag == "svg"]) == arrows


def test_all_rows_of_a_table_share_the_reference_line() -> None:
    shown = page(standing("GPT 4", rating=1300, lower=1200, upper=1400), standing("Alpaca", rating=900))
    lines = shown.all("line", class_="zero")
    assert len(lines) == 2
    assert len({line.attributes["x1"] for line in lines}) == 1


def test_a_contenders_name_is_text_whatever_it_holds() -> None:
    name = '<script>alert(1)</script>" onmouseover="alert(1)'
    shown = page(standing(name, organisation="<img src=x onerror=alert(1)>"))
    assert {found.text for found in shown.all("bdi")} == {name}
    assert shown.one("bdi", data_name="").text == name
    assert not shown.all("img")


def test_boards_are_tabs_once_there_are_several() -> None:
    other = structs.replace(OVERALL, id=uuid4(), slug="code", name="Code")
    assert not Page(rendered(release(standing()))).all("nav", class_="tabs")
    tabs = Page(rendered(release(standing()), other)).one("nav", class_="tabs")
    assert [link.attributes["href"] for link in tabs.inside] == ["/leaderboard/overall", "/leaderboard/code"]
    assert [link.text for link in tabs.inside if "aria-current" in link.attributes] == ["Overall"]


async def test_a_board_before_its_first_release_invites_to_a_battle(visitor: Visitor) -> None:
    status, html = await visitor.get("/leaderboard", **HTML)
    assert status == 200
    assert_well_made(html)
    shown = Page(html)
    assert "No release yet" in [words(heading) for heading in shown.all("h2")]
    assert shown.one("a", class_="primary").attributes["href"] == "/"


async def test_an_unknown_board_is_a_page_that_says_so(visitor: Visitor) -> None:
    status, html = await visitor.get("/leaderboard/gpt4", **HTML)
    assert status == 404
    assert_well_made(html)
    assert words(Page(html).one("h1")) == "There is no board called “gpt4”."


async def test_a_reader_who_has_the_page_does_not_get_it_again(arena: str) -> None:
    async with aiohttp.ClientSession(arena) as session:
        async with session.get("/leaderboard/overall") as first:
            etag = first.headers["etag"]
        async with session.get("/leaderboard/overall", headers={"if-none-match": etag}) as second:
            assert (second.status, await second.read()) == (304, b"")
        async with session.get("/leaderboard/overall", headers={"if-none-match": '"other"'}) as third:
            assert third.status == 200
