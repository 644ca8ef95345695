"""Mass acts: many votes left out, or let in again, by one decision."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from arena.db import Connection, Proxy
from arena.evaluation.exclusions import Reason


async def exclude(
    connection: Connection | Proxy,
    vote_ids: Sequence[UUID],
    reason: Reason,
    *,
    evidence: dict[str, Any],
    account_id: UUID,
) -> None:
    """Rate these votes no more; where one is excluded for this reason already, that stands as it is."""
    await connection.execute(
        """
        INSERT INTO exclusions (battle_id, reason, evidence, account_id)
        SELECT battle_id, $2, $3, $4 FROM votes WHERE id = ANY($1) ORDER BY battle_id ON CONFLICT DO NOTHING
        """,
        *(list(vote_ids), reason, evidence, account_id),
    )


async def lift(
    connection: Connection | Proxy, vote_ids: Sequence[UUID], reason: Reason, *, because: str, account_id: UUID
) -> None:
    """Let these votes count again as far as this reason goes."""
    await connection.execute(
        """
        UPDATE exclusions SET lifted_at = now(), lifted_because = $3, lifted_by = $4
        FROM votes
        WHERE votes.battle_id = exclusions.battle_id AND votes.id = ANY($1) AND reason = $2 AND lifted_at IS NULL
        """,
        *(list(vote_ids), reason, because, account_id),
    )
