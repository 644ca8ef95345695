"""Influence: how few votes turn the board, and whose votes move it most."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from rating import bradley_terry
from rating.arrays import Codes, Matrix, Vector, centred
from rating.bradley_terry import Fit
from rating.counts import Counts
from rating.outcomes import POINTS
from rating.tally import Tally

# More votes than this are not counted: a board that holds against so many is not fragile.
MOST_VOTES = 1_000_000
# A vote that alone decides its pair can't be dropped in a formula; how much that tells is left at this.
WORST_LEVER = 0.95


class Act(StrEnum):
    """What is done to votes."""

    DROP = "drop"
    FLIP = "flip"
    ADD = "add"


@dataclass(frozen=True)
class Change:
    """The fewest votes found with which `riser` passes `leader`.

    `predicted` is what the influence of single votes says, `votes` what a refit needs; None where all the votes there
    are don't do it. `cells` are the votes, as (who won or was said to tie, against whom, how many), the most telling
    first.
    """

    act: Act
    leader: int
    riser: int
    predicted: int | None
    votes: int | None
    cells: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, eq=False)
class _Kind:
    """Votes of one kind in cells (M x M): what one does to the gap, to the wins of row and column, and how many."""

    effect: Matrix
    for_row: float
    for_column: float
    votes: Matrix


@dataclass(frozen=True, eq=False)
class _Moves:
    """Cells of equal votes in the order of what one of them does: to the gap, to the wins of the row and the column."""

    rows: Codes
    columns: Codes
    effect: Vector
    counts: Vector
    for_row: Vector
    for_column: Vector

    def after(self, wins: Matrix, votes: int) -> Matrix:
        """The wins once that many votes were acted on."""
        before = np.concatenate([[0.0], np.cumsum(self.counts)[:-1]])
        taken = np.clip(votes - before, 0.0, self.counts)
        changed = wins.copy()
        np.add.at(changed, (self.rows, self.columns), taken * self.for_row)
        np.add.at(changed, (self.columns, self.rows), taken * self.for_column)
        return changed

    def needed(self, gap: float) -> int | None:
        """How many votes take the gap away if each does what it does alone; None if all of them don't."""
        if not len(self.effect):
            return None
        before = np.concatenate([[0.0], np.cumsum(self.counts[:-1])])
        pushed = np.concatenate([[0.0], np.cumsum((self.effect * self.counts)[:-1])])
        place = int(np.searchsorted(pushed, gap)) - 1
        votes = float(before[place] + (gap - pushed[place]) / self.effect[place])
        return max(1, int(np.ceil(votes))) if votes <= float(before[place] + self.counts[place]) else None

    def cells(self, votes: int) -> tuple[tuple[int, int, int], ...]:
        """What is acted on, cell by cell."""
        left, found = votes, []
        for row, column, count in zip(self.rows, self.columns, self.counts, strict=True):
            if left <= 0:
                break
            found.append((int(row), int(column), int(min(left, np.ceil(count)))))
            left -= found[-1][2]
        return tuple(found)


class Board:
    """A board's plain fit (ties as halves) and what single votes do to it; theta is aligned with the contenders."""

    def __init__(self, counts: Counts) -> None:
        """Fit the counts once."""
        self._counts = counts
        self._wins = counts.wins
        self.fit: Fit = bradley_terry.of_wins(self._wins)
        self._spread = centred(np.asarray(np.linalg.inv(self.fit.information)))
        own, chance = self._spread.diagonal(), self.fit.chances
        self._stiff = chance * (1 - chance) * (own[:, None] + own - 2 * self._spread)

    @property
    def ranked(self) -> Codes:
        """The contenders from the strongest on."""
        return np.argsort(-self.fit.theta, kind="stable")

    def unseated(self, act: Act) -> Change | None:
        """The fewest votes that take the first rank from its holder; None on a board of one."""
        first, *others = (int(place) for place in self.ranked)
        return self._fewest(act, [(first, other) for other in others])

    def changed(self, act: Act, top: int = 5) -> Change | None:
        """The fewest votes that bring somebody else among the top; None where everybody is."""
        ranked = [int(place) for place in self.ranked]
        return self._fewest(act, [(one, other) for one in ranked[:top] for other in ranked[top:]])

    def passed(self, contender: int) -> Change | None:
        """The fewest added votes, each where it tells most, with which the contender passes the next above it."""
        above = self._above(contender)
        return None if above is None else self._change(Act.ADD, above, contender)

    def passed_directly(self, contender: int) -> int | None:
        """How many votes for the contender, against everybody alike, let it pass the next above it."""
        above, size = self._above(contender), len(self.fit.theta)
        if above is None:
            return None
        won = np.zeros((size, size))
        won[contender] = 1 / (size - 1)
        won[contender, contender] = 0.0
        lever = self.push(above, contender)
        each = ((1 - self.fit.chances[contender]) * (lever - lever[contender]))[np.arange(size) != contender].mean()
        predicted = int(np.ceil((self.fit.theta[above] - self.fit.theta[contender]) / each)) if each > 0 else None
        return self._least(predicted, MOST_VOTES, above, contender, lambda votes: self._wins + votes * won)

    def push(self, leader: int, riser: int) -> Vector:
        """c = A(e_leader - e_riser) (M): what a point for a contender is worth to the gap."""
        return np.asarray(self._spread[:, leader] - self._spread[:, riser])

    def _above(self, contender: int) -> int | None:
        place = int(np.flatnonzero(self.ranked == contender)[0])
        return int(self.ranked[place - 1]) if place else None

    def _fewest(self, act: Act, pairs: list[tuple[int, int]]) -> Change | None:
        """The cheapest of these changes; pairs that can't be cheaper than one found are left alone."""
        best: Change | None = None
        for floor, leader, riser in sorted((self._floor(act, *pair), *pair) for pair in pairs):
            if best is not None and best.votes is not None and floor > 1.5 * best.votes:
                break
            found = self._change(act, leader, riser)
            if best is None or (found.votes or np.inf) < (best.votes or np.inf):
                best = found
        return best

    def _floor(self, act: Act, leader: int, riser: int) -> float:
        """What no change is cheaper than, as far as single votes tell: the gap over the most telling vote."""
        gap = float(self.fit.theta[leader] - self.fit.theta[riser])
        kinds = self._kinds(act, leader, riser)
        most = max(float(np.max(kind.effect, where=kind.votes > 0, initial=0.0)) for kind in kinds)
        return gap / most if most > 0 else np.inf

    def _change(self, act: Act, leader: int, riser: int) -> Change:
        moves = self._moves(act, leader, riser)
        predicted = moves.needed(float(self.fit.theta[leader] - self.fit.theta[riser]))
        most = int(min(moves.counts.sum(), MOST_VOTES))
        votes = self._least(predicted, most, leader, riser, lambda votes: moves.after(self._wins, votes))
        return Change(act, leader, riser, predicted, votes, moves.cells(votes) if votes else ())

    def _moves(self, act: Act, leader: int, riser: int) -> _Moves:
        kinds = self._kinds(act, leader, riser)
        if act is not Act.ADD:
            return _ordered(kinds)
        # What can be added has no end, so all of it goes where one vote tells most.
        place = np.unravel_index(np.argmax(kinds[0].effect), kinds[0].effect.shape)
        return _ordered(kinds, np.array(place)[:, None])

    def _kinds(self, act: Act, leader: int, riser: int) -> list[_Kind]:
        """What one vote of each cell takes from the gap θ_leader - θ_riser.

        With c = A(e_leader - e_riser), a vote that r beats c and that is dropped takes (y - p)(c_r - c_c) / (1 - wR),
        R = A_rr + A_cc - 2 A_rc and w = p(1 - p); one that is added takes the same from the other side, over 1 + wR;
        one that is flipped takes c_r - c_c.
        """
        push, chance = self.push(leader, riser), self.fit.chances
        lever = push[:, None] - push
        if act is Act.ADD:
            return [_Kind((chance - 1) * lever / (1 + self._stiff), 1.0, 0.0, np.full(lever.shape, np.inf))]
        if act is Act.FLIP:
            return [_Kind(lever, -1.0, 1.0, self._counts.decided)]
        levered = lever / (1 - np.minimum(self._stiff, WORST_LEVER))
        return [
            _Kind((1 - chance) * levered, -1.0, 0.0, self._counts.decided),
            _Kind((0.5 - chance) * levered, -0.5, -0.5, np.triu(self._counts.ties)),
        ]

    def _least(
        self, predicted: int | None, most: int, leader: int, riser: int, wins: Callable[[int], Matrix]
    ) -> int | None:
        """The fewest votes at which a refit puts the riser level with the leader or above, near the prediction."""

        def turned(votes: int) -> bool:
            theta = bradley_terry.of_wins(wins(votes)).theta
            return bool(theta[riser] >= theta[leader])

        high = min(predicted or most, most)
        while high and not turned(high):
            if high >= most:
                return None
            high = min(high + max(1, high // 4), most)
        low = 0
        # The prediction is near, so the search begins just below it.
        step = max(1, high // 4)
        while high - step > 0 and turned(high - step):
            high, step = high - step, step * 2
        low = max(high - step, 0)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if turned(middle) else (middle, high)
        return high or None


def _ordered(kinds: list[_Kind], cells: Codes | None = None) -> _Moves:
    """All cells of the kinds whose votes narrow the gap, or those given (2 x C), the most telling first."""
    found = []
    for kind in kinds:
        rows, columns = np.nonzero((kind.effect > 0) & (kind.votes > 0)) if cells is None else cells
        ones = np.ones(len(rows))
        each = kind.effect[rows, columns], kind.votes[rows, columns], kind.for_row * ones, kind.for_column * ones
        found.append((rows, columns, np.stack(each)))
    amounts = np.concatenate([part[2] for part in found], axis=1)
    order = np.argsort(-amounts[0], kind="stable")
    rows, columns = (np.concatenate([part[place] for part in found])[order] for place in (0, 1))
    return _Moves(rows, columns, *amounts[:, order])


def voters(tally: Tally, board: Board, leader: int, riser: int) -> Vector:
    """How far each voter (V, by code) moves θ_leader - θ_riser: the sum of (y - p)(c_first - c_second) of their votes.

    To first order it would go with them; positive is for the leader. Without voters, each vote's own.
    """
    push = board.push(leader, riser)
    points = np.array(POINTS)[tally.outcome]
    own = (points - board.fit.chances[tally.first, tally.second]) * (push[tally.first] - push[tally.second])
    return np.asarray(own if tally.voter is None else np.bincount(tally.voter, own))
