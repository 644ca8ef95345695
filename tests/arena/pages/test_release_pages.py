"""The pages of releases and their feeds, over HTTP, in both languages."""

from collections.abc import Awaitable, Callable
from xml.etree import ElementTree as Xml

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards
from arena.publishing import announcements, releases, selftest, slots
from arena.publishing.selftest import Finding, Subject
from rating import Outcome
from tests.arena.pages.markup import Page, assert_well_made, words
from tests.builders import Visitor, contender, ready_battle
from tests.upstream import Provider

ATOM = "{http://www.w3.org/2005/Atom}"
CHINESE = {"accept": "text/html", "accept-language": "zh"}
Release = Callable[[], Awaitable[str]]


@pytest.fixture
async def release(db: Pool, settings: Settings, provider: Provider) -> Release:
    """Casts a vote and releases the board."""
    entrants = [await contender(db, provider, "identity", name=name) for name in ("Anna <b>", "Berta")]

    async def released() -> str:
        battle, voter = await ready_battle(db, entrants)
        await votes.cast(db, battle.id, voter, Outcome.A)
        return await releases.refresh(db, await boards.require(db, "overall"), settings)

    return released


async def _page(visitor: Visitor, path: str, **more: dict[str, str]) -> str:
    more.setdefault("headers", {"accept": "text/html"})
    status, html = await visitor.get(path, **more)
    assert status == 200
    assert_well_made(html, "zh" if more["headers"] == CHINESE else "en")
    return str(html)


async def test_a_release_has_a_page_with_what_is_new_its_facts_files_table_and_neighbours(
    visitor: Visitor, release: Release
) -> None:
    first, second, third = [await release() for _ in range(3)]
    page = Page(await _page(visitor, f"/releases/{second}"))
    assert words(page.one("h1")).startswith("Release of ")
    assert "Votes counted: 2, 1 more than before." in words(page.one("main"))
    assert words(page.one("dl", class_="figures")).startswith("votes counted, 1 more 2 contenders 2")
    links = [link.attributes["href"] for link in page.all("a")]
    for name in ("votes.parquet", "votes.jsonl", "excluded.parquet", "manifest.json", "verify.py"):
        assert f"/api/v1/releases/{second}/{name}" in links
    assert {f"/releases/{first}", f"/releases/{third}"} <= set(links)
    table = page.one("table", class_="standings")
    assert "Anna <b>" in words(table)
    assert [words(step.inside[0]) for step in page.one("ol", class_="timeline").inside if step.tag == "li"]
    assert "Published" in words(page.one("ol", class_="timeline"))
    assert (await visitor.get(f"/releases/{'0' * 64}"))[0] == 404


async def test_the_calendar_shows_what_is_planned_held_and_out(
    visitor: Visitor, db: Pool, settings: Settings, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing was released yet." in await _page(visitor, "/releases")
    good = await release()

    async def failing(_: selftest.Db, subject: Subject) -> list[Finding]:
        return [Finding("ranks", "The ranks of {name} don't hold its place by rating.", {"name": "Anna <b>"})]

    with monkeypatch.context() as broken:
        broken.setattr(selftest, "CHECKS", (failing,))
        with pytest.raises(releases.Held):
            await release()
    await db.execute("UPDATE boards SET calendar = 'every friday at 15:00, cut-off 24 hours before'")
    await slots.plan(db, await boards.require(db, "overall"))
    told = words(Page(await _page(visitor, "/releases")).one("main"))
    assert "The ranks of Anna <b> don't hold its place by rating." in told
    assert "It counts the votes until" in told
    assert good[:12] in told
    for path in ("/releases?board=overall", "/releases?at=2000-01-01", "/releases?at=&board="):
        shown = words(Page(await _page(visitor, path)).one("main"))
        assert (good[:12] in shown) == ("2000" not in path)
    assert (await visitor.get("/releases?board=nonsense"))[0] == 404
    assert (await visitor.get("/releases?at=nonsense"))[0] == 400
    board = Page(await _page(visitor, "/leaderboard"))
    assert "is held; the last good one stays." in words(board.one("main"))
    assert "data-until" in str(board.all("time")[0].attributes)


async def test_the_pages_are_chinese_for_a_chinese_reader(visitor: Visitor, release: Release) -> None:
    release_id = await release()
    await release()
    assert "已发布" in await _page(visitor, "/releases", headers=CHINESE)
    assert "自己核对" in await _page(visitor, f"/releases/{release_id}", headers=CHINESE)
    assert "全部发布" in await _page(visitor, "/leaderboard", headers=CHINESE)


@pytest.mark.parametrize(
    "path", ["/releases", "/releases/{id}", "/feeds/releases.atom", "/feeds/overall/releases.atom"]
)
async def test_what_has_not_changed_is_not_sent_again(visitor: Visitor, release: Release, path: str) -> None:
    address = path.format(id=await release())
    visitor.received.clear()
    assert (await visitor.get(address))[0] == 200
    etag = bytes(visitor.received).lower().partition(b"etag: ")[2].partition(b"\n")[0].decode()
    assert await visitor.get(address, headers={"if-none-match": etag}) == (304, "")
    await release()
    status, _ = await visitor.get(address, headers={"if-none-match": etag})
    assert status == 200


async def test_the_feed_is_atom_with_all_that_it_requires(visitor: Visitor, db: Pool, release: Release) -> None:
    empty = Xml.fromstring((await visitor.get("/feeds/releases.atom"))[1])
    assert empty.findall(f"{ATOM}entry") == []
    assert empty.findtext(f"{ATOM}updated")
    first, second = [await release() for _ in range(2)]
    feed = Xml.fromstring((await visitor.get("/feeds/releases.atom"))[1])
    # RFC 4287, 4.1.1 and 4.1.2: exactly one id, title and updated each, an author, and a link of the feed to itself.
    for element in (feed, *feed.findall(f"{ATOM}entry")):
        assert [len(element.findall(f"{ATOM}{name}")) for name in ("id", "title", "updated")] == [1, 1, 1]
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    assert [link.get("rel") for link in feed.findall(f"{ATOM}link")] == ["self", "alternate"]
    entries = feed.findall(f"{ATOM}entry")
    links = [entry.find(f"{ATOM}link") for entry in entries]
    assert [link.get("href", "").rpartition("/")[2] for link in links if link is not None] == [second, first]
    assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == 2
    assert feed.findtext(f"{ATOM}updated") == entries[0].findtext(f"{ATOM}updated")
    assert (entries[0].findtext(f"{ATOM}content") or "").startswith("Votes counted: 2")


async def test_a_feed_of_one_board_has_its_releases_alone_and_what_an_operator_said(
    visitor: Visitor, db: Pool, release: Release
) -> None:
    release_id = await release()
    await db.execute("INSERT INTO boards (slug, name, description, cron) VALUES ('empty', 'Empty', '', '* * * * *')")
    account = await db.fetchval(
        "INSERT INTO accounts (email, name, roles) VALUES ('op@example.org', 'Op', '{}') RETURNING id"
    )
    text = "Said <so> & well, \x85."
    await announcements.write(db, release_id, language="en", text=text, reason="Kinder.", account_id=account)
    assert Xml.fromstring((await visitor.get("/feeds/empty/releases.atom"))[1]).findall(f"{ATOM}entry") == []
    status, feed = await visitor.get("/feeds/overall/releases.atom")
    assert (status, Xml.fromstring(feed).findtext(f"{ATOM}entry/{ATOM}content")) == (200, text)
    assert (await visitor.get("/feeds/nonsense/releases.atom"))[0] == 404
