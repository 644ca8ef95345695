"""Checks from outside: each finds what is planted between a running arena and whoever asks it, and nothing else."""

import asyncio
import os
import re
import ssl
from datetime import UTC, datetime
from typing import Any

import pytest
from aiohttp import web
from litestar.routes import HTTPRoute
from msgspec import structs

from arena import app
from arena.config import Settings
from arena.db import Pool
from arena.integration import boards
from arena.publishing import checks, outside, releases, rounds
from arena.publishing.checks import addresses, links, synthetic
from arena.publishing.checkup import CannotLook, Check
from arena.publishing.rounds import Outcome, Ran
from tests.certificates import certificate
from tests.fronts import Front, Spoil
from tests.upstream import Provider

OUTSIDE = {name: check for name, check in checks.ALL.items() if not check.inside}
SEEN = {"V8", "V6", "V7"}
ASKED = tuple(OUTSIDE.keys() - SEEN)
TABLES = ("I4", "I5", "N9", "N11", "V1", "V2", "V3", "V4", "V5", "X6")
# Pages of one thing that only those who have it can name, or that are no pages.
UNASKED = {
    "/shared/{token}",
    "/battles/{battle_id}",
    "/cases/{case_id}",
    "/smells/{smell_id}",
    "/operate",
    "/audit/{finding_id}",
    "/votes/{vote_id}",
    "/releases/{release_id}/diff/{other_id}",
    "/providers/endpoints/{endpoint_id}",
    "/static/{version}/{name}",
    "/language",
    "/schema/{path}",
    "/schema/openapi.json",
    "/health/live",
    "/health/ready",
}


async def _run(db: Pool, settings: Settings, names: Any = ASKED) -> dict[str, Ran]:
    now = datetime.now(UTC)
    return {name: await rounds.run(db, settings, OUTSIDE[name], now=now) for name in names}


def _found(ran: dict[str, Ran]) -> set[str]:
    return {name for name, one in ran.items() if one.outcome is not Outcome.CLEAN}


def _sub(pattern: str, replacement: str) -> Spoil:
    def spoil(status: int, body: str) -> tuple[int, str]:
        spoilt, times = re.subn(pattern, replacement, body, count=1, flags=re.DOTALL)
        assert times == 1, pattern
        return status, spoilt

    return spoil


PAGE = "/leaderboard/overall"
# What is planted where, and the only check of the tables that may find it.
PLANTS: dict[str, tuple[str, Spoil]] = {
    "X6": (PAGE, _sub(r'(class="num votes"><data value=")\d+">\d+<', r'\g<1>777">777<')),
    "V1": (PAGE, _sub(r'(class="status"><data [^>]*>)[^<]*', r"\1undefined")),
    "V2": (PAGE, _sub(r'(class="num votes"><data value="\d+">)\d+', r"\g<1>999")),
    # As if it had been sorted the other way round.
    "V3": (f"{PAGE}?sort=-votes", _sub(r'(class="num votes"><data value=")\d+', r"\g<1>1")),
    "V5": (f"{PAGE}?sort=rank", _sub(r'(class="range"><data value=")\d+', r"\g<1>9")),
    "N9": ("/policy", lambda status, body: (404, "")),
}


@pytest.mark.slow
async def test_a_clean_arena_shows_nothing_and_each_planted_smell_is_found_by_its_check_alone(
    db: Pool, watched: Settings, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = await _run(db, watched)
    assert {name: one for name, one in ran.items() if name in _found(ran)} == {}
    for name, (path, spoil) in PLANTS.items():
        front.spoilt = {path: spoil}
        ran = await _run(db, watched, TABLES)
        assert _found(ran) == {name}, (name, ran)
    # The same value in the API as on the page: they agree, but no rating lies there.
    front.spoilt = {PAGE: _sub(r'(class="interval"><data value=")[^"]*', r"\g<1>1…2")}
    assert {"V4", "X6"} == _found(await _run(db, watched, TABLES))
    notes = (
        f"/api/v1/releases/{(await db.fetchval('SELECT id FROM releases ORDER BY published_at DESC LIMIT 1'))}/notes"
    )
    front.spoilt = {notes: _sub(r'("rating":)-?[\d.]+', r"\g<1>1.5")}
    assert {"X6"} == _found(await _run(db, watched, TABLES))
    monkeypatch.setattr(outside, "SECONDS", 0.5)
    front.spoilt, front.held = {"/fairness": lambda status, body: (500, "")}, {"/popularity"}
    (ran["I1"],) = (await _run(db, watched, ["I1"])).values()
    assert {(one.subject, one.observed) for one in ran["I1"].sightings} == {
        ("address /fairness", "status 500"),
        ("address /popularity", "no answer within 0 s"),
    }


@pytest.mark.parametrize(("days", "found"), [(6, ["certificate"]), (8, [])])
async def test_a_certificate_that_ends_within_a_week_is_found(
    db: Pool, settings: Settings, monkeypatch: pytest.MonkeyPatch, days: int, found: list[str]
) -> None:
    made = certificate("127.0.0.1", days=days)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_into(serving)
    monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", ssl.create_default_context(cadata=made.pem))
    service = web.Application()

    async def said(_: web.Request) -> web.Response:
        return web.json_response({"paths": {}})

    service.router.add_get("/{rest:.*}", said)
    runner = web.AppRunner(service)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=serving).start()
    reached = structs.replace(settings, probe_url=f"https://127.0.0.1:{runner.addresses[0][1]}")
    (ran,) = (await _run(db, reached, ["I1"])).values()
    await runner.cleanup()
    assert [one.subject for one in ran.sightings] == found


async def test_a_battle_of_the_arena_with_itself_counts_nowhere_and_tells_where_it_got_stuck(
    db: Pool, watched: Settings, front: Front, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _found(await _run(db, watched, ["U1"])) == set()
    kept = "SELECT kind FROM battles JOIN votes ON battle_id = battles.id WHERE voter_id = $1"
    assert [row["kind"] for row in await db.fetch(kept, synthetic.NOBODY)] == ["named"]
    board = await boards.require(db, "overall")
    assert not await releases.behind(db, board)
    (early,) = (await _run(db, watched, ["U1"])).values()
    assert (early.outcome, early.note) == (Outcome.SKIPPED, "The next battle of the arena with itself is not due yet.")
    often = structs.replace(watched, synthetic_minutes=1)
    monkeypatch.setattr(synthetic, "FIRST_SECONDS", 0.5)
    provider.script("ready", [asyncio.Event()])
    (stuck,) = (await _run(db, often, ["U1"])).values()
    assert [one.observed for one in stuck.sightings] == ["first words: 0 of 2 within 0 s"]
    front.spoilt = {"/api/v1/battles": lambda status, body: (503, "")}
    (stuck,) = (await _run(db, often, ["U1"])).values()
    assert [one.observed for one in stuck.sightings] == ["opening: status 503"]
    off = structs.replace(watched, synthetic_minutes=0)
    assert (await _run(db, off, ["U1"]))["U1"].outcome is Outcome.SKIPPED


STYLED = "<style>{}</style></head>"
# What is planted in a page's own style or drawing, and the check that sees it in a browser.
DRAWN: dict[str, tuple[str, str, Spoil]] = {
    "over": ("V8", PAGE, _sub("</head>", STYLED.format("td.num{transform:translateX(-5rem)}"))),
    "wide": ("V8", PAGE, _sub("</head>", STYLED.format("main{min-width:3000px}"))),
    "cut": ("V8", PAGE, _sub("</head>", STYLED.format(".contender bdi{display:block;width:9px;overflow:hidden}"))),
    "off": ("V8", PAGE, _sub(r'(class="pt" cx=")[^"]*', r"\g<1>250%")),
    "pale": ("V7", PAGE, _sub("</head>", STYLED.format("@media(prefers-color-scheme:dark){td.num{color:#555}}"))),
    "unseen": ("V7", PAGE, _sub("</head>", STYLED.format(":focus-visible{outline:none!important}"))),
    "turned": ("V6", "/", _sub("</head>", STYLED.format(".sides,.vote-bar{direction:rtl}"))),
}


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.usefixtures("browser")
async def test_a_browser_sees_what_is_drawn_wrong(db: Pool, watched: Settings, front: Front) -> None:
    seeing = structs.replace(watched, browser=os.environ["ARENA_TEST_BROWSER"])
    clean = await _run(db, seeing, SEEN)
    assert {name: (one.outcome, one.sightings) for name, one in clean.items()} == dict.fromkeys(SEEN, ("clean", []))
    for plant, (name, path, spoil) in DRAWN.items():
        front.spoilt = {path: spoil}
        assert _found(await _run(db, seeing, [name])) == {name}, plant


async def test_where_there_is_no_browser_it_is_said(db: Pool, watched: Settings) -> None:
    blind = structs.replace(watched, browser="/no/such/browser")
    ran = await _run(db, blind, SEEN)
    assert {one.note for one in ran.values()} == {
        "There is no browser on this machine: install Chromium, or set ARENA_BROWSER to its path."
    }


async def test_links_of_others_are_followed_to_public_addresses_alone(
    db: Pool, watched: Settings, front: Front, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, closed = f"{front.url}/nowhere", "https://10.0.0.1/card"
    host, port = front.url.removeprefix("http://").split(":")
    monkeypatch.setattr(links, "GRANTS", frozenset({(host, int(port))}))
    await db.execute(
        "UPDATE contenders SET links = jsonb_build_array($1::text, $2::text) WHERE slug = 'anna'", gone, closed
    )
    ran = await _run(db, watched, ["N4", "I2"])
    assert [one.values["link"] for one in ran["N4"].sightings] == ["127.0.0.1/nowhere"]
    assert [(one.values["link"], one.observed) for one in ran["I2"].sightings] == [("10.0.0.1/card", "address refused")]


async def test_an_endpoint_that_rests_for_long_is_found(db: Pool, watched: Settings) -> None:
    resting: Check = checks.ALL["I3"]
    now = datetime.now(UTC)
    assert (await rounds.run(db, watched, resting, now=now)).outcome is Outcome.CLEAN
    await db.execute(
        "UPDATE endpoints SET failures = 9, failed_at = now(), cooled_until = now() + interval '20 min' "
        "WHERE contender_id = (SELECT id FROM contenders WHERE slug = 'berta')"
    )
    ran = await rounds.run(db, watched, resting, now=now)
    assert [one.subject for one in ran.sightings] == ["contender berta"]


def test_every_page_is_asked_for(settings: Settings) -> None:
    routes = app.create(settings).routes
    pages = {route.path_format for route in routes if isinstance(route, HTTPRoute) and "GET" in route.methods}
    pages = {path for path in pages if not path.startswith("/api/v1")}
    assert pages - UNASKED == set(addresses.PAGES)


def test_an_arena_without_an_address_says_so(settings: Settings) -> None:
    with pytest.raises(CannotLook, match="ARENA_PROBE_URL"):
        outside.address(settings)
    assert outside.address(structs.replace(settings, port=8000)) == "http://127.0.0.1:8000"
    assert outside.address(structs.replace(settings, public_url="https://a.example/")) == "https://a.example"
