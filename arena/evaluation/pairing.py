"""Which two contenders meet, where each is shown, and how likely that pair was."""

from random import Random, SystemRandom
from typing import Final

from msgspec import Struct

from arena.errors import Later
from arena.submission.endpoints import Entrant

RULE: Final = "uniform-1"

_chance: Final = SystemRandom()


class TooFewContenders(Later):
    """Fewer than two contenders can answer at the moment, so no battle can be opened. Try again in a minute."""


class Pairing(Struct, frozen=True):
    """Two contenders in position order, the rule that drew them and the probability of this unordered pair."""

    entrants: tuple[Entrant, Entrant]
    rule: str
    propensity: float


def draw(entrants: list[Entrant], *, chance: Random = _chance) -> Pairing:
    """Draw an unordered pair uniformly, then toss who is shown first.

    Chance comes from the operating system by default, so that nobody can foresee a pair or its positions.
    """
    if len(entrants) < 2:
        raise TooFewContenders
    first, second = chance.sample(entrants, 2)
    pairs = len(entrants) * (len(entrants) - 1) / 2
    return Pairing((first, second), RULE, 1 / pairs)
