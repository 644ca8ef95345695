"""Opinions: what a voter says decided a vote, for each side, and in words of their own. Never rated."""

from collections.abc import Collection
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, Pool, Proxy, one
from arena.errors import ArenaError
from arena.evaluation import battles

MOST_CHARACTERS: Final = 2000


class Code(StrEnum):
    """What can be said of a side."""

    USEFUL = "useful"
    COMPLETE = "complete"
    CORRECT = "correct"
    CREATIVE = "creative"
    CLEAR_FORMAT = "clear_format"
    INCORRECT = "incorrect"
    SUPERFICIAL = "superficial"
    INSTRUCTIONS_NOT_FOLLOWED = "instructions_not_followed"
    REFUSED = "refused"
    TOO_LONG = "too_long"


Sides = tuple[Collection[Code], Collection[Code]]


class VoteFirst(ArenaError):
    """Vote first. What decided it is asked after that."""

    status = 409


class Opinion(Struct, frozen=True):
    """What was said of A and of B, and a comment; `after_reveal` says whether the names were known."""

    sides: tuple[list[Code], list[Code]]
    comment: str
    after_reveal: bool


class Counts(Struct, frozen=True):
    """How many voters gave an opinion on a battle of the contender, and how many of them said what of it."""

    opinions: int
    reasons: dict[Code, int]


async def give(db: Pool, battle_id: UUID, voter_id: UUID | None, sides: Sides, comment: str) -> None:
    """Keep what the battle's own voter says after the vote; what is said again takes the place of what was said."""
    async with db.acquire() as connection, connection.transaction():
        # Names are told with the vote, so whoever has voted knows them.
        kept = await connection.fetchval(
            """
            INSERT INTO opinions (battle_id, comment, after_reveal)
            SELECT id, $3, true FROM battles WHERE id = $1 AND voter_id = $2 AND state = 'voted'
            ON CONFLICT (battle_id) DO UPDATE SET comment = EXCLUDED.comment, given_at = now()
            RETURNING battle_id
            """,
            battle_id,
            voter_id,
            comment,
        )
        if kept is None:
            await battles.require(connection, battle_id, voter_id)
            raise VoteFirst
        await connection.execute("DELETE FROM opinion_reasons WHERE battle_id = $1", battle_id)
        await connection.executemany(
            "INSERT INTO opinion_reasons (battle_id, position, reason) VALUES ($1, $2, $3)",
            [(battle_id, position, code) for position, codes in enumerate(sides) for code in sorted(set(codes))],
        )


async def of(db: Db, battle_id: UUID) -> Opinion | None:
    """What the battle's voter said, or None."""
    return await one(
        db,
        Opinion,
        """
        SELECT (SELECT jsonb_agg(coalesce(codes, '[]') ORDER BY side)
                FROM generate_series(0, 1) AS side
                LEFT JOIN LATERAL (
                    SELECT jsonb_agg(reason ORDER BY reason) AS codes FROM opinion_reasons
                    WHERE opinion_reasons.battle_id = opinions.battle_id AND position = side
                ) AS said ON true) AS sides,
               comment, after_reveal
        FROM opinions WHERE battle_id = $1
        """,
        battle_id,
    )


async def counts(db: Db, contender_id: UUID) -> Counts:
    """What voters said of a contender, in votes that the last snapshot of all votes counts; never their words."""
    rows = await db.fetch(
        """
        WITH heard AS MATERIALIZED (
            SELECT opinions.battle_id, position FROM opinions
            JOIN sides ON sides.battle_id = opinions.battle_id AND contender_id = $1
            JOIN votes ON votes.battle_id = opinions.battle_id
            JOIN countings ON vote_id = votes.id AND until IS NULL
            JOIN boards ON boards.id = board_id AND slug = 'overall'
        )
        SELECT NULL AS reason, count(*) AS times FROM heard
        UNION ALL
        SELECT reason, count(*) FROM heard JOIN opinion_reasons USING (battle_id, position) GROUP BY reason
        """,
        contender_id,
    )
    told = {row["reason"]: row["times"] for row in rows}
    return Counts(told.pop(None), {code: told.get(code, 0) for code in Code})


async def forget(connection: Proxy, voter_id: UUID) -> None:
    """Delete what this voter said."""
    await connection.execute(
        "DELETE FROM opinions USING battles WHERE battles.id = battle_id AND voter_id = $1", voter_id
    )
