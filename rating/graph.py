"""Who can be compared with whom: groups, and the contenders whose strength has no finite estimate."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from rating.arrays import Codes, Flags, Matrix, Vector
from rating.likelihood import Ties


class Standing(StrEnum):
    """Where a contender stands in its group's graph of wins (a tie counts as a win each way)."""

    SETTLED = "settled"
    UNBEATEN = "unbeaten"
    WINLESS = "winless"
    SEPARATED = "separated"


@dataclass(frozen=True, eq=False)
class Separation:
    """The standing of each contender of one group, and on which sides its strength is unbounded."""

    standing: tuple[Standing, ...]
    open_below: Flags
    open_above: Flags

    @property
    def settled(self) -> Flags:
        """The contenders whose strengths, among themselves, have a finite maximum-likelihood estimate."""
        return np.array([standing is Standing.SETTLED for standing in self.standing], dtype=np.bool_)


def edges(table: Matrix, ties: Ties) -> Matrix:
    """M x M, above zero where i is held up by j: wins of i over j, and ties, which count both ways.

    Ties count only where the rule uses them, and only where the votes bound the tie level: else strengths may run
    away together with it, as those of two contenders of whom one never won, however often they tied.
    """
    decided = table[0] + table[1].T
    tied = table[2] + table[3]
    tied = tied + tied.T
    if ties is Ties.DROP or (ties.modelled and not _level_bounded(decided, tied)):
        return np.asarray(decided)
    return np.asarray(decided + tied / 2)


def met(table: Matrix, ties: Ties) -> Matrix:
    """M x M, symmetric: how often each pair met, tied battles only where the rule uses them."""
    used = table[:2].sum(axis=0) if ties is Ties.DROP else table.sum(axis=0)
    return np.asarray(used + used.T)


def position_bounded(table: Matrix, ties: Ties) -> bool:
    """Whether the votes bound the position effect: no strengths let it grow, or fall, without end."""
    tied = (table[2] + table[3]) * (ties is not Ties.DROP)
    first, second = table[0] + tied > 0, table[1] + tied > 0
    return not _stretched(second.T, first) and not _stretched(first, second.T)


def _level_bounded(decided: Matrix, tied: Matrix) -> bool:
    """Whether no strengths exist in which every win spans at least one step and every tie at most one.

    If such strengths exist, multiples of them with the tie level in step never lower the likelihood.
    """
    if not len(decided) or (np.minimum(decided, decided.T) > 0).any():
        return True
    return not _stretched(decided > 0, tied > 0)


def _stretched(wide: Flags, near: Flags) -> bool:
    """Whether strengths exist with θⱼ - θᵢ ≤ -1 where `wide` is marked at [i, j], and ≤ 1 where `near` is.

    They are potentials of these constraints, and exist unless there is a negative cycle.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import NegativeCycleError, bellman_ford

    constraints = np.ones((len(wide) + 1, len(wide) + 1))
    constraints[:, -1] = 0.0
    constraints[:-1, :-1] = np.where(wide, -1.0, np.where(near, 1.0, 0.0))
    try:
        bellman_ford(csr_array(constraints), indices=[len(wide)])  # The last row leads to everybody.
    except NegativeCycleError:
        return False
    return True


def groups(games: Matrix) -> Codes:
    """The group of each contender: contenders joined by games, however indirectly; the largest is 0.

    Between groups nothing can be compared. Groups of one size are ordered by their games, then by their
    first contender.
    """
    if _leads_everywhere(games + games.T):
        return np.zeros(len(games), dtype=np.int64)
    from scipy.sparse.csgraph import connected_components

    count, label = connected_components(games, directed=False)
    return _largest_first(label.astype(np.int64), count, games.sum(axis=1))


def strong(wins: Matrix) -> Codes:
    """The strong component of each contender in the graph of "i beat j", numbered as groups are.

    A finite maximum exists if and only if there is one component (Ford 1957).
    """
    if _leads_everywhere(wins) and _leads_everywhere(wins.T):
        return np.zeros(len(wins), dtype=np.int64)
    from scipy.sparse.csgraph import connected_components

    count, label = connected_components(wins, directed=True, connection="strong")
    return _largest_first(label.astype(np.int64), count, (wins + wins.T).sum(axis=1))


def separation(wins: Matrix) -> Separation:
    """Where each contender of one group stands.

    The largest strong component is settled, unless it is a single contender. A contender that no chain of
    wins leads down to from there has no upper bound, one from which no chain leads there no lower bound:
    along that direction the likelihood never falls. Where nobody is settled, the unbeaten have no upper
    bound, the winless no lower one, and the rest neither.
    """
    edges, component = wins > 0, strong(wins)
    settled = (component == 0) & (np.count_nonzero(component == 0) > 1)
    unbeaten: Flags = np.count_nonzero(edges, axis=0) == 0
    winless: Flags = np.count_nonzero(edges, axis=1) == 0
    if settled.any():
        main = int(np.argmax(settled))
        open_above, open_below = ~_reached(wins, main), ~_reached(wins.T, main)
    else:
        open_above, open_below = unbeaten | ~winless, winless | ~unbeaten
    return Separation(
        tuple(_standing(*marks) for marks in zip(settled, unbeaten, winless, strict=True)), open_below, open_above
    )


def _standing(settled: bool, unbeaten: bool, winless: bool) -> Standing:
    if settled:
        return Standing.SETTLED
    if unbeaten == winless:
        return Standing.SEPARATED
    return Standing.UNBEATEN if unbeaten else Standing.WINLESS


def _reached(wins: Matrix, start: int) -> Flags:
    edges, reached = wins > 0, np.zeros(len(wins), dtype=np.bool_)
    fresh: Flags = np.arange(len(wins)) == start
    while fresh.any():
        reached |= fresh
        fresh = edges[fresh].any(axis=0) & ~reached
    return reached


def _leads_everywhere(wins: Matrix) -> bool:
    # Most boards are of one piece, which is told without scipy: that takes longer to load than they take to rate.
    return len(wins) > 0 and bool(_reached(wins, 0).all())


def _largest_first(label: Codes, count: int, games: Vector) -> Codes:
    members = np.bincount(label, minlength=count)
    weight = np.bincount(label, games, minlength=count)
    first = np.unique(label, return_index=True)[1]
    number = np.empty(count, dtype=np.int64)
    number[np.lexsort((first, -weight, -members))] = np.arange(count)
    return number[label]
