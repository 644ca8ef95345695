"""Acts: which exclusions, and which of them as lifted, a board's snapshots knew of."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Pool, Proxy, many
from arena.evaluation import names
from arena.evaluation.exclusions import Act
from arena.integration import rows
from rating import Outcome


class Excluded(Struct, frozen=True, kw_only=True):
    """A vote that was left out, with why; or that had been, where the state is “lifted” and no other one stands.

    `position` is 0 for A and 1 for B, None where it is about the battle as a whole.
    """

    vote: str
    model_a: str
    model_b: str
    winner: str
    voter: str
    reason: str
    position: int | None
    state: str


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


async def stream(db: Pool, snapshot_id: UUID) -> AsyncIterator[list[Excluded]]:
    """What the snapshot knew of, with the votes that it is about, some thousands at a time."""
    sql = f"""
        SELECT {names.VOTE} AS vote, first.slug, second.slug, outcome, pseudonym, exclusions.reason,
               exclusions.position, CASE WHEN lifted THEN 'lifted' ELSE 'standing' END
        FROM snapshots
        JOIN known_exclusions ON known_exclusions.board_id = snapshots.board_id
            AND since <= number AND (until IS NULL OR until > number)
        JOIN exclusions ON exclusions.id = exclusion_id
        JOIN votes USING (battle_id)
        JOIN battles ON battles.id = votes.battle_id
        JOIN voters ON voters.id = battles.voter_id
        JOIN sides a ON a.battle_id = battles.id AND a.position = 0
        JOIN sides b ON b.battle_id = battles.id AND b.position = 1
        JOIN contenders first ON first.id = a.contender_id
        JOIN contenders second ON second.id = b.contender_id
        WHERE snapshots.id = $1 ORDER BY vote, exclusions.id"""  # noqa: S608 - a constant
    async for batch in rows.read(db, sql, snapshot_id):
        yield [_excluded(*record) for record in batch]


def _excluded(vote: UUID, first: str, second: str, outcome: str, voter: UUID, *why: Any) -> Excluded:
    reason, position, state = why
    return Excluded(
        vote=vote.hex,
        model_a=first,
        model_b=second,
        winner=rows.WORDS[Outcome(outcome)],
        voter=voter.hex,
        reason=reason,
        position=position,
        state=state,
    )
