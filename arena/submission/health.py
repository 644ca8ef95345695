"""Health: how endpoints rest after failing, and how they have answered, by the hour."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many

# How long an endpoint rests: after a 429 that names no time, after a first failure of another kind, and at most.
RATE_LIMITED_SECONDS = 30.0
FIRST_SECONDS = 5.0
MOST_SECONDS = 3600.0


class Hour(Struct, frozen=True, kw_only=True):
    """How an endpoint answered in the hour that began then.

    `refused` are those of its answers that its content filter ended or kept back, which is no failure. `failures` are
    counted by their class; times are None where nothing was said.
    """

    began_at: datetime
    answers: int
    refused: int
    failures: dict[str, int]
    first_text_median: float | None
    first_text_p90: float | None


async def rest(db: Db, endpoint_id: UUID, asked_at: datetime, seconds: float | None) -> None:
    """An endpoint failed to answer what it was asked then: it rests for so long, an hour at most.

    Without a time the rest doubles with each failure in a row, from 5 s on. Failures of calls that were under way
    together are one failure.
    """
    await db.execute(
        """
        UPDATE endpoints
        SET failures = failures + CASE WHEN failed_at >= $2 THEN 0 ELSE 1 END,
            cooled_until = CASE WHEN failed_at >= $2 THEN greatest(cooled_until, now() + make_interval(secs => $3))
                ELSE now() + make_interval(secs => coalesce($3, least($4, $5 * 2 ^ least(failures, 20)))) END,
            failed_at = greatest(failed_at, now())
        WHERE id = $1
        """,
        endpoint_id,
        asked_at,
        None if seconds is None else min(seconds, MOST_SECONDS),
        MOST_SECONDS,
        FIRST_SECONDS,
    )


async def recover(db: Db, endpoint_id: UUID, asked_at: datetime) -> None:
    """An endpoint answered what it was asked then; if that was after its last failure, it is back."""
    await db.execute(
        """
        UPDATE endpoints SET failures = 0, failed_at = NULL, cooled_until = NULL
        WHERE id = $1 AND failed_at < $2
        """,
        endpoint_id,
        asked_at,
    )


async def hours(db: Db, endpoint_id: UUID, *, days: int) -> list[Hour]:
    """How the endpoint answered in each hour of these days in which it was asked anything, the latest first."""
    return await many(
        db,
        Hour,
        """
        WITH asked AS (
            SELECT date_trunc('hour', turns.asked_at, 'UTC') AS began_at, nullif(failure, 'refused') AS failure,
                   failure = 'refused' OR (failure IS NULL AND finish = 'content_filter') AS refused, first_text_seconds
            FROM sides JOIN turns USING (battle_id) JOIN answers USING (battle_id, position, turn)
            WHERE endpoint_id = $1 AND last_asked_at >= now() - make_interval(days => $2)
              AND turns.asked_at >= now() - make_interval(days => $2)
              AND (failure IS NOT NULL OR finish IS NOT NULL)
        ),
        failed AS (
            SELECT began_at, jsonb_object_agg(failure, times) AS failures
            FROM (SELECT began_at, failure, count(*) AS times FROM asked WHERE failure IS NOT NULL GROUP BY 1, 2) AS one
            GROUP BY began_at
        )
        SELECT began_at, count(*) FILTER (WHERE failure IS NULL) AS answers,
               count(*) FILTER (WHERE refused) AS refused,
               coalesce(failures, '{}') AS failures,
               percentile_cont(0.5) WITHIN GROUP (ORDER BY first_text_seconds) AS first_text_median,
               percentile_cont(0.9) WITHIN GROUP (ORDER BY first_text_seconds) AS first_text_p90
        FROM asked LEFT JOIN failed USING (began_at)
        GROUP BY began_at, failures
        ORDER BY began_at DESC
        """,
        endpoint_id,
        days,
    )
