"""Readings: how long a voter had for the answers, and votes that came before anybody could have read them."""

from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from arena.db import Connection, Proxy

Length = Annotated[float, Meta(ge=0, le=1e7)]

# Of a long answer one knows enough to vote by now. A page holds a vote back for its undo for the five seconds that two
# of these take at the default speed, so nobody is hasty who votes there.
ENOUGH_CHARACTERS: Final = 750


class Reading(Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds from the first text to the choice while the page was seen, and those that each side was in view."""

    seconds: Length
    sides: tuple[Length, Length]


# Parts of the statement that records votes, so that no vote is ever counted without what excludes it. They read `given`
# (battle_id, seconds, first_seconds, second_seconds) and `recorded` (id, battle_id), the votes that are new.
# The time that the browser tells can only shorten what the server knows.
KEPT: Final = f"""
        timed AS (
            SELECT recorded.id AS vote_id, recorded.battle_id, kind, seconds, first_seconds, second_seconds,
                   extract(epoch FROM now() - answered_at) AS dwell_seconds,
                   extract(epoch FROM now() - shown_at) AS text_seconds,
                   least(shown[cardinality(shown) - 1], {ENOUGH_CHARACTERS})
                   + least(shown[cardinality(shown)], {ENOUGH_CHARACTERS}) AS characters
            FROM recorded JOIN given USING (battle_id) JOIN battles ON battles.id = battle_id
            CROSS JOIN LATERAL (
                SELECT shown, shown_at FROM turns WHERE turns.battle_id = battles.id ORDER BY turn DESC LIMIT 1
            ) AS last
        ),
        reading AS (
            INSERT INTO readings (vote_id, dwell_seconds, text_seconds, seconds, side_seconds)
            SELECT vote_id, dwell_seconds, text_seconds, seconds,
                   CASE WHEN seconds IS NOT NULL THEN ARRAY[first_seconds, second_seconds] END
            FROM timed
        ),
        hasty AS (
            INSERT INTO exclusions (battle_id, reason, evidence)
            SELECT battle_id, 'hasty', jsonb_build_object('characters', characters,
                                                          'seconds', least(text_seconds, seconds), 'speed', $1::float8)
            FROM timed
            WHERE $1::float8 > 0 AND kind IN ('blind', 'control')
              AND characters > $1::float8 * least(text_seconds, seconds)
            ON CONFLICT DO NOTHING
        )"""  # noqa: S608 - a constant


async def forget(connection: Connection | Proxy, voter_id: UUID) -> None:
    """Take out how long this voter took for each vote."""
    await connection.execute(
        """
        DELETE FROM readings USING votes JOIN battles ON battles.id = battle_id
        WHERE votes.id = vote_id AND voter_id = $1
        """,
        voter_id,
    )
