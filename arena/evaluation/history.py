"""History: a voter's own battles, as a list and whole, with nothing that they could not know."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many, one
from arena.evaluation import exclusions, reveals, turns
from arena.evaluation.battles import State
from arena.evaluation.exclusions import Reason
from arena.evaluation.kinds import Kind
from arena.evaluation.selections import COUNTS
from rating import Outcome

SHORT: Final = 160
AT_ONCE: Final = 10


class Past(Struct, frozen=True, kw_only=True):
    """A battle of the voter's own: how it began and ended, and what became of its vote.

    `contenders` are told after the vote, or where the voter chose them; `counted` is None without a vote, and `reason`
    says why one is not counted. `skipped_because` are the voter's own words.
    """

    id: UUID
    opened_at: datetime
    closed_at: datetime | None
    kind: Kind
    state: State
    prompt: str
    turns: int
    skipped_because: str | None
    outcome: Outcome | None
    cast_at: datetime | None
    contenders: list[str] | None
    counted: bool | None
    reason: str | None


class Asked(Struct, frozen=True):
    """One prompt whole, and what the sides said to it, in position order."""

    prompt: str
    answers: list[str]


class Noted(Struct, frozen=True):
    """Why the vote is not rated, and since when; the side that this is about is 0 for A and 1 for B."""

    reason: Reason
    side: int | None
    since: datetime


class Whole(Struct, frozen=True):
    """A battle with all its texts, and under `kept` what else there is, by its name."""

    battle: Past
    said: list[Asked]
    kept: dict[str, Any]


async def of(db: Db, voter_id: UUID | None, *, after: UUID | None = None, most: int) -> list[Past]:
    """The voter's battles, the newest first, from the one after this battle on."""
    return await many(
        db,
        Past,
        f"""
        {MINE}
          AND ($2::uuid IS NULL OR (battles.opened_at, battles.id)
               < (SELECT opened_at, id FROM battles WHERE id = $2 AND voter_id = $1))
        ORDER BY battles.opened_at DESC, battles.id DESC LIMIT $3
        """,  # noqa: S608 - a constant
        voter_id,
        after,
        most,
    )


async def find(db: Db, voter_id: UUID, battle_id: UUID) -> Past | None:
    """One of the voter's battles."""
    return await one(db, Past, f"{MINE} AND battles.id = $2", voter_id, battle_id)


async def whole(db: Db, voter_id: UUID | None) -> AsyncGenerator[Whole, None]:
    """All of the voter's battles with their texts, the newest first, read a few at a time; nobody's are none."""
    after = None
    while page := await of(db, voter_id, after=after, most=AT_ONCE):
        for battle in page:
            said = await turns.said(db, battle.id)
            kept = {name: await tell(db, battle.id) for name, tell in TELLERS.items()}
            yield Whole(battle, [Asked(turn.prompt, [answer.text for answer in turn.answers]) for turn in said], kept)
        after = page[-1].id


async def _remarks(db: Db, battle_id: UUID) -> list[Noted]:
    standing = await exclusions.standing(db, battle_id)
    return [Noted(one.reason, one.position, one.excluded_at) for one in standing]


# What else is kept of a battle and may be told to its voter at any time: by name, and how it is read.
TELLERS: Final[dict[str, Callable[[Db, UUID], Awaitable[Any]]]] = {"remarks": _remarks}
MINE: Final = f"""
        SELECT battles.id, battles.opened_at, battles.closed_at, battles.state,
               -- Nobody is told of a control battle that they have not voted in.
               CASE WHEN battles.kind = 'control' AND votes.id IS NULL THEN 'blind' ELSE battles.kind END AS kind,
               CASE WHEN length(first.text) > {SHORT} THEN left(first.text, {SHORT}) || '…' ELSE first.text END
                   AS prompt,
               (SELECT count(*) FROM turns WHERE turns.battle_id = battles.id) AS turns,
               CASE battles.state WHEN 'skipped' THEN battles.reason END AS skipped_because,
               votes.outcome, votes.cast_at,
               CASE WHEN {reveals.TOLD} THEN nullif(ARRAY(
                   SELECT name FROM sides JOIN contenders ON contenders.id = contender_id
                   WHERE sides.battle_id = battles.id ORDER BY position
               ), '{{}}') END AS contenders,
               CASE WHEN votes.id IS NOT NULL THEN counting.counts END AS counted,
               CASE WHEN votes.id IS NULL OR counting.counts THEN NULL
                    WHEN battles.kind <> 'blind' THEN battles.kind
                    ELSE coalesce(
                        (SELECT exclusions.reason FROM exclusions
                         WHERE exclusions.battle_id = battles.id AND lifted_at IS NULL ORDER BY id LIMIT 1),
                        (SELECT CASE WHEN bool_or(committed_at <= battles.opened_at IS NOT TRUE)
                                     THEN 'private' ELSE 'warming' END
                         FROM sides JOIN contenders ON contenders.id = contender_id
                         WHERE sides.battle_id = battles.id)
                    ) END AS reason
        FROM battles
        CROSS JOIN LATERAL (
            SELECT coalesce(content->0->>'text', '') AS text FROM turns WHERE turns.battle_id = battles.id AND turn = 1
        ) AS first
        CROSS JOIN LATERAL (SELECT {COUNTS} AS counts) AS counting
        LEFT JOIN votes ON votes.battle_id = battles.id
        WHERE battles.voter_id = $1"""  # noqa: S608 - constants
