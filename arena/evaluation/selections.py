"""Selections: which of the votes that count a board asks for."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db
from arena.evaluation.languages import Language


class Turns(StrEnum):
    """How many prompts a battle had."""

    ANY = "any"
    ONE = "one"
    SEVERAL = "several"


class Selection(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which votes are asked for; as it comes it is all of them.

    `since` and `until` are when a vote was cast, the second no more within. Without `refusals` a battle is left out in
    which an answer declined, or may have done. Without `exclusions` what was excluded counts as if it had not been.
    What a field says by default is left out where it is written down, so that a field that comes later changes nothing.
    """

    category: str | None = None
    language: Language | None = None
    turns: Turns = Turns.ANY
    since: datetime | None = None
    until: datetime | None = None
    refusals: bool = True
    exclusions: bool = True

    @property
    def styled(self) -> bool:
        """Whether only votes are asked for whose answers' style features are known."""
        return False

    @property
    def whole(self) -> bool:
        """Whether every vote that counts is asked for."""
        return self.exclusions and not chosen(self)[1]


ALL: Final = Selection()

# A vote counts in a blind battle that nothing excludes, once both contenders have been listed, and where the public had
# been told of both before the battle was opened: nobody tests many variants in private and keeps the votes of the best.
TOO_EARLY = "(listed_at IS NULL OR committed_at IS NULL OR committed_at > battles.opened_at)"
BLIND: Final = f"""
        battles.kind = 'blind'
        AND NOT EXISTS (
            SELECT FROM sides JOIN contenders ON contenders.id = sides.contender_id
            JOIN endpoints ON endpoints.id = sides.endpoint_id
            WHERE sides.battle_id = battles.id AND {TOO_EARLY}
        )"""
COUNTS: Final = f"""
        {BLIND}
        AND NOT EXISTS (SELECT FROM exclusions WHERE exclusions.battle_id = battles.id AND lifted_at IS NULL)"""

# Each reads `votes`, `battles` and `tags`, which has no row for a battle that was never answered.
_CATEGORY: Final = "tags.categories @> ARRAY[${place}::text]"
_LANGUAGE: Final = "tags.language = ${place}"
_SEVERAL: Final = "EXISTS (SELECT FROM turns WHERE turns.battle_id = battles.id AND turn = 2) = (${place} = 'several')"
_SINCE: Final = "votes.cast_at >= ${place}"
_UNTIL: Final = "votes.cast_at < ${place}"
# What nobody has looked at may be a refusal.
_REFUSALS: Final = """
        EXISTS (SELECT FROM styles WHERE styles.battle_id = battles.id AND refusal IS NOT FALSE) = ${place}::boolean"""
_STYLED: Final = """
        EXISTS (SELECT FROM styles WHERE styles.battle_id = battles.id AND characters IS NULL) <> ${place}::boolean"""

# The style features of a battle's two sides, each the sum of its turns, where they are known.
FORM: Final = """
        JOIN (
            SELECT battle_id, array_agg(features ORDER BY position) AS features
            FROM (
                SELECT battle_id, position, ARRAY[sum(characters), sum(headings), sum(lists), sum(bold)] AS features
                FROM styles GROUP BY battle_id, position HAVING bool_and(characters IS NOT NULL)
            ) AS each_side
            GROUP BY battle_id HAVING count(*) = 2
        ) AS form ON form.battle_id = battles.id"""


def chosen(selection: Selection, *, first: int = 1) -> tuple[str, list[Any]]:
    """What keeps to the votes asked for, each condition begun with AND, and its values, numbered from `first` on.

    What is not asked for is not in it, so that PostgreSQL plans each question by itself.
    """
    asked: list[tuple[str, Any]] = [
        (_CATEGORY, selection.category),
        (_LANGUAGE, selection.language),
        (_SEVERAL, None if selection.turns is Turns.ANY else selection.turns),
        (_SINCE, selection.since),
        (_UNTIL, selection.until),
        (_REFUSALS, None if selection.refusals else False),
        (_STYLED, selection.styled or None),
    ]
    conditions = [(condition, value) for condition, value in asked if value is not None]
    sql = "".join(f" AND {one.replace('{place}', str(first + at))}" for at, (one, _) in enumerate(conditions))
    return sql, [value for _, value in conditions]


def counts(selection: Selection) -> str:
    """What a vote must be to count on a board that asks for this selection."""
    return COUNTS if selection.exclusions else BLIND


async def count(db: Db, selection: Selection, *, most: int | None = None) -> int:
    """How many of the votes that count are asked for; where that is more than `most`, no more are counted."""
    asked, values = chosen(selection, first=2)
    number: int = await db.fetchval(
        f"""
        SELECT count(*) FROM (
            SELECT FROM votes JOIN battles ON battles.id = votes.battle_id LEFT JOIN tags ON tags.battle_id = battles.id
            WHERE {counts(selection)} {asked} LIMIT $1
        ) AS found
        """,  # noqa: S608 - constants
        most,
        *values,
    )
    return number


async def asks(db: Db, selection: Selection, vote_ids: Sequence[UUID]) -> bool:
    """Whether any of these votes is asked for, whether it counts by now or is excluded."""
    asked, values = chosen(selection, first=2)
    found: bool = await db.fetchval(
        f"""
        SELECT EXISTS (
            SELECT FROM votes JOIN battles ON battles.id = votes.battle_id LEFT JOIN tags ON tags.battle_id = battles.id
            WHERE votes.id = ANY($1) AND battles.kind = 'blind' {asked}
        )
        """,  # noqa: S608 - constants
        list(vote_ids),
        *values,
    )
    return found
