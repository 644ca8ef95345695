"""Verdicts on prompt sets: how often judges hold a contender's answers to be the better ones."""

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from arena.db import Db, many
from rating import proportions


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
