"""Selections: which of the votes that count a board asks for."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from arena.evaluation.languages import Language


class Turns(StrEnum):
    """How many prompts a battle had."""

    ANY = "any"
    ONE = "one"
    SEVERAL = "several"


class Selection(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which votes are asked for; as it comes it is all of them.

    `since` and `until` are when a vote was cast, the second no more within. Without `refusals` a battle is left out in
    which an answer declined to answer. `styled` takes only battles whose answers' style features are known. What a
    field says by default is left out where it is written down, so that a field that comes later changes nothing.
    """

    category: str | None = None
    language: Language | None = None
    turns: Turns = Turns.ANY
    since: datetime | None = None
    until: datetime | None = None
    refusals: bool = True

    @property
    def values(self) -> tuple[Any, ...]:
        """The values of SELECTED, in its order."""
        return self.category, self.language, self.turns, self.since, self.until, self.refusals

    @property
    def whole(self) -> bool:
        """Whether every vote that counts is asked for."""
        return self.values == Selection().values


# Reads `votes`, `battles` and `tags`, which has no row for a battle that was never answered.
SELECTED: Final = """
        ($1::text IS NULL OR tags.categories @> ARRAY[$1::text])
        AND ($2::text IS NULL OR tags.language = $2)
        AND ($3::text = 'any' OR EXISTS (
            SELECT FROM turns WHERE turns.battle_id = battles.id AND turn = 2
        ) = ($3 = 'several'))
        AND ($4::timestamptz IS NULL OR votes.cast_at >= $4)
        AND ($5::timestamptz IS NULL OR votes.cast_at < $5)
        AND ($6::boolean OR NOT EXISTS (
            SELECT FROM styles WHERE styles.battle_id = battles.id AND (refusal OR refusal IS NULL)
        ))"""
