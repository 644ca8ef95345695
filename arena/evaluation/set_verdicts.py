"""Verdicts on prompt sets: how often judges hold a contender's answers to be the better ones."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many
from arena.evaluation.prompt_sets import PromptSet
from rating import Outcome, proportions


class Preferred(Struct, frozen=True, kw_only=True):
    """How a judge took a contender's answers to a set, each beside an opponent's answer to the same prompt.

    Of `pairs` with a verdict `unscored` say nothing; of the others so many were `won`, `tied` and `lost`. `share` is
    what was won, ties by half, with an interval over prompts; None where nothing is scored, and no interval for one
    prompt. Answers of the judge's own family are left out.
    """

    prompt_set: str
    contender: str
    judge: str
    judge_name: str
    opponents: int
    prompts: int
    pairs: int
    unscored: int
    won: int
    tied: int
    lost: int
    share: float | None
    lower: float | None
    upper: float | None


class _Counted(Struct, frozen=True, kw_only=True):
    prompt_set: str
    contender: str
    judge: str
    judge_name: str
    opponents: int
    pairs: int
    unscored: int
    won: list[int]
    tied: list[int]
    lost: list[int]


# The latest verdict of a judge on a pair is the one that counts, seen from either side.
SEEN = """
        WITH latest AS (
            SELECT DISTINCT ON (judge_id, answer_ids) judge_id, prompt_id, answer_ids, outcome
            FROM verdicts
            WHERE NOT own_family AND prompt_id IN (
                SELECT prompt_id FROM set_answers JOIN set_prompts ON set_prompts.id = prompt_id
                WHERE ($1::uuid IS NULL OR set_id = $1)
                  AND ($2::text IS NULL OR contender_id = (SELECT id FROM contenders WHERE slug = $2)))
            ORDER BY judge_id, answer_ids, judged_at DESC
        ),
        seen AS (
            SELECT set_id, judge_id, latest.prompt_id, own.contender_id, other.contender_id AS opponent_id,
                   CASE WHEN outcome IN ('tie', 'both_bad') THEN 'tied'
                        WHEN (outcome = 'a') = (answer_ids[1] = own.id) THEN 'won'
                        WHEN outcome IS NOT NULL THEN 'lost' END AS end
            FROM latest JOIN set_prompts ON set_prompts.id = latest.prompt_id
            JOIN set_answers AS own ON own.id = ANY(answer_ids)
            JOIN set_answers AS other ON other.id = ANY(answer_ids) AND other.id <> own.id
        ),
        counted AS (
            SELECT set_id, judge_id, contender_id, prompt_id, count(*) AS pairs,
                   count(*) FILTER (WHERE "end" IS NULL) AS unscored, count(*) FILTER (WHERE "end" = 'won') AS won,
                   count(*) FILTER (WHERE "end" = 'tied') AS tied, count(*) FILTER (WHERE "end" = 'lost') AS lost
            FROM seen GROUP BY set_id, judge_id, contender_id, prompt_id
        )
        SELECT prompt_sets.slug AS prompt_set, contenders.slug AS contender, judges.slug AS judge,
               judges.name AS judge_name,
               (SELECT count(DISTINCT opponent_id) FROM seen WHERE seen.set_id = counted.set_id
                AND seen.judge_id = counted.judge_id AND seen.contender_id = counted.contender_id) AS opponents,
               sum(pairs)::bigint AS pairs, sum(unscored)::bigint AS unscored,
               array_agg(won) AS won, array_agg(tied) AS tied, array_agg(lost) AS lost
        FROM counted JOIN prompt_sets ON prompt_sets.id = counted.set_id
        JOIN judges ON judges.id = counted.judge_id JOIN contenders ON contenders.id = counted.contender_id
        WHERE committed_at IS NOT NULL AND ($2::text IS NULL OR contenders.slug = $2)
        GROUP BY prompt_sets.slug, contenders.slug, judges.slug, judges.name, counted.set_id, counted.judge_id,
                 counted.contender_id
        ORDER BY prompt_sets.slug, judges.slug, contenders.slug"""


async def of(db: Db, *, set_id: UUID | None = None, contender: str | None = None) -> list[Preferred]:
    """How judges took answers to a set, or a contender's, of contenders that the public knows of."""
    return [_preferred(row) for row in await many(db, _Counted, SEEN, set_id, contender)]


def _preferred(row: _Counted) -> Preferred:
    won, tied, lost = sum(row.won), sum(row.tied), sum(row.lost)
    lower, upper = _ends(row.won, row.tied, row.lost)
    return Preferred(
        prompt_set=row.prompt_set,
        contender=row.contender,
        judge=row.judge,
        judge_name=row.judge_name,
        opponents=row.opponents,
        prompts=len(row.won),
        pairs=row.pairs,
        unscored=row.unscored,
        won=won,
        tied=tied,
        lost=lost,
        share=(won + tied / 2) / (won + tied + lost) if won + tied + lost else None,
        lower=lower,
        upper=upper,
    )


def _ends(won: Sequence[int], tied: Sequence[int], lost: Sequence[int]) -> tuple[float | None, float | None]:
    """The interval of the share; a pair counts as two trials, so that a tie is one hit, in clusters by prompt."""
    halves = [2 * wins + ties for wins, ties in zip(won, tied, strict=True)]
    trials = [2 * sum(ends) for ends in zip(won, tied, lost, strict=True)]
    found = proportions.clustered(halves, trials)
    return (None, None) if found is None else (found.lower, found.upper)


class VerdictListed(Struct, frozen=True, kw_only=True):
    """A verdict on two answers to a prompt of a set; `contenders` are in the order in which `outcome` has them.

    Nothing that was asked, answered or replied is in it. `position` is the prompt's place in its set, and `prompt` its
    id there, None while the set hides its prompts. `unscored` says why there is no outcome; verdicts of the judge's
    `own_family` count nowhere.
    """

    id: UUID
    judge: str
    version: str
    position: int
    prompt: str | None
    contenders: tuple[str, str]
    outcome: Outcome | None
    share: float | None
    consistent: bool | None
    confidence: float | None
    unscored: str | None
    own_family: bool
    judged_at: datetime


async def listed(db: Db, prompt_set: PromptSet, *, after: UUID | None, most: int) -> list[VerdictListed]:
    """The verdicts on a set, the oldest first, of contenders that the public knows of, from after one of them on."""
    return await many(
        db,
        VerdictListed,
        """
        SELECT verdicts.id, judges.slug AS judge, verdicts.version, set_prompts.position,
               CASE WHEN $2 THEN set_prompts.name END AS prompt, met.contenders, outcome, share, consistent, confidence,
               unscored, verdicts.own_family, judged_at
        FROM verdicts JOIN judges ON judges.id = judge_id JOIN set_prompts ON set_prompts.id = prompt_id
        CROSS JOIN LATERAL (
            SELECT array_agg(contenders.slug ORDER BY number) AS contenders,
                   bool_and(committed_at IS NOT NULL) AS public
            FROM unnest(answer_ids) WITH ORDINALITY AS shown (id, number)
            JOIN set_answers USING (id) JOIN contenders ON contenders.id = contender_id
        ) AS met
        WHERE set_id = $1 AND met.public AND judges.listed_at IS NOT NULL
          AND ($3::uuid IS NULL OR (judged_at, verdicts.id) > (SELECT judged_at, id FROM verdicts WHERE id = $3))
        ORDER BY judged_at, verdicts.id LIMIT $4
        """,
        *(prompt_set.id, prompt_set.shows_prompts, after, most),
    )
