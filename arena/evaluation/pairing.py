"""Which two contenders meet, and how likely that pair was."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from random import Random, SystemRandom
from typing import Final, TypeAlias
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.errors import Later
from arena.submission.endpoints import Entrant
from arena.submission.lifecycle import State
from rating import allocation
from rating.allocation import Known, Shares
from rating.arrays import Codes, Flags, Matrix, Vector

# Where nothing has been rated yet, a pair's probability is in proportion to the product of its rates alone.
RULE: Final = "rates-1"
MIXTURE: Final = "mixture-1"
CHOSEN: Final = "chosen"

Pair: TypeAlias = frozenset[UUID]

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


@dataclass(frozen=True, eq=False, kw_only=True)
class Ground:
    """What is known of the contenders when a pair is drawn: M of them, by their place in the arrays.

    `allowed` (M x M) is who may meet; `known` is None before anything was rated.
    """

    places: dict[UUID, int]
    allowed: Flags
    known: Known | None
    shares: Shares


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """The probabilities of all pairs of some entrants that may meet.

    `low` and `high` are the pairs' places among the entrants, `until` the sums of their chances up to each.
    """

    rule: str
    low: Codes
    high: Codes
    chances: Vector
    until: Vector
    shares: Vector


def draw(entrants: list[Entrant], *, ground: Ground | None = None, chance: Random = _chance) -> Pairing:
    """Draw an unordered pair of these, then who is shown first.

    Without a ground the probability is in proportion to the product of the rates. Chance comes from the operating
    system by default, so that nobody can foresee a pair.
    """
    entrants = drawable(entrants, ground)
    return drawn(entrants, tabulate(entrants, ground), chance=chance)


def drawable(entrants: list[Entrant], ground: Ground | None) -> list[Entrant]:
    """Those of the entrants that can be drawn: with a rate, and known to the ground, if there is one."""
    return [one for one in entrants if one.rate > 0 and (ground is None or one.contender_id in ground.places)]


def drawn(
    entrants: Sequence[Entrant], table: Table, *, without: Collection[Pair] = (), chance: Random = _chance
) -> Pairing:
    """Draw a pair by the table of these entrants, but not one of those it shall be `without`, if there are others.

    The propensity is that of the pair given what it was drawn without.
    """
    if without:
        table = _without(entrants, table, without)
    place = np.searchsorted(table.until, chance.random() * table.until[-1], side="right")
    pair = min(int(place), len(table.until) - 1)
    both = (entrants[table.low[pair]], entrants[table.high[pair]])
    ids = (entrant.target.endpoint_id for entrant in entrants)
    return Pairing(
        both if chance.random() < 0.5 else both[::-1],
        table.rule,
        min(1.0, float(table.chances[pair])),
        dict(zip(ids, table.shares.tolist(), strict=True)),
    )


def tabulate(entrants: Sequence[Entrant], ground: Ground | None) -> Table:
    """The probability of every pair of these entrants; TooFewContenders where no two of them may meet."""
    rates = np.array([entrant.rate for entrant in entrants])
    places = np.array([ground.places[one.contender_id] for one in entrants] if ground else [], dtype=np.int64)
    weights = np.outer(rates, rates)
    np.fill_diagonal(weights, 0.0)
    if ground:
        weights *= ground.allowed[np.ix_(places, places)]
    if not weights.any():
        raise TooFewContenders
    if ground is None or ground.known is None:
        return _table(RULE, weights)
    counted = np.array([entrant.state is State.LISTED for entrant in entrants])
    return _table(MIXTURE, allocation.mixed(weights, _among(ground.known, places, counted), shares=ground.shares))


def chosen(entrants: list[Entrant]) -> Pairing:
    """These contenders in this order, because somebody wants to see them."""
    return Pairing(tuple(entrants), CHOSEN, None, {})


def _among(known: Known, places: Codes, counted: Flags) -> Known:
    return Known(
        theta=known.theta[places],
        gain=known.gain[np.ix_(places, places)],
        rated=known.rated[places] & counted,
        newcomers=known.newcomers[places],
        group=known.group[places],
    )


def _table(rule: str, weights: Matrix) -> Table:
    low, high = np.nonzero(np.triu(weights))
    return _of_pairs(rule, low, high, weights[low, high], len(weights))


def _of_pairs(rule: str, low: Codes, high: Codes, amounts: Vector, size: int) -> Table:
    """The table of these pairs; all sums are of terms that are positive, so that nothing is lost in them."""
    chances = amounts / amounts.sum()
    shares = np.bincount(low, chances, minlength=size) + np.bincount(high, chances, minlength=size)
    return Table(rule=rule, low=low, high=high, chances=chances, until=chances.cumsum(), shares=np.minimum(shares, 1.0))


def _without(entrants: Sequence[Entrant], table: Table, pairs: Collection[Pair]) -> Table:
    ids = [entrant.contender_id for entrant in entrants]
    left = np.array(
        [frozenset((ids[i], ids[j])) not in pairs for i, j in zip(table.low, table.high, strict=True)], dtype=np.bool_
    )
    if not left.any():
        return table
    return _of_pairs(table.rule, table.low[left], table.high[left], table.chances[left], len(entrants))
