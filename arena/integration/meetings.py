"""Meetings: how the contenders of a snapshot met, kept with it, so that no page counts a million votes anew."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import numpy as np

from arena.db import Connection, Db, Proxy
from rating import Standings, Tally
from rating.arrays import Matrix, Vector
from rating.meetings import Meetings


@dataclass(frozen=True, eq=False)
class Kept:
    """What a snapshot keeps of its pairs: how they met, and what tells the difference of two of its ratings.

    `covariance` (M x M, in log-odds) and `tie_propensity` (M) are those of the fit.
    """

    met: Meetings
    tie_propensity: Vector
    covariance: Matrix


def of(tally: Tally, fitted: Sequence[str], slugs: tuple[str, ...]) -> Meetings:
    """How contenders met in the votes that a fit counted; in its order, and by their slugs."""
    return replace(Meetings.of(tally.among(fitted)), contenders=slugs)


async def keep(connection: Connection | Proxy, snapshot_id: UUID, met: Meetings, standings: Standings) -> None:
    """Keep how a snapshot's contenders met, in the transaction that keeps the snapshot."""
    rows = await connection.fetch("SELECT slug, id FROM contenders WHERE slug = ANY($1)", list(met.contenders))
    ids: dict[str, UUID] = {row["slug"]: row["id"] for row in rows}
    await connection.execute(
        """
        INSERT INTO meetings (snapshot_id, contender_ids, tie_propensity, counts, effective, covariance)
        VALUES ($1, $2, $3, $4, $5, $6)
        """,
        snapshot_id,
        [ids[slug] for slug in met.contenders],
        standings.tie_propensity.tolist(),
        zlib.compress(np.stack([met.wins, met.ties, met.both_bad]).astype("<i4").tobytes()),
        _packed(met.effective),
        _packed(standings.covariance),
    )


async def read(db: Db, snapshot_id: UUID) -> Kept | None:
    """How the snapshot's contenders met, by their slugs of today; None for one from before meetings were kept."""
    row = await db.fetchrow(
        """
        SELECT tie_propensity, counts, effective, covariance,
               ARRAY(SELECT slug FROM unnest(contender_ids) WITH ORDINALITY AS given (id, place)
                     JOIN contenders USING (id) ORDER BY place) AS slugs
        FROM meetings WHERE snapshot_id = $1
        """,
        snapshot_id,
    )
    if row is None:
        return None
    size = len(row["slugs"])
    counts = np.frombuffer(zlib.decompress(row["counts"]), "<i4").reshape(3, size, size).astype(np.int64)
    met = Meetings(tuple(row["slugs"]), counts[0], counts[1], counts[2], _unpacked(row["effective"], size))
    return Kept(met, np.array(row["tie_propensity"]), _unpacked(row["covariance"], size))


def _packed(matrix: Matrix) -> bytes:
    return zlib.compress(matrix[np.tril_indices(len(matrix))].astype("<f4").tobytes())


def _unpacked(packed: bytes, size: int) -> Matrix:
    matrix = np.zeros((size, size))
    matrix[np.tril_indices(size)] = np.frombuffer(zlib.decompress(packed), "<f4")
    return np.asarray(matrix + np.tril(matrix, -1).T)
