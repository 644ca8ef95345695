"""Findings of the gates: in which texts of a battle what kind of thing was found, and where; never what."""

from collections.abc import Sequence
from uuid import UUID

from arena.db import Connection, Db, Proxy, many
from arena.evaluation.gates import Finding


async def keep(db: Connection | Proxy, battle_id: UUID, findings: Sequence[Finding]) -> None:
    """Keep what the gates found; once, however often told."""
    if not findings:
        return
    await db.executemany(
        """
        INSERT INTO gate_findings (battle_id, turn, position, gate, rule, version, spans)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT DO NOTHING
        """,
        [
            (battle_id, found.turn, found.position, found.gate, found.rule, found.version, found.spans)
            for found in findings
        ],
    )


async def of(db: Db, battle_id: UUID) -> list[Finding]:
    """What was found in a battle, the first turn and its prompt first."""
    return await many(
        db,
        Finding,
        """
        SELECT turn, position, gate, rule, version, spans FROM gate_findings
        WHERE battle_id = $1 ORDER BY turn, position NULLS FIRST, rule
        """,
        battle_id,
    )


async def forget(connection: Connection | Proxy, voter_id: UUID) -> None:
    """Nothing is known any more of what stood in this voter's battles."""
    await connection.execute(
        "DELETE FROM gate_findings USING battles WHERE battles.id = battle_id AND voter_id = $1", voter_id
    )
