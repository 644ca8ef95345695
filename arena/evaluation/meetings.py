"""Meetings: which pairs a voter has met with a prompt already, so that asking it again shows others."""

from typing import Final
from uuid import UUID

from arena.db import Db
from arena.evaluation.pairing import Pair

# Of the voter's battles, the last ones: who has opened more since then may meet a pair again.
MOST: Final = 50


async def of(db: Db, voter_id: UUID, prompt: str) -> set[Pair]:
    """The pairs of the voter's recent battles that began with this prompt; those of void ones were not seen."""
    rows = await db.fetch(
        """
        SELECT array_agg(contender_id) AS pair
        FROM (
            SELECT id FROM battles WHERE voter_id = $1 AND kind = 'blind' AND state <> 'void'
            ORDER BY opened_at DESC LIMIT $3
        ) AS recent
        JOIN turns ON turns.battle_id = recent.id AND turn = 1
        JOIN sides ON sides.battle_id = recent.id
        WHERE turns.content->0->>'text' = $2
        GROUP BY recent.id
        """,
        *(voter_id, prompt, MOST),
    )
    return {frozenset(row["pair"]) for row in rows}
