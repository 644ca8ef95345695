"""Named: a contender as whatever was computed once still calls it."""

from msgspec import Struct


class Named(Struct, frozen=True):
    """A contender: its slug, and its name when the votes were counted."""

    contender: str
    name: str
