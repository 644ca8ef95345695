"""Which two contenders meet, where each is shown, and how likely that pair was."""

from itertools import accumulate
from random import Random, SystemRandom
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.errors import Later
from arena.submission.endpoints import Entrant

RULE: Final = "rates-1"
CHOSEN: Final = "chosen"

_chance: Final = SystemRandom()


class TooFewContenders(Later):
    """Fewer than two contenders can answer at the moment, so no battle can be opened. Try again in a minute."""


class Pairing(Struct, frozen=True):
    """Contenders in position order, the rule that drew them and the probability of this unordered pair.

    `shares` is how likely each endpoint of the draw was to be one of the two. Where somebody chose, nothing was drawn:
    there is no probability and there are no shares.
    """

    entrants: tuple[Entrant, ...]
    rule: str
    propensity: float | None
    shares: dict[UUID, float]


def draw(entrants: list[Entrant], *, chance: Random = _chance) -> Pairing:
    """Draw an unordered pair with a probability proportional to the product of its rates, then who is shown first.

    With rates r of sum S the first is drawn in proportion to rᵢ(S − rᵢ) and the second among the others to rⱼ: every
    ordered pair is then as likely as rᵢrⱼ, so neither position belongs to anybody. Chance comes from the operating
    system by default, so that nobody can foresee a pair.
    """
    entrants = [entrant for entrant in entrants if entrant.rate > 0]
    if len(entrants) < 2:
        raise TooFewContenders
    rates = [entrant.rate for entrant in entrants]
    pairs = _of_all_pairs(rates)
    meeting = _with_any(rates)
    first = chance.choices(entrants, meeting)[0]
    others = [entrant for entrant in entrants if entrant is not first]
    second = chance.choices(others, [entrant.rate for entrant in others])[0]
    shares = {entrant.target.endpoint_id: min(1.0, met / pairs) for entrant, met in zip(entrants, meeting, strict=True)}
    return Pairing((first, second), RULE, min(1.0, first.rate * second.rate / pairs), shares)


def chosen(entrants: list[Entrant]) -> Pairing:
    """These contenders in this order, because somebody wants to see them."""
    return Pairing(tuple(entrants), CHOSEN, None, {})


def _with_any(rates: list[float]) -> list[float]:
    """Each rᵢ(S − rᵢ), without the subtraction, in which a small rest beside a large rate would be lost."""
    before = accumulate(rates[:-1], initial=0.0)
    after = reversed(list(accumulate(reversed(rates[1:]), initial=0.0)))
    return [rate * (sum_before + sum_after) for rate, sum_before, sum_after in zip(rates, before, after, strict=True)]


def _of_all_pairs(rates: list[float]) -> float:
    """The sum of rᵢrⱼ over all unordered pairs, of terms that are all positive, so that nothing is lost in it."""
    total = before = 0.0
    for rate in rates:
        total += rate * before
        before += rate
    return total
