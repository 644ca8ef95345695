"""Careers: how a contender stood from release to release, board by board."""

from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many

# A drawing shows no more; of a longer history evenly many releases are taken, the first and the last among them.
MOST_POINTS: Final = 100


class Point(Struct, frozen=True, kw_only=True):
    """How the contender stood in a release; a bound of None is no bound."""

    release: str
    published_at: datetime
    rating: float
    lower: float | None
    upper: float | None
    rank_lower: int
    rank_upper: int
    votes: int


class Stay(Point, frozen=True, kw_only=True):
    """How the contender stood when it was last on a board; `present` says whether that is the board's last release.

    `contenders` are those of its own group, with whom alone it is compared.
    """

    board: str
    board_name: str
    present: bool
    status: Literal["provisional", "established"]
    separation: Literal["settled", "unbeaten", "winless", "separated"]
    group: int
    contenders: int


async def stays(db: Db, contender_id: UUID) -> list[Stay]:
    """Every board that the contender is or was on, the oldest board first."""
    return await many(
        db,
        Stay,
        """
        SELECT boards.slug AS board, boards.name AS board_name, releases.id AS release, releases.published_at,
               rating, lower, upper, rank_lower, rank_upper, standings.votes, status, separation, "group",
               (SELECT count(*) FROM standings AS others
                WHERE others.snapshot_id = standings.snapshot_id AND others."group" = standings."group") AS contenders,
               last.id IS NOT DISTINCT FROM releases.id AS present
        FROM boards
        CROSS JOIN LATERAL (
            SELECT id, snapshot_id FROM releases WHERE board_id = boards.id ORDER BY published_at DESC LIMIT 1
        ) AS last
        CROSS JOIN LATERAL (
            SELECT releases.id FROM standings JOIN releases USING (snapshot_id)
            WHERE contender_id = $1 AND board_id = boards.id
            ORDER BY releases.id <> last.id, published_at DESC LIMIT 1
        ) AS stood
        JOIN releases ON releases.id = stood.id
        JOIN standings ON standings.snapshot_id = releases.snapshot_id AND contender_id = $1
        ORDER BY boards.created_at, boards.slug
        """,
        contender_id,
    )


async def history(db: Db, contender_id: UUID, board: str) -> list[Point]:
    """How the contender stood on a board since it was entered, the first release first."""
    return await many(
        db,
        Point,
        """
        WITH released AS (
            SELECT releases.id, snapshot_id, published_at, count(*) OVER () AS number,
                   row_number() OVER (ORDER BY published_at, releases.id) AS place
            FROM releases JOIN boards ON boards.id = board_id
            WHERE boards.slug = $2 AND published_at >= (SELECT entered_at FROM contenders WHERE id = $1)
        )
        SELECT released.id AS release, published_at, rating, lower, upper, rank_lower, rank_upper, votes
        FROM released JOIN standings USING (snapshot_id)
        WHERE contender_id = $1
          AND (number <= $3 OR place = number
               OR (place - 1) * ($3 - 1) / number <> (place - 2) * ($3 - 1) / number OR place = 1)
        ORDER BY place
        """,
        *(contender_id, board, MOST_POINTS),
    )
