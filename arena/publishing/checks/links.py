"""What others say of contenders elsewhere: the links of cards and of reported figures."""

import asyncio
from datetime import timedelta
from typing import Final

from msgspec import Struct

from arena.db import many
from arena.publishing import outside
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check
from arena.publishing.outside import Said
from arena.upstream.calls import Grants

AT_ONCE: Final = 4
MOST_LINKS: Final = 100
GONE: Final = (404, 410)
# Nobody makes the arena ask addresses that are not public by linking to them.
GRANTS: Final[Grants] = frozenset()


class _Link(Struct, frozen=True):
    url: str
    contender: str


@check(
    "N4",
    Smell.MISSING,
    Entity.MODEL,
    Entity.SCORE,
    severity=Severity.MAJOR,
    threshold="One link that is answered with 404 or 410.",
    every=timedelta(days=7),
    seconds=300,
    inside=False,
)
async def lost_links(scene: Scene) -> list[Sighting]:
    """What the cards of contenders and the figures of their providers link to is there."""
    return [_link(each, said, "leads nowhere") for each, said in await _followed(scene) if said.status in GONE]


@check(
    "I2",
    Smell.INACCESSIBLE,
    Entity.MODEL,
    Entity.SCORE,
    severity=Severity.WARN,
    threshold="Two looks in a row at a link that is refused, fails or is not answered.",
    hits=2,
    every=timedelta(days=7),
    seconds=300,
    inside=False,
)
async def closed_links(scene: Scene) -> list[Sighting]:
    """What the cards of contenders and the figures of their providers link to can be reached."""
    return [
        _link(each, said, "can't be reached")
        for each, said in await _followed(scene)
        if said.status is None or (said.status >= 400 and said.status not in GONE)
    ]


def _link(each: _Link, said: Said, what: str) -> Sighting:
    sentences = {
        "leads nowhere": "A link of {contender} leads nowhere: {link}.",
        "can't be reached": "A link of {contender} can't be reached: {link}.",
    }
    return Sighting(
        subject=f"link {each.url[:300]}",
        sentence=sentences[what],
        values={"contender": each.contender, "link": outside.path_of(each.url)},
        observed=said.failure or f"status {said.status}",
        expected="status 200",
        evidence=f"/contenders/{each.contender}",
    )


async def _followed(scene: Scene) -> list[tuple[_Link, Said]]:
    links = await many(
        scene.db,
        _Link,
        """
        SELECT url, min(slug) AS contender FROM (
            SELECT jsonb_array_elements_text(links) AS url, contenders.id FROM contenders
            UNION ALL SELECT source, contender_id FROM reported_figures WHERE ended IS NULL
        ) AS linked JOIN contenders USING (id)
        JOIN endpoints ON contender_id = contenders.id AND state = 'listed'
        GROUP BY url ORDER BY url LIMIT $1
        """,
        MOST_LINKS,
    )
    room = asyncio.Semaphore(AT_ONCE)

    async def followed(link: _Link) -> tuple[_Link, Said]:
        async with room:
            return link, await outside.follow(link.url, GRANTS)

    return await asyncio.gather(*(followed(each) for each in links))
