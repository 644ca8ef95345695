"""The study's matrix: which smells it met at what of a leaderboard, and which of our checks look there.

Zhao et al., “On the workflows and smells of leaderboard operations (LBOps)”, arXiv 2407.04065, 2025: 438 cases.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from arena.publishing.checkup import Check, Entity, Smell

# How many cases the study has of each smell.
CASES: Final[dict[Smell, int]] = {
    Smell.CONFUSING: 46,
    Smell.DEPRECATED: 4,
    Smell.INACCESSIBLE: 29,
    Smell.MISDISPLAYED: 15,
    Smell.MISMATCHED: 22,
    Smell.MISSING: 165,
    Smell.REDUNDANT: 9,
    Smell.UNRESPONSIVE: 148,
}
# Where it met them; a cell without a number is one whose cases we know in the smell's sum alone.
STUDY: Final[dict[Smell, dict[Entity, int | None]]] = {
    Smell.CONFUSING: {
        Entity.METRIC: None,
        Entity.PROTOCOL: None,
        Entity.RAW_DATA: 12,
        Entity.TASK: None,
        Entity.SCORE: None,
        Entity.MODEL: None,
        Entity.RANKING_TABLE: None,
        Entity.SUBMISSION_CHANNEL: 20,
    },
    Smell.DEPRECATED: {Entity.TASK: None, Entity.RANKING_TABLE: None},
    Smell.INACCESSIBLE: {
        Entity.RAW_DATA: None,
        Entity.SCORE: None,
        Entity.MODEL: None,
        Entity.RANKING_TABLE: 17,
        Entity.SUBMISSION_CHANNEL: 7,
    },
    Smell.MISDISPLAYED: {Entity.METRIC: 5, Entity.PROTOCOL: None, Entity.SCORE: None, Entity.RANKING_TABLE: 6},
    Smell.MISMATCHED: {
        Entity.METRIC: None,
        Entity.PROTOCOL: None,
        Entity.RAW_DATA: None,
        Entity.TASK: 5,
        Entity.SCORE: 5,
        Entity.MODEL: 5,
        Entity.RANKING_TABLE: None,
    },
    Smell.MISSING: {
        Entity.METRIC: 2,
        Entity.PROTOCOL: 4,
        Entity.RAW_DATA: 1,
        Entity.SCORE: 7,
        Entity.MODEL: 51,
        Entity.RANKING_TABLE: 90,
        Entity.SUBMISSION_CHANNEL: 10,
    },
    Smell.REDUNDANT: {Entity.TASK: 2, Entity.SCORE: 2, Entity.MODEL: 2, Entity.RANKING_TABLE: 3},
    Smell.UNRESPONSIVE: {Entity.HARNESS: 1, Entity.RANKING_TABLE: 142, Entity.SUBMISSION_CHANNEL: 5},
}
# The study ends where a table is published; releases are ours.
ADDED: Final = (
    (Smell.DEPRECATED, Entity.RELEASE),
    (Smell.MISMATCHED, Entity.RELEASE),
    (Smell.MISSING, Entity.RELEASE),
)


class Cell(Struct, frozen=True, kw_only=True):
    """A smell at a kind of thing: `asked` where the study or we name it, and the checks that look there.

    `cases` is how many the study has of it, None where it has none, or none that are counted apart.
    """

    smell: Smell
    entity: Entity
    asked: bool
    cases: int | None
    checks: list[str]

    @property
    def studied(self) -> bool:
        """Whether the study has cases of it."""
        return self.entity in STUDY[self.smell]

    @property
    def uncovered(self) -> bool:
        """Whether something is asked for here and no check looks."""
        return self.asked and not self.checks


def cells(checks: Mapping[str, Check]) -> list[Cell]:
    """Every cell, smell by smell."""
    return [_cell(smell, entity, checks.values()) for smell in Smell for entity in Entity]


def _cell(smell: Smell, entity: Entity, checks: Iterable[Check]) -> Cell:
    return Cell(
        smell=smell,
        entity=entity,
        asked=entity in STUDY[smell] or (smell, entity) in ADDED,
        cases=STUDY[smell].get(entity),
        checks=[check.id for check in checks if check.smell is smell and entity in check.entities],
    )
