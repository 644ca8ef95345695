"""What the arena promises to have, and does not: boards that it makes by itself, and pages that its own lead to."""

from datetime import timedelta
from typing import Final

from arena.integration import defaults
from arena.publishing import hrefs, outside
from arena.publishing.checks.addresses import CHANNELS, GONE, asked
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check
from arena.publishing.hrefs import Linked
from arena.publishing.outside import Said

DAILY: Final = timedelta(days=1)
# The arena looks every ten minutes whether there are votes enough.
MADE_WITHIN: Final = timedelta(hours=1)
# The pages on which the arena explains itself.
DOCUMENTS: Final = (
    "/methodology",
    "/methodology/audit",
    "/policy",
    "/fairness",
    "/api",
    "/smells/checks",
    "/leaderboard",
)
API: Final = "/api/v1/"
MOST_LINKS: Final = 200


@check(
    "N7",
    Smell.MISSING,
    Entity.RANKING_TABLE,
    Entity.TASK,
    severity=Severity.MAJOR,
    threshold="A board that the arena makes by itself, an hour after the 200th vote for it.",
    every=DAILY,
    seconds=120,
)
async def absent_boards(scene: Scene) -> list[Sighting]:
    """Every category, language and view that the arena promises has its board once there are 200 votes for it."""
    return [
        Sighting(
            subject=f"board {new.slug}",
            sentence="There are {votes} votes for the board “{name}”, and it is not there.",
            values={"votes": defaults.ENOUGH, "name": new.name},
            observed="no board",
            expected=f"a board from {defaults.ENOUGH} votes on",
            evidence="/leaderboard",
        )
        for new in await defaults.overdue(scene.db, scene.now - MADE_WITHIN)
    ]


@check(
    "N11",
    Smell.MISSING,
    Entity.PROTOCOL,
    Entity.METRIC,
    severity=Severity.MAJOR,
    threshold="One link to a page of ours that is answered with 404 or 410, or to a part of it that it does not have.",
    every=DAILY,
    seconds=240,
    inside=False,
)
async def dead_ends(scene: Scene) -> list[Sighting]:
    """Every page here that those on which the arena explains itself link to is there, down to the part of it."""
    async with outside.visit(scene.settings) as visit:
        await visit.need("/health/live")
        pages = dict(await asked(visit, [(path, path) for path in DOCUMENTS]))
        linked = {path: Linked(said.text) for path, said in pages.items() if said.status == 200}
        links = [(path, *hrefs.parted(link, path)) for path, page in linked.items() for link in page.links]
        # The API may have nothing to say yet in a new arena.
        links = [each for each in links if not each[1].startswith(API)]
        others = dict.fromkeys(path for _, path, _ in links if path not in pages)
        pages |= dict(await asked(visit, [(path, path) for path in list(others)[:MOST_LINKS]]))
    ids = {path: Linked(said.text).ids for path, said in pages.items() if _is_page(said)}
    # Channels are looked for by a check of their own.
    gone = {path for path, said in pages.items() if said.status in GONE and path not in CHANNELS}
    found = [_lost(on, path, "", f"status {pages[path].status}") for on, path, _ in links if path in gone]
    return found + [
        _lost(on, path, part, "no such part") for on, path, part in links if part and part not in ids.get(path, {part})
    ]


def _is_page(said: Said) -> bool:
    return said.status == 200 and said.kind == "text/html"


def _lost(on: str, path: str, part: str, observed: str) -> Sighting:
    link = f"{path}#{part}" if part else path
    return Sighting(
        subject=f"link {on} {link}"[:300],
        sentence="The page {page} links to {link}, which is not there.",
        values={"page": on, "link": link},
        observed=observed,
        expected="a part of that name" if part else "status 200",
        evidence=on,
    )
