"""Changes: what happened to models, methodology and data, and what went wrong, is told from the rows it is kept in."""

from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as Xml

import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.errors import NoSuchCursor, filled
from arena.evaluation import votes
from arena.integration import boards, heads, ledger
from arena.integration.boards import Change as BoardChange
from arena.pages import feeds
from arena.people import accounts
from arena.people.accounts import Role
from arena.publishing import changes, releases, rounds
from arena.publishing.changes import Change, Kind
from arena.publishing.checks import ALL as CHECKS
from arena.workers import ledger as writer
from rating import Outcome
from tests.builders import Visitor, contender, ready_battle
from tests.upstream import Provider

ATOM = f"{{{feeds.ATOM}}}"


def _said(found: list[Change]) -> list[str]:
    return [filled(each.sentence, each.values) for each in found]


async def _of(db: Pool, kind: Kind) -> list[str]:
    return _said(await changes.listed(db, kind, before=None, most=50))


@pytest.fixture
async def lived(db: Pool, settings: Settings, provider: Provider) -> None:
    """An arena in which something of every kind has happened."""
    operator = await accounts.open(db, email="op@example.org", name="Op", password=None, roles=(Role.OPERATOR,))
    for changed in (settings, structs.replace(settings, turns=5)):
        await writer.begin(db, changed)
        while await ledger.append(db, heads.key(settings)):
            pass
    entrants = [await contender(db, provider, "identity", name=name, slug=name.lower()) for name in ("Anna", "Berta")]
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    await releases.refresh(db, await boards.require(db, "overall"), settings)
    await boards.change(
        db, "overall", BoardChange(calendar="every day at 12:00"), reason="As agreed.", account_id=operator.id
    )
    await db.execute(
        "INSERT INTO endpoint_events (endpoint_id, former, state, note, actor) SELECT id, 'listed', 'retired', 'Old.',"
        " 'provider' FROM endpoints WHERE contender_id = (SELECT id FROM contenders WHERE slug = 'anna')"
    )
    await db.execute("UPDATE battles SET draw_id = NULL")
    await rounds.run(db, settings, CHECKS["N6"], now=datetime.now(UTC))


@pytest.mark.usefixtures("lived")
async def test_each_kind_is_told_with_who_and_why(db: Pool, visitor: Visitor) -> None:
    assert (await _of(db, Kind.MODELS))[0] == "Anna has retired."
    methodology = await _of(db, Kind.METHODOLOGY)
    # What the arena begins with is no change.
    assert "Pairs are drawn in other shares." not in methodology
    assert "On the board Overall something was changed: calendar." in methodology
    assert any(said.startswith("Settings were changed: turns 8 → 5") for said in methodology)
    assert await _of(db, Kind.DATA) == ["Overall was released, with 1 votes."]
    (incident,) = await changes.listed(db, Kind.INCIDENTS, before=None, most=9)
    assert (incident.what, incident.actor, incident.link[:8]) == ("smell opened", "arena", "/smells/")
    _, everything = await visitor.get("/api/v1/changes")
    assert {each["kind"] for each in everything["items"]} == {kind.value for kind in Kind}
    retired = next(each for each in everything["items"] if each["what"] == "retired")
    assert (retired["reason"], retired["actor"], retired["link"]) == ("Old.", "provider", "/contenders/anna")
    for path in ("/changes", "/changes?kind=incidents"):
        status, page = await visitor.get(path, headers={"accept": "text/html"})
        assert status == 200
        assert "A vote rests on 2 sides" in page
        assert f'href="{path.replace("/changes", "/feeds/changes.atom")}"' in page


@pytest.mark.usefixtures("lived")
async def test_changes_can_be_followed(db: Pool, visitor: Visitor, arena: str) -> None:
    for path, kind in (("/feeds/changes.atom", None), ("/feeds/changes.atom?kind=models", Kind.MODELS)):
        status, text = await visitor.get(path)
        assert status == 200
        entries = Xml.fromstring(text).findall(f"{ATOM}entry")
        told = await changes.listed(db, kind, before=None, most=50)
        assert [entry.findtext(f"{ATOM}title") for entry in entries] == _said(told)
        links = [element.attrib["href"] for entry in entries if (element := entry.find(f"{ATOM}link")) is not None]
        assert links == [f"{arena}{change.link}" for change in told]
        assert [entry.findtext(f"{ATOM}content") for entry in entries] == [change.reason for change in told]
        assert len({entry.findtext(f"{ATOM}id") for entry in entries}) == len(told)
    assert (await visitor.get("/feeds/changes.atom?kind=weather"))[0] == 400


@pytest.mark.usefixtures("lived")
async def test_pages_follow_one_another_without_gap_or_repetition(db: Pool, visitor: Visitor) -> None:
    whole = await changes.listed(db, None, before=None, most=50)
    paged: list[Change] = []
    while one := await changes.listed(db, None, before=changes.cursor(paged[-1]) if paged else None, most=1):
        paged += one
    assert [each.key for each in paged] == [each.key for each in whole]
    assert whole == sorted(whole, key=lambda each: (each.happened_at, each.key), reverse=True)
    for broken in ("yesterday", "2026-01-01T00:00:00 x", (datetime.now(UTC) - timedelta(1)).isoformat()):
        with pytest.raises(NoSuchCursor):
            await changes.listed(db, None, before=broken, most=1)


async def test_what_is_tested_in_private_is_told_to_nobody(db: Pool, provider: Provider) -> None:
    await contender(db, provider, "identity", name="Secret", slug="secret")
    await db.execute(
        "INSERT INTO endpoint_events (endpoint_id, former, state, actor) SELECT id, 'warming', 'paused', 'provider'"
        " FROM endpoints"
    )
    await db.execute("UPDATE contenders SET committed_at = NULL")
    assert await _of(db, Kind.MODELS) == []
