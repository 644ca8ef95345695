"""Results on prompt sets: how many answers are right, what each prompt still tells apart, and what formats change."""

from math import isnan
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.db import Db, many
from arena.evaluation import set_verdicts
from arena.evaluation.formats import Format
from arena.evaluation.set_verdicts import Preferred
from rating import items, proportions
from rating.arrays import Matrix


class _Counted(Struct, frozen=True, kw_only=True):
    prompt_set: str
    set_name: str
    contender: str
    name: str
    prompts: int
    answered: int
    handed_in: int
    scored: int
    right: int
    wrong: int
    unreadable: int


class Result(_Counted, frozen=True, kw_only=True):
    """How a contender did on a set, prompts put plainly.

    `answered` of the set's `prompts` have an answer, `handed_in` of these came with a file. Of the `scored` prompts,
    which have a reference, so many answers are right, wrong, or hold nothing that could be read; `share` is the right
    among all scored ones, so that leaving a prompt out gains nothing. None where the set has no references.
    `judged` is how judges took its answers to the other prompts, each beside an opponent's.
    """

    share: float | None
    lower: float | None
    upper: float | None
    judged: list[Preferred]


class Item(Struct, frozen=True, kw_only=True):
    """What a prompt with a reference tells: of those who answered, the share that is right; None while unknown.

    `discrimination` is how being right on it goes with being right on the others, from −1 to 1.
    """

    name: str
    position: int
    answered: int
    share: float | None
    discrimination: float | None


class Validity(Struct, frozen=True):
    """What a set still tells contenders apart by: prompts that all, or none, get right tell nothing."""

    contenders: int
    saturated: int
    out_of_reach: int
    items: list[Item]


class Sensitivity(Struct, frozen=True, kw_only=True):
    """What the format of prompts changes for a contender, on those it answered in several formats.

    `p` is the chance of differences as large where formats make none; `changed` prompts are right in some formats only.
    """

    contender: str
    prompts: int
    shares: dict[Format, float]
    spread: float
    changed: int
    p: float


class _Scored(Struct, frozen=True):
    contender: str
    format: Format
    position: int
    right: bool


COUNTED = """
        SELECT prompt_sets.slug AS prompt_set, prompt_sets.name AS set_name, contenders.slug AS contender,
               contenders.name AS name, prompt_sets.prompts, count(*) AS answered, count(file_id) AS handed_in,
               (SELECT count(*) FROM set_prompts AS all_of WHERE all_of.set_id = prompt_sets.id
                AND all_of.reference IS NOT NULL) AS scored,
               count(*) FILTER (WHERE match = 'right') AS right, count(*) FILTER (WHERE match = 'wrong') AS wrong,
               count(*) FILTER (WHERE match = 'unreadable') AS unreadable
        FROM set_answers JOIN set_prompts ON set_prompts.id = prompt_id
        JOIN prompt_sets ON prompt_sets.id = set_id JOIN contenders ON contenders.id = contender_id
        WHERE format = 'plain' AND committed_at IS NOT NULL"""


async def of_set(db: Db, set_id: UUID) -> list[Result]:
    """How each contender that the public knows of did on the set, the one with the most right answers first."""
    rows = await many(
        db,
        _Counted,
        f"{COUNTED} AND set_id = $1 GROUP BY prompt_sets.id, contenders.id",
        set_id,
    )
    judged = await set_verdicts.of(db, set_id=set_id)
    return sorted(
        (_result(row, judged) for row in rows), key=lambda result: (-result.right, -result.answered, result.contender)
    )


async def of_contender(db: Db, slug: str) -> list[Result]:
    """How a contender that the public knows of did on each set that it has answered."""
    rows = await many(
        db,
        _Counted,
        f"{COUNTED} AND contenders.slug = $1 GROUP BY prompt_sets.id, contenders.id ORDER BY prompt_set",
        slug,
    )
    judged = await set_verdicts.of(db, contender=slug)
    return [_result(row, judged) for row in rows]


def _result(row: _Counted, judged: list[Preferred]) -> Result:
    counted = {name: getattr(row, name) for name in _Counted.__struct_fields__}
    own = [each for each in judged if (each.prompt_set, each.contender) == (row.prompt_set, row.contender)]
    if not row.scored:
        return Result(**counted, share=None, lower=None, upper=None, judged=own)
    found = proportions.exact(row.right, row.scored)
    return Result(**counted, share=found.share, lower=found.lower, upper=found.upper, judged=own)


async def validity(db: Db, set_id: UUID) -> Validity:
    """What each prompt with a reference still tells contenders apart by."""
    names = await db.fetch(
        "SELECT name, position FROM set_prompts WHERE set_id = $1 AND reference IS NOT NULL ORDER BY position", set_id
    )
    scored = [one for one in await _scored(db, set_id) if one.format is Format.PLAIN]
    contenders = sorted({one.contender for one in scored})
    right = _matrix(
        [(contenders.index(one.contender), one.position, one.right) for one in scored],
        len(contenders),
        [row["position"] for row in names],
    )
    found = items.items(right)
    return Validity(
        len(contenders),
        found.saturated,
        found.out_of_reach,
        [
            Item(
                name=row["name"],
                position=row["position"],
                answered=int(found.answered[place]),
                share=_known(found.share[place]),
                discrimination=_known(found.discrimination[place]),
            )
            for place, row in enumerate(names)
        ],
    )


async def sensitivities(db: Db, set_id: UUID) -> list[Sensitivity]:
    """What formats change for each contender that has answered prompts in more than one."""
    by_contender: dict[str, list[_Scored]] = {}
    for one in await _scored(db, set_id):
        by_contender.setdefault(one.contender, []).append(one)
    found = [_sensitivity(contender, scored) for contender, scored in sorted(by_contender.items())]
    return [each for each in found if each is not None]


def _sensitivity(contender: str, scored: list[_Scored]) -> Sensitivity | None:
    formats = [each for each in Format if any(one.format is each for one in scored)]
    positions = sorted({one.position for one in scored})
    right = _matrix([(formats.index(one.format), one.position, one.right) for one in scored], len(formats), positions).T
    whole = right[~np.isnan(right).any(axis=1)]
    if len(formats) < 2 or not len(whole):
        return None
    found = items.spread(whole)
    return Sensitivity(
        contender=contender,
        prompts=len(whole),
        shares={each: float(share) for each, share in zip(formats, found.shares, strict=True)},
        spread=found.spread,
        changed=found.changed,
        p=found.p,
    )


async def _scored(db: Db, set_id: UUID) -> list[_Scored]:
    return await many(
        db,
        _Scored,
        """
        SELECT slug AS contender, format, position, match = 'right' AS right
        FROM set_answers JOIN set_prompts ON set_prompts.id = prompt_id JOIN contenders ON contenders.id = contender_id
        WHERE set_id = $1 AND match IS NOT NULL AND committed_at IS NOT NULL
        """,
        set_id,
    )


def _matrix(cells: list[tuple[int, int, bool]], rows: int, positions: list[int]) -> Matrix:
    """Who was right where: positions become columns, and NaN stands where there is no answer."""
    place = {position: column for column, position in enumerate(positions)}
    matrix = np.full((rows, len(positions)), np.nan)
    for row, position, right in cells:
        matrix[row, place[position]] = right
    return matrix


def _known(value: float) -> float | None:
    return None if isnan(value) else float(value)
