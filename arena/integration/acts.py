"""Acts: which exclusions, and which of them as lifted, a board's snapshots knew of."""

from uuid import UUID

from arena.db import Connection, Db, Proxy, many
from arena.evaluation import names
from arena.evaluation.exclusions import Act


async def keep(connection: Connection | Proxy, board_id: UUID, number: int, known: list[Act]) -> None:
    """Note what this snapshot knows of and the one before did not, and what is not so any more."""
    await connection.execute(
        """
        WITH known AS (SELECT * FROM unnest($3::bigint[], $4::boolean[]) AS known (exclusion_id, lifted)),
        past AS (
            UPDATE known_exclusions SET until = $2
            WHERE board_id = $1 AND until IS NULL
              AND NOT EXISTS (
                  SELECT FROM known
                  WHERE known.exclusion_id = known_exclusions.exclusion_id AND known.lifted = known_exclusions.lifted
              )
            RETURNING exclusion_id
        )
        SELECT count(*) FROM past
        """,
        *(board_id, number, [act.id for act in known], [act.lifted for act in known]),
    )
    await connection.execute(
        """
        INSERT INTO known_exclusions (board_id, exclusion_id, lifted, since)
        SELECT $1, exclusion_id, lifted, $2 FROM unnest($3::bigint[], $4::boolean[]) AS known (exclusion_id, lifted)
        ON CONFLICT (board_id, exclusion_id) WHERE until IS NULL DO NOTHING
        """,
        *(board_id, number, [act.id for act in known], [act.lifted for act in known]),
    )


async def of(db: Db, snapshot_id: UUID) -> list[Act]:
    """What the snapshot knew of, the oldest first."""
    return await many(
        db,
        Act,
        f"""
        SELECT exclusions.id, {names.VOTE} AS vote, reason, position, lifted
        FROM snapshots
        JOIN known_exclusions ON known_exclusions.board_id = snapshots.board_id
            AND since <= number AND (until IS NULL OR until > number)
        JOIN exclusions ON exclusions.id = exclusion_id
        JOIN votes USING (battle_id)
        WHERE snapshots.id = $1 ORDER BY exclusions.id
        """,  # noqa: S608 - a constant
        snapshot_id,
    )
