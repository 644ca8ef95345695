"""Whether what is published for everybody is kept from somebody: by a gate, or by what is told to programs."""

from datetime import timedelta
from typing import Final

from arena.publishing import outside, robots
from arena.publishing.checks.addresses import FILES, asked, described, filled
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check
from arena.publishing.hrefs import Linked
from arena.publishing.outside import Said, Visit

HOURLY: Final = timedelta(hours=1)
GATED: Final = (401, 403)
# What the pages of a board and of a release offer to take along.
OFFERING: Final = ("/leaderboard/{slug}", "/releases/{release_id}")
OFFERED: Final = ("/api/v1/releases/", "/api/v1/boards/", "/api/v1/snapshots/")
FEEDS: Final = ("/feeds/releases.atom", "/feeds/{slug}/releases.atom", "/feeds/smells.atom", "/feeds/changes.atom")
# What tells programs not to use what they are given; a page may keep itself out of searches, a data set may not.
UNWANTED: Final = ("none", "noindex")
LISTS: Final = ("/schema", "/api/v1/boards", "/api/v1/releases", "/api/v1/contenders")


@check(
    "I5",
    Smell.INACCESSIBLE,
    Entity.RAW_DATA,
    Entity.SCORE,
    Entity.RANKING_TABLE,
    severity=Severity.MAJOR,
    threshold="Two looks in a row: a 401 or 403 where the description of the API states no gate.",
    hits=2,
    every=HOURLY,
    seconds=120,
    inside=False,
)
async def unstated_gates(scene: Scene) -> list[Sighting]:
    """What is published, the files of releases and what the API offers to anybody, is given without signing in."""
    async with outside.visit(scene.settings) as visit:
        documented = described((await visit.need("/schema")).text)
        paths = await filled(scene, [*documented, *FILES, *FEEDS])
        said = await asked(visit, paths + await _offered(scene, visit, {path for _, path in paths}))
    return [
        Sighting(
            subject=f"address {template}"[:300],
            sentence="The address {path} is published and asks for a login, which nothing states.",
            values={"path": one.path},
            observed=f"status {one.status}",
            expected="an answer for anybody",
            evidence=one.path,
        )
        for template, one in said
        if one.status in GATED
    ]


async def _offered(scene: Scene, visit: Visit, known: set[str]) -> list[tuple[str, str]]:
    """What the latest release and its board link to for taking along, beside what is known."""
    pages = await asked(visit, await filled(scene, OFFERING))
    links = dict.fromkeys(link for _, page in pages for link in Linked(page.text).links if link.startswith(OFFERED))
    return [(link, link) for link in links if link not in known]


@check(
    "I4",
    Smell.INACCESSIBLE,
    Entity.RAW_DATA,
    Entity.HARNESS,
    severity=Severity.MAJOR,
    threshold="Two looks in a row: an address of the API or a file that robots.txt or a header keeps from programs, or "
    "a page in place of its data. No robots.txt blocks nothing; one that fails blocks all.",
    hits=2,
    every=HOURLY,
    seconds=60,
    inside=False,
)
async def blocked_programs(scene: Scene) -> list[Sighting]:
    """Programs may use the documented API and the files of releases: no robots.txt and no riddle is in their way."""
    async with outside.visit(scene.settings) as visit:
        documented = described((await visit.need("/schema")).text)
        told = await visit.get("/robots.txt")
        said = await asked(visit, await filled(scene, [*LISTS, *FILES]))
    found = [_blocked(one.path, observed) for _, one in said if (observed := _unwelcome(one))]
    # What crawlers do with what came of asking: RFC 9309, sections 2.3.1.3 and 2.3.1.4.
    if told.status is None or told.status >= 500:
        return [*found, _blocked("/robots.txt", told.failure or f"status {told.status}")]
    known = robots.rules(told.text) if told.status == 200 else []
    paths = await filled(scene, [*documented, *FILES])
    return found + [_blocked(path, "forbidden by robots.txt") for _, path in paths if robots.forbids(known, path)]


def _unwelcome(said: Said) -> str | None:
    """What keeps a program from using the answer; None where nothing does."""
    if said.status == 200 and said.kind == "text/html":
        return "a page in place of data"
    directives = {each.rpartition(":")[2].strip().lower() for each in said.robots.split(",")}
    return f"x-robots-tag: {said.robots}" if directives & set(UNWANTED) else None


def _blocked(path: str, observed: str) -> Sighting:
    return Sighting(
        subject=f"address {path}"[:300],
        sentence="Programs are kept from the address {path}: {observed}.",
        values={"path": path, "observed": observed},
        observed=observed,
        expected="open to programs",
        evidence=path,
    )
