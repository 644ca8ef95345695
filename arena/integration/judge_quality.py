"""Judge quality: how good each version of a judge is, measured when its verdicts or the votes beside them change."""

import asyncio
import math
from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct, structs

from arena.db import Db, Pool, many
from arena.evaluation import categories, estimates, families, style
from arena.integration import judge_measures, judge_rows
from arena.integration.judge_measures import Figures
from arena.submission import judges
from arena.submission.judges import Judge

# Part of every mark: where figures are made in another way, all are made anew.
METHOD: Final = f"judge-1 {categories.CLASSIFIER} {style.VERSION}"


class Quality(Struct, frozen=True, kw_only=True):
    """The figures of a version of a judge, and when they were measured."""

    judge_id: UUID
    version: str
    figures: Figures
    measured_at: datetime


class Ranked(Struct, frozen=True, kw_only=True):
    """A judge on the judge board; without ranks where too few battles have both its verdict and a vote that counts."""

    judge: Judge
    quality: Quality | None
    rank_lower: int | None = None
    rank_upper: int | None = None


class _Due(Struct, frozen=True):
    judge_id: UUID
    version: str
    family: str
    contender_id: UUID
    mark: str


class _Named(Struct, frozen=True):
    id: UUID
    names: list[str]


async def measure(db: Pool) -> int:
    """Measure anew what has changed since it was measured, and say how many versions of judges that were.

    Votes never change, so the mark has what is said, what is excluded, and for the judge as it is now the day as well:
    the ratings that leanings are held against move a little with every refit.
    """
    due = await many(
        db,
        _Due,
        """
        WITH marked AS (
            SELECT judge_id, verdicts.version,
                   concat_ws(' ', $1::text, count(*), extract(epoch FROM max(judged_at)),
                             count(*) FILTER (WHERE EXISTS (
                                 SELECT FROM exclusions
                                 WHERE exclusions.battle_id = verdicts.battle_id AND lifted_at IS NULL)),
                             CASE WHEN verdicts.version = judges.version
                                  THEN (now() AT TIME ZONE 'UTC')::date END) AS mark
            FROM verdicts JOIN judges ON judges.id = judge_id WHERE battle_id IS NOT NULL
            GROUP BY judge_id, verdicts.version, judges.version
        )
        SELECT marked.judge_id, marked.version, family, contender_id, marked.mark
        FROM marked JOIN judges ON judges.id = marked.judge_id JOIN endpoints ON endpoints.id = endpoint_id
        LEFT JOIN judge_qualities AS kept ON kept.judge_id = judges.id AND kept.version = marked.version
        WHERE kept.mark IS DISTINCT FROM marked.mark
        ORDER BY slug, marked.version
        """,
        METHOD,
    )
    for each in due:
        await _measure(db, each)
    return len(due)


async def _measure(db: Pool, due: _Due) -> None:
    found = await estimates.read(db)
    strengths = dict(zip(found.contender_ids, found.theta.tolist(), strict=True)) if found else {}
    told = await judge_rows.of(db, due.judge_id, due.version)
    own = await _own(db, due, list({contender for each in told for contender in each.contender_ids}))
    figures = await asyncio.to_thread(judge_measures.of, told, strengths, own)
    await db.execute(
        """
        INSERT INTO judge_qualities (judge_id, version, mark, figures) VALUES ($1, $2, $3, $4)
        ON CONFLICT (judge_id, version) DO UPDATE
        SET mark = EXCLUDED.mark, figures = EXCLUDED.figures, measured_at = now()
        """,
        *(due.judge_id, due.version, due.mark, figures),
    )


async def _own(db: Db, due: _Due, contender_ids: list[UUID]) -> set[UUID]:
    """Those who are the judge itself or of its family."""
    named = await many(
        db,
        _Named,
        """
        SELECT contenders.id, array_agg(model) || ARRAY[contenders.name, organisation] AS names
        FROM contenders JOIN endpoints ON contender_id = contenders.id
        WHERE contenders.id = ANY($1) GROUP BY contenders.id
        """,
        contender_ids,
    )
    return {each.id for each in named if each.id == due.contender_id or families.akin(due.family, each.names)}


async def place(db: Db, judge: Judge) -> Ranked:
    """The judge with its ranks among all that judge here or have; without ranks where it never did."""
    ranked = await board(db, await judges.listed(db))
    return next((row for row in ranked if row.judge.id == judge.id), Ranked(judge=judge, quality=None))


async def board(db: Db, found: Sequence[Judge]) -> list[Ranked]:
    """These judges as they are now, the best first and those at the end of whom too little is known to rank them.

    They are ranked by Cohen's kappa against people, which takes agreement by chance off and counts ties; a judge's best
    rank is after all those whose interval lies above its own, its worst before all whose interval lies below.
    """
    kept = await many(
        db,
        Quality,
        "SELECT judge_id, judge_qualities.version, figures, measured_at "
        "FROM judge_qualities JOIN judges ON judges.id = judge_id AND judges.version = judge_qualities.version "
        "WHERE judge_id = ANY($1)",
        [judge.id for judge in found],
    )
    qualities = {quality.judge_id: quality for quality in kept}
    return _ranked([Ranked(judge=judge, quality=qualities.get(judge.id)) for judge in found])


def _ranked(rows: list[Ranked]) -> list[Ranked]:
    ends = {row.judge.slug: found for row in rows if (found := _ends(row)) is not None}

    def rank(row: Ranked) -> Ranked:
        if row.judge.slug not in ends:
            return row
        lower, _, upper = ends[row.judge.slug]
        above = sum(other[0] > upper for other in ends.values())
        below = sum(other[2] < lower for other in ends.values())
        return structs.replace(row, rank_lower=1 + above, rank_upper=len(ends) - below)

    def place(row: Ranked) -> tuple[float, str]:
        return -ends[row.judge.slug][1] if row.judge.slug in ends else math.inf, row.judge.slug

    return sorted(map(rank, rows), key=place)


def _ends(row: Ranked) -> tuple[float, float, float] | None:
    """The ends of a judge's kappa and itself between them; None where it can't be ranked by it."""
    overall = row.quality.figures.overall if row.quality else None
    if overall is None or not overall.judge.enough:
        return None
    kappa = overall.judge.kappa
    if kappa.value is None or kappa.lower is None or kappa.upper is None:
        return None
    return kappa.lower, kappa.value, kappa.upper
