"""Reveals: who the sides of a battle were, told to its own voter after the vote and to nobody else.

Who has chosen the sides knows them, so to them it is told at once.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many, one
from arena.errors import ArenaError
from arena.evaluation import battles
from arena.evaluation.selections import COUNTS


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

    `stage` says whether the vote counts for it. Of what is still tested privately only the name is told. Prices are for
    a million tokens, in the currency of the prices; `cost` is that of the last turn, None where prices or tokens are
    not known.
    """

    contender: str | None
    name: str
    stage: Stage
    organisation: str
    licence: str
    description: str
    prompt_price: float | None
    answer_price: float | None
    cost: float | None
    first_text_seconds: float | None
    seconds: float | None
    characters: int | None
    tokens: int | None
    finish: str | None


class Others(Struct, frozen=True):
    """How many voted on the same two contenders before, and how many of them as this voter did."""

    votes: int
    same: int


class _UnveiledOf(Unveiled, frozen=True, kw_only=True):
    battle_id: UUID
    voter_id: UUID


# Fewer votes say more about who happened to come than about the two.
FEWEST_OTHERS = 10


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
               CASE WHEN committed_at IS NULL THEN '' ELSE contenders.licence END AS licence,
               CASE WHEN committed_at IS NULL THEN '' ELSE contenders.description END AS description,
               CASE WHEN committed_at IS NOT NULL THEN prompt_price END AS prompt_price,
               CASE WHEN committed_at IS NOT NULL THEN answer_price END AS answer_price,
               CASE WHEN committed_at IS NOT NULL
                    THEN (prompt_tokens * prompt_price + answer_tokens * answer_price) / 1e6 END AS cost,
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
    missing = set(asked) - {(side.battle_id, side.voter_id) for side in sides}
    for side in sides + (await _written(db, missing) if missing else []):
        unveiled.setdefault((side.battle_id, side.voter_id), []).append(side)
    return unveiled


async def _written(db: Db, asked: Collection[tuple[UUID, UUID]]) -> list[_UnveiledOf]:
    """Both sides of those battles that were probes: no contender's, and without a name."""
    return await many(
        db,
        _UnveiledOf,
        """
        SELECT battles.id AS battle_id, battles.voter_id, NULL AS contender, '' AS name, '' AS organisation,
               '' AS licence, '' AS description, NULL::float8 AS prompt_price, NULL::float8 AS answer_price,
               NULL::float8 AS cost, 'listed' AS stage, NULL::float8 AS first_text_seconds, NULL::float8 AS seconds,
               NULL::integer AS tokens, 'stop' AS finish, length(answers.content->0->>'text') AS characters
        FROM unnest($1::uuid[], $2::uuid[]) AS asked (battle_id, voter_id)
        JOIN battles ON battles.id = asked.battle_id AND battles.voter_id = asked.voter_id AND state = 'voted'
        JOIN controls ON controls.battle_id = battles.id AND probe IS NOT NULL
        JOIN answers ON answers.battle_id = battles.id AND turn = 1
        ORDER BY answers.position
        """,
        *zip(*asked, strict=True),
    )


async def others(db: Db, battle_id: UUID, voter_id: UUID | None) -> Others | None:
    """How others had voted on this pair, whichever way round they saw it; None for a few, and before one's own vote.

    Votes that count and were cast before this one, so that the answer stays what it was.
    """
    await battles.require(db, battle_id, voter_id)
    told = await one(db, Others, OTHERS, battle_id)
    return told if told is not None and told.votes >= FEWEST_OTHERS else None


# What a vote says of its pair is the contender preferred, or else the outcome itself.
SAID = "CASE {votes}.outcome WHEN 'a' THEN {a}::text WHEN 'b' THEN {b}::text ELSE {votes}.outcome END"
OTHERS = f"""
        WITH mine AS (
            SELECT votes.battle_id, cast_at, first.contender_id AS a, second.contender_id AS b,
                   {SAID.format(votes="votes", a="first.contender_id", b="second.contender_id")} AS said
            FROM votes
            JOIN sides AS first ON first.battle_id = votes.battle_id AND first.position = 0
            JOIN sides AS second ON second.battle_id = votes.battle_id AND second.position = 1
            WHERE votes.battle_id = $1 AND first.contender_id <> second.contender_id
        )
        SELECT count(*) AS votes,
               count(*) FILTER (WHERE
                   {SAID.format(votes="votes", a="first.contender_id", b="second.contender_id")} = mine.said) AS same
        FROM mine
        JOIN sides AS first ON first.contender_id IN (mine.a, mine.b) AND first.position = 0
        JOIN sides AS second ON second.battle_id = first.battle_id AND second.position = 1
             AND second.contender_id = CASE first.contender_id WHEN mine.a THEN mine.b ELSE mine.a END
        JOIN battles ON battles.id = first.battle_id
        JOIN votes ON votes.battle_id = battles.id AND votes.cast_at < mine.cast_at
        WHERE {COUNTS}"""  # noqa: S608 - constants
