"""Countings: which of a board's snapshots counted a vote."""

from typing import Final
from uuid import UUID

from arena.db import Connection, Proxy

# So many new rows are written well within the time that a statement has.
BATCH: Final = 20_000


async def keep(connection: Connection | Proxy, board_id: UUID, number: int, counted: list[UUID]) -> None:
    """Note the votes that this snapshot counts and the one before did not, and those that it does not any more.

    Both are taken as differences of sets, which PostgreSQL never finds by looking each of a million up.
    """
    await connection.execute(
        """
        UPDATE countings SET until = $1
        WHERE board_id = $2 AND until IS NULL
          AND vote_id = ANY(ARRAY(
              SELECT vote_id FROM countings WHERE board_id = $2 AND until IS NULL
              EXCEPT SELECT unnest($3::uuid[])
          ))
        """,
        number,
        board_id,
        counted,
    )
    rows = await connection.fetch(
        "SELECT unnest($2::uuid[]) AS id EXCEPT SELECT vote_id FROM countings WHERE board_id = $1 AND until IS NULL",
        board_id,
        counted,
    )
    new = [row["id"] for row in rows]
    for begin in range(0, len(new), BATCH):
        await connection.execute(
            # Of two snapshots at once the first to note a vote has noted it for both.
            """
            INSERT INTO countings (vote_id, board_id, since) SELECT unnest($3::uuid[]), $2, $1
            ON CONFLICT (board_id, vote_id) WHERE until IS NULL DO NOTHING
            """,
            number,
            board_id,
            new[begin : begin + BATCH],
        )
