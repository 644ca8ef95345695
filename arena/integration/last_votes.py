"""Last votes: when each contender of a snapshot was last voted on, among the votes that it counts."""

from typing import Final
from uuid import UUID

from arena.db import LONG_SECONDS, Connection, Proxy

# From so many votes on, PostgreSQL must not look each of them up, whatever it believes of rows that are new to it.
MANY: Final = 100_000


async def keep(connection: Connection | Proxy, snapshot_id: UUID, votes: int) -> None:
    """Note it beside the snapshot's standings, which count so many votes; nobody knows when imported ones were cast."""
    if votes >= MANY:
        await connection.execute(
            f"SET LOCAL statement_timeout = '{LONG_SECONDS:.0f}s'; SET LOCAL enable_nestloop = off"
        )
    await connection.execute(
        """
        UPDATE standings SET last_vote_at = cast_last
        FROM (
            SELECT contender_id, max(cast_at) AS cast_last
            FROM snapshots
            JOIN countings ON countings.board_id = snapshots.board_id
             AND since <= number AND (until IS NULL OR until > number)
            JOIN votes ON votes.id = vote_id
            JOIN sides ON sides.battle_id = votes.battle_id
            WHERE snapshots.id = $1 GROUP BY contender_id
        ) AS cast_on
        WHERE snapshot_id = $1 AND standings.contender_id = cast_on.contender_id
        """,
        snapshot_id,
        timeout=LONG_SECONDS,
    )
    if votes >= MANY:
        await connection.execute("SET LOCAL enable_nestloop TO DEFAULT")
