"""What the arena says of itself, a module for each kind of thing that it speaks of."""

from typing import Final

from arena.publishing.factbook import REGISTER, Fact
from arena.publishing.facts import battles, policy, ratings

__all__ = ["ALL", "battles", "policy", "ratings"]

ALL: Final[dict[str, Fact]] = REGISTER
