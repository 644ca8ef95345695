"""The pages of smells and of operators: in both languages, with shapes and words, and buttons for operators alone."""

import re
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as Xml

import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.pages.feeds import ATOM
from arena.pages.smells import rounded
from arena.publishing import checks, rounds, smells
from arena.publishing.checkup import CannotLook, Check, Scene, Severity, Sighting, Smell
from tests.arena.pages.markup import assert_well_made
from tests.arena.pages.test_languages import english_left
from tests.builders import Visitor

ENGLISH = {"accept": "text/html", "accept-language": "en"}
CHINESE = {"accept": "text/html", "accept-language": "zh"}
NOW = datetime.now(UTC) - timedelta(hours=30)
SAID = "A vote rests on {sides} sides."
WARNING: Check = structs.replace(checks.ALL["N6"], id="T1", severity=Severity.WARN, smell=Smell.UNRESPONSIVE)


async def _blind(_: Scene) -> list[Sighting]:
    raise CannotLook("One vote.")


@pytest.fixture
async def found(db: Pool, settings: Settings) -> None:
    seen = [Sighting(subject=f"v{n}", sentence=SAID, values={"sides": n}, observed="1", expected="2") for n in (1, 3)]
    await smells.keep(db, checks.ALL["N6"], seen[:1], NOW)
    await smells.keep(db, WARNING, seen, NOW)
    for hours in (1, 2):
        await smells.keep(db, WARNING, seen[:1], NOW + timedelta(hours=hours))
    blind = structs.replace(checks.ALL["N6"], look=_blind)
    await rounds.make(db, settings, now=NOW, among={"N6": blind})


async def _operate(visitor: Visitor, db: Pool) -> None:
    account = {"email": "op@example.org", "name": "Op", "password": "correct horse battery"}
    assert (await visitor.post("/api/v1/accounts", account))[0] == 201
    await db.execute("UPDATE accounts SET roles = array_append(roles, 'operator') WHERE email = 'op@example.org'")


async def test_before_the_first_check_nothing_is_said_to_be_well(visitor: Visitor) -> None:
    for headers, tag in ((ENGLISH, "en"), (CHINESE, "zh")):
        _, html = await visitor.get("/smells", headers=headers)
        assert_well_made(html, tag)
        assert 'data-s="pass"' not in html
        assert tag == "en" or english_left(html) == []
    _, html = await visitor.get("/smells", headers=ENGLISH)
    assert html.count("Unchecked") == len(Smell)


@pytest.mark.usefixtures("found")
async def test_smells_are_shown_in_both_languages(visitor: Visitor) -> None:
    pages = {}
    for headers, tag in ((ENGLISH, "en"), (CHINESE, "zh")):
        for path in ("/smells", "/smells/1", "/smells/3", "/smells/all", "/smells/all?smell=missing", "/smells/checks"):
            status, html = await visitor.get(path, headers=headers)
            assert status == 200, html
            assert_well_made(html, tag)
            assert tag == "en" or english_left(html) == []
            pages[tag, path] = html
    assert "A vote rests on 3 sides." in pages["en", "/smells"]
    assert re.search(r"median time to repair</dt><dd>2 hours<", pages["en", "/smells"])
    assert re.search(r"that hold releases</dt><dd>1<", pages["en", "/smells"])
    assert pages["en", "/smells"].count('<article class="smell">') == 8
    assert "Looked for twice and not seen" in pages["en", "/smells/3"]
    assert "data-call" not in pages["en", "/smells/1"]
    # Why a check could not look stands beside it.
    assert "Could not look" in pages["en", "/smells/checks"]
    blind = re.search(r'<li id="N6">.*?</li>', pages["zh", "/smells/checks"], re.DOTALL)
    assert blind
    assert blind[0].count("一票。") == 2
    assert 'href="#N6"' in pages["en", "/smells/checks"]


@pytest.mark.usefixtures("found")
async def test_an_operator_finds_what_waits_and_how_to_decide(visitor: Visitor, db: Pool) -> None:
    status, _ = await visitor.get("/operate", headers=ENGLISH, allow_redirects=False)
    assert status == 303
    await _operate(visitor, db)
    await db.execute("UPDATE accounts SET roles = '{voter}'")
    assert (await visitor.get("/operate", headers=ENGLISH))[0] == 403
    await db.execute("UPDATE accounts SET roles = '{voter, operator}'")
    _, html = await visitor.get("/smells/1", headers=ENGLISH)
    assert [f"/smells/1/{act}" in html for act in ("acknowledge", "resolve", "mute")] == [True, True, False]
    _, html = await visitor.get("/smells/2", headers=ENGLISH)
    assert 'data-call="/smells/2/mute"' in html
    await visitor.post("/api/v1/smells/2/acknowledge", {"text": "Ich sehe nach."})
    for headers, tag in ((ENGLISH, "en"), (CHINESE, "zh")):
        status, html = await visitor.get("/operate", headers=headers)
        assert status == 200
        assert_well_made(html, tag)
        assert tag == "en" or english_left(re.sub(r"Ich sehe nach\.|(?<=>)Op(?=<)", "", html)) == []
    assert html.index("/smells/1") < html.index("/smells/2")
    assert html.count(">已逾期<") == 1


@pytest.mark.usefixtures("found")
async def test_what_was_found_can_be_followed(visitor: Visitor, arena: str) -> None:
    status, text = await visitor.get("/feeds/smells.atom", headers={"accept": "application/atom+xml"})
    assert status == 200
    feed = Xml.fromstring(text)
    links = [each.attrib["href"] for each in feed.findall(f"{{{ATOM}}}entry/{{{ATOM}}}link")]
    assert [link.removeprefix(arena) for link in links] == ["/smells/3", "/smells/2", "/smells/1"]
    titles = [each.text for each in feed.findall(f"{{{ATOM}}}entry/{{{ATOM}}}title")]
    assert titles == ["A vote rests on 3 sides.", "A vote rests on 1 sides.", "A vote rests on 1 sides."]


def test_a_length_of_time_is_in_the_unit_that_people_would_say_it_in() -> None:
    assert [rounded(seconds) for seconds in (0.2, 41, 89, 91, 5000, 40_000, 130_000, 400_000)] == [
        1, 41, 89, 120, 4980, 39_600, 172_800, 432_000,
    ]  # fmt: skip
