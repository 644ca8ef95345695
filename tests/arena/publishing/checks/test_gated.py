"""What is kept from programs, from strangers and from readers is found by the check that looks for it, and no other."""

import re
from datetime import UTC, datetime

import pytest
from yarl import URL

from arena.config import Settings
from arena.db import Pool
from arena.publishing import checks, outside, rounds
from arena.publishing.hrefs import Linked
from arena.publishing.rounds import Outcome
from tests.fronts import Front, Spoil

NAMES = ("I4", "I5", "N9", "N11")


def _instead(status: int, text: str) -> Spoil:
    return lambda *_: (status, text)


def _renamed(status: int, body: str) -> tuple[int, str]:
    """The page without the part that others lead to."""
    spoilt, times = re.subn('id="what-votes"', 'id="what-else"', body)
    assert times == 1
    return status, spoilt


ROBOTS = "User-agent: *\nDisallow: /api/*/releases\nAllow: /api/v1/boards"
# What is planted where, and the only check that may find it; none where it is nothing.
PLANTS: dict[str, tuple[str, str, dict[str, str], Spoil | None]] = {
    "rules for anybody": ("I4", "/robots.txt", {}, _instead(200, ROBOTS)),
    "rules for one program": ("", "/robots.txt", {}, _instead(200, "User-agent: Other\nDisallow: /")),
    "rules that can't be read": ("I4", "/robots.txt", {}, _instead(503, "")),
    "a header": ("I4", "/api/v1/boards", {"x-robots-tag": "noindex, nofollow"}, None),
    "a header that keeps nothing": ("", "/api/v1/boards", {"x-robots-tag": "nosnippet"}, None),
    "a riddle": ("I4", "/api/v1/boards", {"content-type": "text/html"}, _instead(200, "Are you human?")),
    "a login before the API": ("I5", "/api/v1/boards", {}, _instead(403, "")),
    "a login before a feed": ("I5", "/feeds/releases.atom", {}, _instead(401, "")),
    "no such page": ("N11", "/fairness", {}, _instead(404, "")),
    "no such part": ("N11", "/leaderboard", {}, _renamed),
}


@pytest.fixture(autouse=True)
def restless(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody else comes to this arena meanwhile."""
    monkeypatch.setattr(outside, "REST", 0.0)


async def _found(db: Pool, settings: Settings) -> set[str]:
    now = datetime.now(UTC)
    ran = {name: await rounds.run(db, settings, checks.ALL[name], now=now) for name in NAMES}
    return {name for name, one in ran.items() if one.outcome is not Outcome.CLEAN}


@pytest.mark.slow
async def test_what_keeps_programs_and_readers_out_is_found(db: Pool, watched: Settings, front: Front) -> None:
    assert await _found(db, watched) == set()
    for plant, (name, path, headers, spoil) in PLANTS.items():
        front.headers, front.spoilt = {path: headers}, {path: spoil} if spoil else {}
        assert await _found(db, watched) == ({name} if name else set()), plant


@pytest.mark.parametrize("kind", ["format=csv", "manifest.json"])
async def test_a_file_of_a_release_that_asks_for_a_login_is_found(
    db: Pool, watched: Settings, front: Front, kind: str
) -> None:
    release = await db.fetchval("SELECT id FROM releases ORDER BY published_at DESC LIMIT 1")
    async with outside.visit(watched) as visit:
        pages = [(await visit.need(path)).text for path in (f"/releases/{release}", "/leaderboard/overall")]
    link = next(link for page in pages for link in Linked(page).links if kind in link)
    front.spoilt = {str(URL(link)): _instead(401, "")}
    assert await _found(db, watched) == {"I5"}
    assert checks.ALL["I5"].smell == "inaccessible"
