"""Upkeep: battles whose process has gone silent, or whose voter does not come back."""

from datetime import datetime
from uuid import UUID

from arena.db import Db

# A process says every ten seconds which battles it answers; after three silences it answers them no more.
SILENT_SECONDS = 30.0


async def beat(db: Db, battle_ids: list[UUID]) -> None:
    """This process answers these battles still."""
    await db.execute("UPDATE battles SET beat_at = now() WHERE id = ANY($1)", battle_ids)


async def sweep(db: Db, *, now: datetime | None = None, silent_seconds: float = SILENT_SECONDS, hours: int) -> int:
    """Void what no process answers any more and expire what nobody votes on; how many that were.

    `now` is the database's unless told otherwise. With 0 silent seconds all that is being answered is void: for an
    arena that knows itself to be the only one and has just started. Nobody could tell PostgreSQL anything while it was
    away, so silence is counted from its own start at the earliest.
    """
    status = await db.execute(
        """
        UPDATE battles
        SET state = CASE WHEN state = 'ready' THEN 'expired' ELSE 'void' END, closed_at = now(),
            reason = CASE WHEN state = 'ready' THEN 'no vote in time' ELSE 'abandoned' END
        WHERE (state IN ('open', 'streaming')
               AND greatest(beat_at, pg_postmaster_start_time())
                   <= coalesce($1::timestamptz, now()) - make_interval(secs => $2))
           OR (state = 'ready' AND opened_at < coalesce($1::timestamptz, now()) - make_interval(hours => $3))
        """,
        now,
        silent_seconds,
        hours,
    )
    return int(status.split()[-1])
