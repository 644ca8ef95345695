"""Dockets: which pairs a judge run is about, and whose answers they are."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from arena.db import Db, many
from arena.evaluation import families
from arena.submission.judges import Judge
from judge import Pair, Turn

# The most bytes that the marks around a prompt or an answer have.
MARKS: Final = 120


class Docket(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which battles are judged: those that were voted on, the newest first, as far as all of this fits them.

    With `contenders`, by slug, both sides are among them. With `unvoted`, battles are judged, too, that were answered
    to their end and closed without a vote: a combined board learns from these.
    """

    since: datetime | None = None
    until: datetime | None = None
    category: Annotated[str, Meta(max_length=100)] | None = None
    contenders: Annotated[list[str], Meta(max_length=1000)] = []
    unvoted: bool = False
    most: Annotated[int, Meta(ge=1, le=100_000)] = 1000


class Candidate(Struct, frozen=True, kw_only=True):
    """A pair that may be judged: a battle, or two answers to a prompt of a set.

    `names` are what its contenders, their organisations and their models are called; `octets` is how long it is.
    """

    battle_id: UUID | None = None
    prompt_id: UUID | None = None
    answer_ids: list[UUID] | None = None
    contender_ids: list[UUID]
    names: list[str]
    octets: int


class _Asked(Struct, frozen=True):
    prompt: str
    answers: list[str]


async def battles(db: Db, selection: Docket) -> list[Candidate]:
    """The battles selected.

    A judge may be anybody's server, so none gets what was deleted, what was found to hold personal data, or what a
    contender that is tested in private said; and nothing that an exclusion keeps from being rated.
    """
    return await many(
        db,
        Candidate,
        """
        SELECT battles.id AS battle_id, met.contender_ids, met.names, long.octets
        FROM battles
        CROSS JOIN LATERAL (
            SELECT array_agg(contenders.id ORDER BY position) AS contender_ids,
                   array_agg(slug) AS slugs, bool_and(committed_at IS NOT NULL) AS public,
                   array_agg(contenders.name) || array_agg(organisation) || array_agg(model) AS names
            FROM sides JOIN contenders ON contenders.id = contender_id JOIN endpoints ON endpoints.id = endpoint_id
            WHERE sides.battle_id = battles.id
        ) AS met
        CROSS JOIN LATERAL (
            SELECT (SELECT coalesce(sum(octet_length(content::text) + $6), 0) FROM turns WHERE battle_id = battles.id)
                 + (SELECT coalesce(sum(octet_length(content::text) + $6), 0) FROM answers WHERE battle_id = battles.id)
                 AS octets
        ) AS long
        WHERE (battles.state = 'voted' OR ($7 AND battles.state IN ('skipped', 'expired') AND NOT EXISTS (
                  SELECT FROM turns WHERE turns.battle_id = battles.id
                  AND (SELECT count(*) FROM answers
                       WHERE answers.battle_id = battles.id AND answers.turn = turns.turn) < 2)))
          AND battles.kind = 'blind' AND deleted_at IS NULL AND met.public
          AND ($1::timestamptz IS NULL OR opened_at >= $1) AND ($2::timestamptz IS NULL OR opened_at < $2)
          AND ($3::text IS NULL OR EXISTS (SELECT FROM tags WHERE battle_id = battles.id AND $3 = ANY(categories)))
          AND ($4::text[] = '{}' OR met.slugs <@ $4)
          AND NOT EXISTS (SELECT FROM exclusions WHERE battle_id = battles.id AND lifted_at IS NULL)
          AND NOT EXISTS (SELECT FROM gate_findings WHERE battle_id = battles.id AND gate = 'personal')
        ORDER BY opened_at DESC, battles.id LIMIT $5
        """,
        *(selection.since, selection.until, selection.category, selection.contenders, selection.most),
        MARKS,
        selection.unvoted,
    )


async def pair(db: Db, battle_id: UUID) -> Pair | None:
    """What was asked and answered in a battle; None where the text was deleted meanwhile."""
    rows = await many(
        db,
        _Asked,
        """
        SELECT turns.content->0->>'text' AS prompt, array_agg(answers.content->0->>'text' ORDER BY position) AS answers
        FROM turns JOIN answers USING (battle_id, turn) JOIN battles ON battles.id = turns.battle_id
        WHERE turns.battle_id = $1 AND deleted_at IS NULL
        GROUP BY turns.turn, turns.content ORDER BY turns.turn
        """,
        battle_id,
    )
    turns = [Turn(row.prompt, (row.answers[0], row.answers[1])) for row in rows]
    return Pair(turns=tuple(turns)) if turns else None


def own(judge: Judge, candidate: Candidate) -> bool:
    """Whether the judge would judge itself, or an answer of its family."""
    return judge.contender_id in candidate.contender_ids or families.akin(judge.family, candidate.names)
