"""The last releases as they are asked for after every vote: each is read whole once by this process."""

from msgspec import Struct, structs

from arena.db import Pool
from arena.evaluation import cases
from arena.publishing import releases
from arena.publishing.releases import Release
from arena.together import Together

MOST_KEPT = 16


class Last(Struct, frozen=True):
    """A board's last release, and what is told of it that was not known when it came out.

    That is the contenders against whom a case stands now, and whether it is `measured` how few votes would turn it.
    """

    release: str
    flagged: frozenset[str]
    measured: bool


class Latest:
    """The boards' last releases, read whole once by this process; which one is the last is asked each time."""

    def __init__(self, db: Pool) -> None:
        self._db = db
        self._names = Together(self._last)
        self._whole: dict[Last, Release] = {}

    async def of(self, board: str) -> Release | None:
        """The board's last release, or None before the first."""
        last = await self._names.ask(board)
        if last is None:
            return None
        if last not in self._whole:
            while len(self._whole) >= MOST_KEPT:
                del self._whole[next(iter(self._whole))]
            release = await releases.require(self._db, last.release)
            self._whole[last] = _flagged(release, last.flagged)
        return self._whole[last]

    async def _last(self, slugs: list[str]) -> list[Last | None]:
        rows = await self._db.fetch(
            """
            SELECT slug, last.id AS last,
                   EXISTS (SELECT FROM fragilities WHERE fragilities.snapshot_id = last.snapshot_id) AS measured,
                   ARRAY(SELECT DISTINCT contenders.slug FROM cases JOIN contenders ON contenders.id = contender_id
                         WHERE cases.state = ANY($2)) AS flagged
            FROM boards
            LEFT JOIN LATERAL (
                SELECT id, snapshot_id FROM releases WHERE board_id = boards.id ORDER BY published_at DESC LIMIT 1
            ) AS last ON true
            WHERE slug = ANY($1)
            """,
            list(set(slugs)),
            cases.STANDING,
        )
        last = {
            row["slug"]: Last(row["last"], frozenset(row["flagged"]), row["measured"]) for row in rows if row["last"]
        }
        return [last.get(slug) for slug in slugs]


def _flagged(release: Release, contenders: frozenset[str]) -> Release:
    if not contenders:
        return release
    lines = [structs.replace(line, flagged=line.contender in contenders) for line in release.standings]
    return structs.replace(release, standings=lines)
