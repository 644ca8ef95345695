"""Reveals: who the sides of a battle were, told to its own voter after the vote and to nobody else.

Who has chosen the sides knows them, so to them it is told at once.
"""

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many
from arena.errors import ArenaError
from arena.evaluation import battles


class Stage(StrEnum):
    """How far a contender was: the public had not been told of it, it has never been listed, or it has."""

    PRIVATE = "private"
    WARMING = "warming"
    LISTED = "listed"


# Whose sides may be told: after the vote alone, unless the voter chose them.
TOLD = "(battles.state = 'voted' OR battles.kind IN ('named', 'direct'))"


class NotYetVoted(ArenaError):
    """Who answered is told after your vote."""

    status = 409


class Unveiled(Struct, frozen=True, kw_only=True):
    """Who a side was, told after the vote alone; what belongs to its answer is None until there is one.

    `stage` says whether the vote counts for it. Of what is still tested privately only the name is told.
    """

    contender: str | None
    name: str
    stage: Stage
    organisation: str
    description: str
    first_text_seconds: float | None
    seconds: float | None
    characters: int | None
    tokens: int | None
    finish: str | None


class _UnveiledOf(Unveiled, frozen=True, kw_only=True):
    battle_id: UUID
    voter_id: UUID


async def tell(db: Db, battle_id: UUID, voter_id: UUID) -> list[Unveiled]:
    """Who the sides were, in position order: for the battle's own voter, after the vote, by no other way."""
    unveiled = await tell_all(db, [(battle_id, voter_id)])
    if not unveiled:
        await battles.require(db, battle_id, voter_id)
        raise NotYetVoted
    return unveiled[battle_id, voter_id]


async def tell_all(db: Db, asked: Sequence[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], list[Unveiled]]:
    """Who the sides of many battles were, by battle and voter; not there are those that may not be revealed."""
    sides = await many(
        db,
        _UnveiledOf,
        f"""
        SELECT battles.id AS battle_id, battles.voter_id,
               CASE WHEN committed_at IS NOT NULL THEN contenders.slug END AS contender, contenders.name,
               CASE WHEN committed_at IS NULL THEN '' ELSE contenders.organisation END AS organisation,
               CASE WHEN committed_at IS NULL THEN '' ELSE contenders.description END AS description,
               CASE WHEN committed_at <= battles.opened_at IS NOT TRUE THEN 'private'
                    WHEN listed_at IS NULL THEN 'warming' ELSE 'listed' END AS stage,
               answers.first_text_seconds, answers.seconds, answers.answer_tokens AS tokens, answers.finish,
               length(answers.content->0->>'text') AS characters
        FROM unnest($1::uuid[], $2::uuid[]) AS asked (battle_id, voter_id)
        JOIN battles ON battles.id = asked.battle_id AND battles.voter_id = asked.voter_id
        JOIN sides ON sides.battle_id = battles.id
        JOIN contenders ON contenders.id = sides.contender_id
        JOIN endpoints ON endpoints.id = sides.endpoint_id
        LEFT JOIN answers ON answers.battle_id = battles.id AND answers.position = sides.position
             AND answers.turn = (SELECT max(turn) FROM turns WHERE turns.battle_id = battles.id)
        WHERE {TOLD}
        ORDER BY sides.position
        """,  # noqa: S608 - a constant
        *zip(*set(asked), strict=True),
    )
    unveiled: dict[tuple[UUID, UUID], list[Unveiled]] = {}
    for side in sides:
        unveiled.setdefault((side.battle_id, side.voter_id), []).append(side)
    return unveiled
