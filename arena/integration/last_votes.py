"""Last votes: when each contender of a snapshot was last voted on, among the votes that it counts."""

from uuid import UUID

from arena.db import Connection, Proxy


async def keep(connection: Connection | Proxy, snapshot_id: UUID) -> None:
    """Note it beside the snapshot's standings; of imported votes nobody knows when they were cast."""
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
    )
