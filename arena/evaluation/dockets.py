"""Dockets: which pairs a judge run is about, battles or answers to a prompt set, and whose answers they are."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct

from arena.db import Db, many, one
from arena.errors import Refused
from arena.evaluation import families, prompt_sets
from arena.evaluation.prompt_sets import NotFrozen, State
from arena.submission import names
from arena.submission.judges import Judge
from judge import Pair, Turn

# The most bytes that the marks around a prompt or an answer have.
MARKS: Final = 120


class Docket(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which pairs are judged: battles that were voted on, the newest first, as far as all of this fits them.

    With `contenders`, by slug, both sides are among them. With `unvoted`, battles are judged, too, that were answered
    to their end and closed without a vote: a combined board learns from these. With `prompt_set`, the pairs
    are answers to its prompts that have no reference; with `opponents`, too, one side is among the contenders and the
    other among the opponents.
    """

    since: datetime | None = None
    until: datetime | None = None
    category: Annotated[str, Meta(max_length=100)] | None = None
    contenders: Annotated[list[str], Meta(max_length=1000)] = []
    unvoted: bool = False
    prompt_set: Annotated[str, Meta(max_length=100)] | None = None
    opponents: Annotated[list[str], Meta(max_length=1000)] = []
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


async def candidates(db: Db, selection: Docket) -> list[Candidate]:
    """The pairs selected."""
    if selection.prompt_set is not None:
        return await answers(db, selection, selection.prompt_set)
    if selection.opponents:
        raise Refused("Opponents are chosen for the answers to a prompt set: name one, too.", field="opponents")
    return await battles(db, selection)


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


async def answers(db: Db, selection: Docket, name: str) -> list[Candidate]:
    """Two answers each to prompts of a set that have no reference, in the set's order.

    Where there is a reference the answers are held against it and no model is asked. A pair is the same whatever the
    order in which its contenders are named, so that it is judged once.
    """
    found = await prompt_sets.require(db, name)
    if found.state not in (State.FROZEN, State.USED_UP):
        raise NotFrozen
    await _check(db, selection)
    return await many(
        db,
        Candidate,
        """
        WITH given AS (
            SELECT set_answers.id, prompt_id, contender_id, text,
                   $3::text[] = '{}' OR slug = ANY($3) AS chosen, slug = ANY($4::text[]) AS opposed,
                   ARRAY[contenders.name, organisation, coalesce(model, '')] AS names
            FROM set_answers JOIN contenders ON contenders.id = contender_id LEFT JOIN endpoints USING (contender_id)
            WHERE format = 'plain' AND committed_at IS NOT NULL
              AND prompt_id IN (SELECT id FROM set_prompts WHERE set_id = $1)
        )
        SELECT set_prompts.id AS prompt_id, ARRAY[first.id, second.id] AS answer_ids,
               ARRAY[first.contender_id, second.contender_id] AS contender_ids, first.names || second.names AS names,
               octet_length(content) + octet_length(first.text) + octet_length(second.text) + 3 * $6 AS octets
        FROM set_prompts JOIN given AS first ON first.prompt_id = set_prompts.id
        JOIN given AS second ON second.prompt_id = set_prompts.id AND first.id < second.id
        WHERE reference IS NULL AND ($2::text IS NULL OR category = $2)
          AND CASE WHEN $4::text[] = '{}' THEN first.chosen AND second.chosen
                   ELSE (first.chosen AND second.opposed) OR (first.opposed AND second.chosen) END
        ORDER BY position, first.id, second.id LIMIT $5
        """,
        *(found.id, selection.category, selection.contenders, selection.opponents, selection.most),
        MARKS,
    )


async def _check(db: Db, selection: Docket) -> None:
    if selection.since or selection.until:
        raise Refused("Answers to a prompt set are not chosen by time.", field="since" if selection.since else "until")
    for slug in (*selection.contenders, *selection.opponents):
        await names.known(db, slug)


async def answered(db: Db, answer_ids: list[UUID]) -> Pair | None:
    """A prompt of a set with two answers to it."""
    asked = await one(
        db,
        _Asked,
        """
        SELECT content AS prompt, ARRAY[first.text, second.text] AS answers
        FROM set_answers AS first JOIN set_answers AS second USING (prompt_id)
        JOIN set_prompts ON set_prompts.id = prompt_id
        WHERE first.id = $1 AND second.id = $2
        """,
        *answer_ids,
    )
    return Pair(turns=(Turn(asked.prompt, (asked.answers[0], asked.answers[1])),)) if asked else None


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
