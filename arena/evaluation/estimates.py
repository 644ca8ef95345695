"""Estimates: what the last refit found, handed down to the draw of pairs, which lies a floor below."""

from dataclasses import dataclass
from uuid import UUID

import numpy as np

from arena.db import Connection, Db, Proxy
from rating.arrays import Codes, Flags, Matrix, Vector


@dataclass(frozen=True, eq=False, kw_only=True)
class Estimates:
    """Strengths (M, in log-odds) with their covariance (M x M) of the contenders whose votes were counted.

    `settled` marks those whose rating is established; `groups` numbers those that are compared with one another.
    """

    version: UUID
    contender_ids: list[UUID]
    theta: Vector
    settled: Flags
    groups: Codes
    votes: Codes
    covariance: Matrix


async def hand_down(connection: Connection | Proxy, found: Estimates) -> None:
    """Let pairs be drawn by this from now on, in place of what was found before."""
    await connection.execute(
        """
        INSERT INTO estimates (version, contender_ids, theta, settled, groups, votes, covariance)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (sole) DO UPDATE
        SET version = EXCLUDED.version, contender_ids = EXCLUDED.contender_ids, theta = EXCLUDED.theta,
            settled = EXCLUDED.settled, groups = EXCLUDED.groups, votes = EXCLUDED.votes,
            covariance = EXCLUDED.covariance, handed_down_at = now()
        """,
        found.version,
        found.contender_ids,
        found.theta.tolist(),
        found.settled.tolist(),
        found.groups.tolist(),
        found.votes.tolist(),
        found.covariance[np.tril_indices(len(found.theta))].astype("<f4").tobytes(),
    )


async def version(db: Db) -> UUID | None:
    """Which estimates are the last, None before the first refit."""
    last: UUID | None = await db.fetchval("SELECT version FROM estimates")
    return last


async def read(db: Db) -> Estimates | None:
    """The last estimates, None before the first refit."""
    row = await db.fetchrow("SELECT version, contender_ids, theta, settled, groups, votes, covariance FROM estimates")
    if row is None:
        return None
    size = len(row["contender_ids"])
    covariance = np.zeros((size, size))
    covariance[np.tril_indices(size)] = np.frombuffer(row["covariance"], "<f4")
    return Estimates(
        version=row["version"],
        contender_ids=row["contender_ids"],
        theta=np.array(row["theta"], dtype=np.float64),
        settled=np.array(row["settled"], dtype=np.bool_),
        groups=np.array(row["groups"], dtype=np.int64),
        votes=np.array(row["votes"], dtype=np.int64),
        covariance=covariance + np.tril(covariance, -1).T,
    )
