"""Judge rows: what a judge said of battles, beside the votes on them that count and what is known of the answers."""

from uuid import UUID

from msgspec import Struct

from arena.db import Db, many
from arena.evaluation.selections import COUNTS
from rating import Outcome


class Told(Struct, frozen=True, kw_only=True):
    """A verdict on a battle with what is known of that; `vote` is None where the people's vote does not count.

    `first` and `second` are the levels (-2 to 2 for the first side) that the judge gave when the first side was shown
    first, and when it was shown second. `prompt` is equal where the same was asked. `characters` and `lists` are those
    of both sides, None where they are not known.
    """

    outcome: Outcome | None
    consistent: bool | None
    confidence: float | None
    unscored: str | None
    first: int | None
    second: int | None
    cost: float | None
    seconds: float | None
    vote: Outcome | None
    voter: UUID
    prompt: UUID
    categories: list[str]
    contender_ids: list[UUID]
    characters: list[int] | None
    lists: list[int] | None


async def of(db: Db, judge_id: UUID, version: str) -> list[Told]:
    """What this version of a judge said of battles, the oldest first; no price where its endpoint names none."""
    return await many(
        db,
        Told,
        f"""
        SELECT verdicts.outcome, consistent, confidence, unscored, seconds,
               (readings->0->>'level')::int AS first, (readings->1->>'level')::int AS second,
               CASE WHEN num_nulls(prompt_price, answer_price) < 2 THEN verdicts.cost END AS cost,
               votes.outcome AS vote, voter_id AS voter, coalesce(tags.prompt, battles.id) AS prompt,
               coalesce(categories, '{{}}') AS categories, met.contender_ids, form.characters, form.lists
        FROM verdicts JOIN judges ON judges.id = judge_id JOIN endpoints ON endpoints.id = endpoint_id
        JOIN battles ON battles.id = battle_id
        LEFT JOIN votes ON votes.battle_id = battles.id AND {COUNTS}
        LEFT JOIN tags ON tags.battle_id = battles.id
        CROSS JOIN LATERAL (
            SELECT array_agg(contender_id ORDER BY position) AS contender_ids
            FROM sides WHERE sides.battle_id = battles.id
        ) AS met
        LEFT JOIN LATERAL (
            SELECT array_agg(characters ORDER BY position) AS characters, array_agg(lists ORDER BY position) AS lists
            FROM (
                SELECT position, sum(characters) AS characters, sum(lists) AS lists
                FROM styles WHERE styles.battle_id = battles.id
                GROUP BY position HAVING bool_and(characters IS NOT NULL)
            ) AS each_side HAVING count(*) = 2
        ) AS form ON true
        WHERE verdicts.judge_id = $1 AND verdicts.version = $2
        ORDER BY judged_at, verdicts.id
        """,  # noqa: S608 - a constant
        *(judge_id, version),
    )
