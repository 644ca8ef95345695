"""Drawings: the plots of releases with their data, made when they are first asked for and kept as rows.

Not at the release: a board may be released every few minutes, most of its plots are never looked at, and drawing them
all would cost a worker more than the fit and fill the database. Since a release never changes, neither does a drawing.
"""

import asyncio
import csv
import gzip
import io
import sys
from typing import Any, Final

import msgspec
from msgspec import Struct

from arena.db import Db, Pool, many, one
from arena.errors import ArenaError, NotFound
from arena.publishing import drawing, plots, releases, tallies
from arena.publishing.figures import Specification
from arena.publishing.plots import Pairs, Past
from arena.publishing.releases import Release
from arena.publishing.workbench import Workbench

DRAW_SECONDS: Final = 60.0
MOST_RELEASES: Final = 60


class NoSuchPlot(NotFound):
    """There is no plot of this name."""


class NothingToDraw(NotFound):
    """There is nothing to draw: no contender of this release has what the plot shows."""


class NotDrawn(ArenaError):
    """The plot could not be drawn. Ask again in a minute."""

    status = 503


class Drawing(Struct, frozen=True, kw_only=True):
    """A plot of a release: its Vega-Lite specification as JSON, with the data in it, and the SVG."""

    specification: bytes
    svg: bytes

    @property
    def table(self) -> str:
        """The data as CSV, a header first."""
        rows: list[dict[str, Any]] = msgspec.json.decode(self.specification)["data"]["values"]
        written = io.StringIO(newline="")
        table = csv.DictWriter(written, fieldnames=list(rows[0]) if rows else [])
        table.writeheader()
        table.writerows(rows)
        return written.getvalue()


class Drawings:
    """Draws one plot at a time in a process of its own; what has been drawn is read again."""

    def __init__(self, db: Pool, bench: Workbench) -> None:
        self._db = db
        self._bench = bench

    async def of(self, release_id: str, name: str, language: str) -> Drawing:
        """The release's plot of this name, with its words in this language."""
        if name not in plots.NAMES:
            raise NoSuchPlot(
                "There is no plot called “{name}”. There are: {names}.", name=name, names=", ".join(plots.NAMES)
            )
        known = await _kept(self._db, release_id, name, language)
        if known is not None:
            return known
        async with self._bench.alone():
            known = await _kept(self._db, release_id, name, language)
            return known or await self._draw(release_id, name, language)

    async def _draw(self, release_id: str, name: str, language: str) -> Drawing:
        release = await releases.require(self._db, release_id)
        specification = await _specified(self._db, release, name, language)
        if specification is None or not specification["data"]["values"]:
            raise NothingToDraw
        written = msgspec.json.encode(specification)
        drawn = Drawing(specification=written, svg=await render(written))
        await _keep(self._db, release_id, name, language, drawn)
        return drawn


async def render(specification: bytes) -> bytes:
    """The SVG of a Vega-Lite specification, drawn by another process, which is ended when it takes too long."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", drawing.__file__),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={},
    )
    try:
        async with asyncio.timeout(DRAW_SECONDS):
            svg, _ = await process.communicate(specification)
    except TimeoutError:
        raise NotDrawn from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not svg:
        raise NotDrawn
    return svg


async def _specified(db: Pool, release: Release, name: str, language: str) -> Specification | None:
    if name == "intervals":
        return plots.intervals(release, language)
    if name == "price":
        return plots.price(release, language)
    if name == "history":
        return plots.history(release, await _past(db, release), language)
    return plots.matrix(release, await _pairs(db, release), language)


async def _pairs(db: Pool, release: Release) -> Pairs:
    source = await tallies.source(db, release.id)
    tally = (await tallies.shared(db, source, source)).votes
    counted = await asyncio.to_thread(lambda: tally.counts)
    return Pairs(tally.contenders, counted.decided, counted.ties)


async def _past(db: Db, release: Release) -> list[Past]:
    """The lines of the board's releases up to this one; of many, some that lie evenly between the first and this."""
    return await many(
        db,
        Past,
        """
        WITH placed AS (
            SELECT earlier.snapshot_id, earlier.published_at,
                   row_number() OVER (ORDER BY earlier.published_at, earlier.id) - 1 AS place,
                   count(*) OVER () - 1 AS last
            FROM releases this JOIN releases earlier USING (board_id)
            WHERE this.id = $1 AND (earlier.published_at, earlier.id) <= (this.published_at, this.id)
        )
        SELECT published_at, slug AS contender, standings.name, rating, lower, upper
        FROM placed JOIN standings USING (snapshot_id) JOIN contenders ON contenders.id = contender_id
        WHERE "group" = 0 AND shown
          AND (place = 0 OR place = last OR place * $2 / last <> (place - 1) * $2 / last)
        ORDER BY published_at, rating DESC
        """,
        release.id,
        MOST_RELEASES,
    )


async def _kept(db: Db, release_id: str, name: str, language: str) -> Drawing | None:
    packed = await one(
        db,
        Drawing,
        "SELECT specification, svg FROM plots WHERE release_id = $1 AND name = $2 AND language = $3",
        *(release_id, name, language),
    )
    if packed is None:
        return None
    return Drawing(specification=gzip.decompress(packed.specification), svg=gzip.decompress(packed.svg))


async def _keep(db: Db, release_id: str, name: str, language: str, drawn: Drawing) -> None:
    packed = (gzip.compress(content, mtime=0) for content in (drawn.specification, drawn.svg))
    await db.execute(
        """
        INSERT INTO plots (release_id, name, language, specification, svg) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT DO NOTHING
        """,
        *(release_id, name, language, *packed),
    )
