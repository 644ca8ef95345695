"""Kinds of battles: what one is for."""

from enum import StrEnum


class Kind(StrEnum):
    """What a battle is for; only blind ones are rated."""

    BLIND = "blind"
    NAMED = "named"
    DIRECT = "direct"
    CONTROL = "control"

    @property
    def chosen(self) -> bool:
        """Whether the voter chose the sides, and so knows who they are."""
        return self in (Kind.NAMED, Kind.DIRECT)

    @property
    def sides(self) -> int:
        """How many answer."""
        return 1 if self is Kind.DIRECT else 2
