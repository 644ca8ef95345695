"""Whether what was released can be computed again from what was published with it."""

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from arena import db as database
from arena.db import Pool
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check

MOST: Final = 100


@check(
    "X5",
    Smell.MISMATCHED,
    Entity.SCORE,
    Entity.METRIC,
    Entity.RAW_DATA,
    Entity.RELEASE,
    severity=Severity.BLOCK,
    threshold="One number that is not the published one to a millionth of a point, or one hash that is another.",
    every=timedelta(days=1),
    seconds=1800,
    inside=False,
)
async def recomputation(scene: Scene) -> list[Sighting]:
    """From the votes that a last release publishes, its table comes out again to the last published digit."""
    releases = await scene.db.fetch(
        """
        SELECT DISTINCT ON (releases.board_id) slug, releases.id
        FROM releases JOIN boards ON boards.id = releases.board_id JOIN snapshots ON snapshots.id = snapshot_id
        WHERE record IS NOT NULL ORDER BY releases.board_id, published_at DESC LIMIT $1
        """,
        MOST,
    )
    found = []
    async with database.pool(scene.settings.database_url, size=2) as pool:
        for release in releases:
            told = await _disagrees(pool, release["id"], scene.settings.conversation_days)
            found += [_sighting(release["slug"], release["id"], each) for each in told]
    return found


async def _disagrees(db: Pool, release_id: str, delay_days: int) -> list[str]:
    """What does not agree, in the words of `arena verify`."""
    # Here, since what reads releases rests on what brings them out, and that on the checks.
    from arena.publishing import exports, manifests, verify

    source = await manifests.require(db, release_id)
    with TemporaryDirectory(prefix="arena-check-") as folder:
        votes = Path(folder) / "votes.parquet"
        await exports.write(db, source, votes.name, votes, delay_days=delay_days)
        lines = await asyncio.to_thread(lambda: list(verify.lines(source.manifest, votes)))
    return [line.told for line in lines if line.agrees is False]


def _sighting(board: str, release: str, told: str) -> Sighting:
    return Sighting(
        subject=f"{release[:12]} {told}"[:200],
        sentence="The last release of the board {board} can't be computed again from its votes: {told}.",
        values={"board": board, "told": told},
        observed=told,
        expected="as published",
        evidence=f"/releases/{release}",
        board=board,
    )
