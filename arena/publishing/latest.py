"""The last releases as they are asked for after every vote: each is read whole once by this process."""

from arena.db import Pool
from arena.publishing import releases
from arena.publishing.releases import Release
from arena.together import Together

MOST_KEPT = 16


class Latest:
    """The boards' last releases, read whole once by this process; which one is the last is asked each time."""

    def __init__(self, db: Pool) -> None:
        self._db = db
        self._names = Together(self._last)
        self._whole: dict[str, Release] = {}

    async def of(self, board: str) -> Release | None:
        """The board's last release, or None before the first."""
        last = await self._names.ask(board)
        if last is None:
            return None
        if last not in self._whole:
            while len(self._whole) >= MOST_KEPT:
                del self._whole[next(iter(self._whole))]
            self._whole[last] = await releases.require(self._db, last)
        return self._whole[last]

    async def _last(self, slugs: list[str]) -> list[str | None]:
        rows = await self._db.fetch(
            """
            SELECT slug, (SELECT id FROM releases WHERE board_id = boards.id ORDER BY published_at DESC LIMIT 1) AS last
            FROM boards WHERE slug = ANY($1)
            """,
            list(set(slugs)),
        )
        last = {row["slug"]: row["last"] for row in rows}
        return [last.get(slug) for slug in slugs]
