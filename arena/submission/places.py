"""Places in lists that are ordered by a count: the most first, and by name where counts are level."""

from typing import Final

from msgspec import Struct

from arena.errors import NoSuchCursor

MOST_DIGITS: Final = 15


class Place(Struct, frozen=True):
    """Where a reader is in such a list: at the last line that they have."""

    count: int
    name: str

    @property
    def cursor(self) -> str:
        """The place as a reader sends it back."""
        return f"{self.count}.{self.name}"


START: Final = Place(10**MOST_DIGITS, "")


def read(cursor: str) -> Place:
    """The place that a cursor names; without one it is the start."""
    if not cursor:
        return START
    count, _, name = cursor.partition(".")
    if not (count.isascii() and count.isdecimal() and len(count) <= MOST_DIGITS):
        raise NoSuchCursor
    return Place(int(count), name)
