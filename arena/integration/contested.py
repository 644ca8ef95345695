"""Contested: how far judges agree with people on the battles that judges did not settle, from people's second looks.

Apart from all other figures of a judge, because these battles were chosen for being hard: agreement is low here by the
choice alone, and tells nothing of the battles on which judges agree.
"""

from itertools import groupby

from msgspec import Struct

from arena.db import Db, many
from arena.evaluation.selections import COUNTS
from rating import proportions


class Contested(Struct, frozen=True, kw_only=True):
    """A judge on contested battles: of `looks` at `battles`, where neither says tie, so many `agreed`.

    `share` is that part, with an interval over battles; without an interval for a single battle.
    """

    judge: str
    name: str
    battles: int
    looks: int
    agreed: int
    share: float
    lower: float | None
    upper: float | None


class _Met(Struct, frozen=True):
    judge: str
    name: str
    agreed: int
    looks: int


async def of(db: Db) -> list[Contested]:
    """Every judge that has said something of a battle that people looked at, as it is now, by address."""
    rows = await many(
        db,
        _Met,
        f"""
        SELECT judges.slug AS judge, judges.name, count(*) AS looks,
               count(*) FILTER (WHERE ((second_looks.outcome = 'a') <> turned) = (verdicts.outcome = 'a')) AS agreed
        FROM second_looks JOIN battles ON battles.id = second_looks.battle_id
        JOIN verdicts ON verdicts.battle_id = battles.id
        JOIN judges ON judges.id = verdicts.judge_id AND judges.version = verdicts.version
        WHERE second_looks.outcome IN ('a', 'b') AND verdicts.outcome IN ('a', 'b') AND NOT verdicts.own_family
          AND judges.state = 'listed' AND {COUNTS}
        GROUP BY judges.slug, judges.name, battles.id ORDER BY judges.slug, battles.id
        """,  # noqa: S608 - a constant
    )
    return [_summed(list(met)) for _, met in groupby(rows, key=lambda row: row.judge)]


def _summed(met: list[_Met]) -> Contested:
    agreed, looks = sum(each.agreed for each in met), sum(each.looks for each in met)
    within = proportions.clustered([each.agreed for each in met], [each.looks for each in met])
    return Contested(
        judge=met[0].judge,
        name=met[0].name,
        battles=len(met),
        looks=looks,
        agreed=agreed,
        share=agreed / looks,
        lower=within.lower if within else None,
        upper=within.upper if within else None,
    )
