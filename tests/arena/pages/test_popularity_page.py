"""The popularity page and the table of self-reported figures, as markup."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from litestar.testing import RequestFactory
from msgspec import structs

from arena.db import Pool
from arena.pages.templating import environment
from arena.submission import contenders
from arena.submission.reported import Figure, Reported
from tests.arena.pages.markup import Page, assert_well_made, words
from tests.arena.pages.test_languages import CHINESE_READER, english_left
from tests.builders import Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider

HTML = {"accept": "text/html", "accept-language": "en"}
SCRIPT = "<script>alert(1)</script>"
FIGURE = Figure(
    id=uuid4(),
    benchmark="MMLU",
    value=-71.25,
    unit="%",
    source="https://example.org/report",
    measured_on=date(2026, 5, 4),
    reported_by="ann-s-lab",
    reported_at=datetime(2026, 11, 20, 15, tzinfo=UTC),
    ended=None,
    ended_at=None,
)


@pytest.fixture
async def ann(open_arena: Open, db: Pool, provider: Provider) -> AsyncIterator[Visitor]:
    """Somebody with an account, a star for Anna and a wish, in an arena where both count at once."""
    await contender(db, provider, "anna", slug="anna", name="Anna")
    await contender(db, provider, "berta", slug="berta", name=SCRIPT)
    async with Visitor(await open_arena(star_hours=0)) as visitor:
        account = {"email": "ann@example.org", "name": "Ann", "password": "correct horse battery"}
        assert (await visitor.post("/api/v1/accounts", account))[0] == 201
        assert (await visitor.put("/api/v1/contenders/anna/star", {}))[0] == 200
        wish = {"name": f"5 {SCRIPT}", "organisation": SCRIPT, "link": "https://example.org/5"}
        assert (await visitor.put("/api/v1/wish", wish))[0] == 200
        yield visitor


async def test_the_page_says_that_it_is_no_rating_and_shows_stars_and_wishes(ann: Visitor) -> None:
    _, html = await ann.get("/popularity", headers=HTML)
    assert_well_made(html)
    page = Page(html)
    assert "This is not a rating" in words(page.one("p", class_="lede"))
    assert [page.one("td", data_stars=slug).text.strip() for slug in ("anna", "berta")] == ["1", "0"]
    names = [words(row) for row in page.all("th", scope="row")]
    assert [name.partition(" since")[0] for name in names] == ["Anna House", f"{SCRIPT} House", f"5 {SCRIPT} {SCRIPT}"]
    assert page.one("a", href="https://example.org/5").attributes["rel"] == "nofollow ugc noopener"
    assert all("alert" not in script.text for script in page.all("script"))


async def test_the_page_is_the_same_for_whoever_starred_and_for_nobody(ann: Visitor) -> None:
    async with Visitor(ann.base_url) as nobody:
        assert await ann.get("/popularity", headers=HTML) == await nobody.get("/popularity", headers=HTML)
        head = (await ann.head_of("/popularity"))[1]
        assert (await nobody.get("/popularity", headers={"if-none-match": head["etag"]}))[0] == 304
        assert "set-cookie" not in head
        _, html = await nobody.get("/popularity", headers=HTML)
    assert {button.attributes["aria-pressed"] for button in Page(html).all("button", class_="star")} == {"false"}
    assert all("hidden" in button.attributes for button in Page(html).all("button", class_="star"))
    assert "hidden" in Page(html).one("form").attributes


@pytest.mark.parametrize("change", ["star", "wish"])
async def test_a_star_or_a_wish_makes_it_another_page(ann: Visitor, change: str) -> None:
    before = (await ann.head_of("/popularity"))[1]["etag"]
    await (ann.delete("/api/v1/contenders/anna/star") if change == "star" else ann.delete("/api/v1/wish"))
    assert (await ann.head_of("/popularity"))[1]["etag"] != before


async def test_the_page_says_when_stars_of_fresh_accounts_count(visitor: Visitor, open_arena: Open) -> None:
    _, html = await visitor.get("/popularity", headers=HTML)
    assert "A star counts once its account is 1 day old" in words(Page(html).one("main"))
    async with Visitor(await open_arena(star_hours=0)) as reader:
        _, html = await reader.get("/popularity", headers=HTML)
    assert "fresh accounts" not in words(Page(html).one("main"))


async def test_no_private_contender_is_on_the_page(ann: Visitor) -> None:
    endpoint = {"base_url": "https://inference.example.org/v1", "model": "m", "name": "Hidden One", "private": True}
    await ann.post("/api/v1/organisations", {"name": "Ann's lab"})
    assert (await ann.post("/api/v1/endpoints", endpoint))[0] == 201
    assert "Hidden One" not in (await ann.get("/popularity", headers=HTML))[1]


async def test_a_long_board_goes_on_at_another_address(ann: Visitor, db: Pool) -> None:
    async with db.acquire() as connection:
        await contenders.enter_names(connection, "many-", {f"{number:03}" for number in range(100)})
    seen: list[str] = []
    address = "/popularity"
    while address:
        page = Page((await ann.get(address, headers=HTML))[1])
        seen += [
            cell.attributes["data-stars"] for cell in page.all("td", class_="num") if "data-stars" in cell.attributes
        ]
        links = [link for link in page.all("a", class_="button") if words(link) == "Further contenders"]
        address = links[0].attributes["href"] if links else ""
    assert seen == ["anna", "berta", *(f"many-{number:03}" for number in range(100))]
    assert (await ann.get("/popularity?cursor=x", headers=HTML))[0] == 400


async def test_no_english_is_left_on_the_chinese_page(ann: Visitor) -> None:
    await ann.put("/api/v1/wish", {"name": "GPT 4"})
    _, html = await ann.get("/popularity", headers=CHINESE_READER)
    assert_well_made(html, "zh")
    main = html[html.index("<main") : html.index("</main>")].replace("Anna", "").replace(SCRIPT, "")
    main = main.replace("&lt;script&gt;alert(1)&lt;/script&gt;", "")
    assert english_left(f"<title></title><body>{main}</main></body>") == []


def _figures(reported: Reported, **headers: str) -> str:
    request = RequestFactory().get("/contenders/anna", headers=headers)
    return environment().get_template("contenders/reported.html").render(request=request, reported=reported)


def test_figures_say_that_they_are_self_reported_and_where_they_are_from() -> None:
    former = structs.replace(FIGURE, benchmark=SCRIPT, ended="withdrawn", ended_at=datetime(2026, 11, 21, tzinfo=UTC))
    html = _figures(Reported(items=[FIGURE], next=None, history=[former]))
    page = Page(html)
    told = words(page.one("section"))
    assert "Nobody here has measured it, and no rating knows of it." in told
    assert "MMLU measured 2026-05-04 −71.25 % Source MMLU" in told
    assert f"{SCRIPT}: −71.25 % · Source {SCRIPT} · reported on 20 November 2026, withdrawn on 21 November 2026" in told
    assert {link.attributes["rel"] for link in page.all("a", href=FIGURE.source)} == {"nofollow ugc noopener"}


@pytest.mark.parametrize("ended", ["replaced", "withdrawn"])
def test_no_english_is_left_in_chinese_figures(ended: Any) -> None:
    former = structs.replace(FIGURE, ended=ended, ended_at=FIGURE.reported_at)
    html = _figures(Reported(items=[FIGURE], next=None, history=[former]), **CHINESE_READER)
    assert english_left(f"<title></title><body>{html.replace('MMLU', '')}</body>") == []


def test_a_contender_of_which_nothing_was_ever_reported_has_no_table() -> None:
    assert _figures(Reported(items=[], next=None, history=[])).strip() == ""
