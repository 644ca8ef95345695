"""Movement: the change of each rating between two fits of a board, split exactly by refits on the way between them.

The way leads from the first fit to the second in five steps, each of which changes one thing, and a part of the change
is what its step adds. The order is fixed: **method**, the first fit's votes rated as the second rates; **removed**
votes, those between stayers that the second no longer counts; **reweighting** of those that both count; **others**,
the contenders who leave take their votes with them and those who enter bring theirs, which also moves the average that
ratings are relative to; and **new** votes between stayers. Each part depends on this order, since what a vote moves
depends on the votes that are there already. It begins with what is nobody's doing (method, exclusions, weights), so
that the votes that people have cast are judged last, under the rules and among the contenders that hold now.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

import numpy as np

from rating import bradley_terry, counts, graph
from rating.arrays import Codes, Flags, Matrix, Vector
from rating.counts import UNITS
from rating.errors import RatingError
from rating.likelihood import Ties
from rating.scale import Scale, of_reference, shares
from rating.tally import Tally

# Ratings that are further (in points) from a refit of their votes were made of other votes, or in another way.
CLOSE: Final = 1e-3


class Part(StrEnum):
    """What a part of a change comes from, in the order of the steps."""

    METHOD = "method"
    REMOVED = "removed"
    REWEIGHTED = "reweighted"
    OTHERS = "others"
    NEW = "new"


class Fate(StrEnum):
    """What can be said of a contender.

    Its change is `split`; it `entered` or `left`; it is `regrouped` where its groups in the two fits are not the same
    one, whose ratings nothing compares; it is `replaced` where the votes that both fits count do not join it to the
    others, so that its change is known, but not its parts.
    """

    SPLIT = "split"
    ENTERED = "entered"
    LEFT = "left"
    REGROUPED = "regrouped"
    REPLACED = "replaced"


@dataclass(frozen=True)
class Method:
    """How votes become ratings: the rule for ties, the prior, the style features, and the reference set with its level.

    The mean of the reference set's strengths, weighted, lies at `level`; where none of it is, the group's at 1000.
    """

    ties: str = Ties.DAVIDSON.value
    prior: float = 1.0
    style: tuple[str, ...] = ()
    reference: Mapping[str, float] = field(default_factory=dict)
    level: float = 1000.0

    @property
    def rule(self) -> Ties:
        """The rule for ties; at equal style there is only one."""
        return Ties.HALF if self.style else Ties.named(self.ties)


@dataclass(frozen=True, eq=False)
class Shared:
    """The votes of two fits, each once (N): whether the first and whether the second counts it, and what it weighs.

    `votes` has contenders and outcomes; its own weights are not looked at. Weights are in units of 2^-20 of a vote,
    None for one each. `columns` has the style columns NAME_a and NAME_b that either method names.
    """

    votes: Tally
    counted: tuple[Flags, Flags]
    weights: tuple[Codes | None, Codes | None] = (None, None)
    columns: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class End:
    """One of the two fits: its method and the ratings that were published (M), NaN for those of whom none was.

    Who has a vote takes part in the fit, published or not; a rating that was not is that of the refit.
    """

    method: Method
    ratings: Vector


@dataclass(frozen=True, eq=False)
class Movement:
    """The split for each of M contenders: `parts` is 5 x M points in the order of Part, NaN unless the fate is SPLIT.

    `change` (M) is the second rating less the first, NaN unless both are on one scale; the parts add up to it.
    """

    contenders: tuple[str, ...]
    fates: tuple[Fate, ...]
    change: Vector
    parts: Matrix


@dataclass(frozen=True, eq=False)
class _State:
    """A place on the way: the votes that count, what they weigh, who takes part, and how they are rated."""

    rows: Flags
    weight: Codes | None
    among: Flags
    method: Method

    def same(self, other: "_State", votes: Tally) -> bool:
        """Whether nothing differs that a rating depends on."""
        if self.method != other.method or (self.among != other.among).any():
            return False
        # What a style feature is worth is told by all votes, those of other groups too.
        ours, theirs = (state.rows if self.method.style else state.inside(votes) for state in (self, other))
        if (ours != theirs).any():
            return False
        return bool((_units(self.weight, ours)[ours] == _units(other.weight, ours)[ours]).all())

    def inside(self, votes: Tally) -> Flags:
        """The votes that count between those who take part."""
        return np.asarray(self.rows & self.among[votes.first] & self.among[votes.second])


def split(shared: Shared, first: End, second: End) -> Movement:
    """Split what each contender's rating changed by into the five parts, which add up to it.

    Groups of the two fits belong together where they share the most contenders. Who is tied to the others only by
    votes that one of the fits does not count is taken as leaving and entering again: it is REPLACED, and what that
    moves is part of what others move. Ratings that are not those of their votes, by their method, are RatingError.
    """
    ends, size = (first, second), len(shared.votes.contenders)
    there = [_met(shared, side) for side in (0, 1)]
    fates = np.full(size, Fate.REGROUPED, dtype=object)
    fates[there[0] & ~there[1]], fates[there[1] & ~there[0]] = Fate.LEFT, Fate.ENTERED
    change, parts = np.full(size, np.nan), np.full((len(Part), size), np.nan)
    for groups in _matched(*(_groups(shared, side, end, there[side]) for side, end in enumerate(ends))):
        both, core = groups[0] & groups[1], _core(shared, groups, ends)
        way = _way(shared, _states(shared, groups, core, ends), core, ends)
        fates[both], fates[core] = Fate.REPLACED, Fate.SPLIT
        change[both] = (way[-1] - way[0])[both]
        parts[:, core] = np.diff(way, axis=0)[:, core]
    return Movement(shared.votes.contenders, tuple(fates), change, parts)


def _met(shared: Shared, side: int) -> Flags:
    """The contenders who take part in one of the fits."""
    rows, there = shared.counted[side], np.zeros(len(shared.votes.contenders), dtype=np.bool_)
    there[shared.votes.first[rows]] = there[shared.votes.second[rows]] = True
    return there


def _groups(shared: Shared, side: int, end: End, there: Flags) -> list[Flags]:
    """The groups of one fit, the largest first."""
    label = _labels(shared, _State(shared.counted[side], shared.weights[side], there, end.method))
    return [found for number in range(label.max(initial=-1) + 1) if (found := (label == number) & there).any()]


def _matched(before: Sequence[Flags], after: Sequence[Flags]) -> list[tuple[Flags, Flags]]:
    """The groups that belong together, those that share the most contenders first."""
    overlaps = [(-int((g & h).sum()), i, j) for i, g in enumerate(before) for j, h in enumerate(after)]
    taken: list[tuple[int, int]] = []
    for count, i, j in sorted(overlaps):
        if count and all(i != one and j != other for one, other in taken):
            taken.append((i, j))
    return [(before[i], after[j]) for i, j in taken]


def _core(shared: Shared, groups: tuple[Flags, Flags], ends: tuple[End, End]) -> Flags:
    """The contenders of both groups whom the votes join at every place on the way.

    Fewer of them leave more votes in place, so that the search ends.
    """
    core = groups[0] & groups[1]
    while True:
        joined = core
        for state in _states(shared, groups, core, ends):
            label = _labels(shared, state)
            joined = joined & (label == np.bincount(label[joined]).argmax())
        if (joined == core).all():
            return core
        core = joined


def _states(shared: Shared, groups: tuple[Flags, Flags], core: Flags, ends: tuple[End, End]) -> list[_State]:
    """The six places on the way, the two fits being its ends."""
    votes, (before, after), (former, latter) = shared.votes, groups, (end.method for end in ends)
    old, new = shared.counted
    inner = core[votes.first] & core[votes.second]
    kept, common = old & ~(inner & ~new), inner & old & new
    weighed = [_units(weight, old) for weight in shared.weights]
    # Until a reference set is there, the one before it goes on.
    present = {votes.contenders[place] for place in np.nonzero(before)[0]}
    meanwhile = latter
    if not latter.reference.keys() <= present:
        meanwhile = replace(latter, reference=former.reference, level=former.level)
    return [
        _State(old, shared.weights[0], before, former),
        _State(old, shared.weights[0], before, meanwhile),
        _State(kept, shared.weights[0], before, meanwhile),
        _State(kept, np.where(common, weighed[1], weighed[0]), before, meanwhile),
        _State(common | (new & ~inner), shared.weights[1], after, latter),
        _State(new, shared.weights[1], after, latter),
    ]


def _way(shared: Shared, states: list[_State], core: Flags, ends: tuple[End, End]) -> Matrix:
    """The ratings at each place (6 x M); a step that changes nothing moves nothing."""
    begin, finish = (
        _published(_ratings(shared, state, core), end.ratings)
        for state, end in zip((states[0], states[-1]), ends, strict=True)
    )
    still = [earlier.same(later, shared.votes) for earlier, later in pairwise(states)]
    last = len(states) - 1
    while last > 1 and still[last - 1]:
        last -= 1
    found = [begin]
    for place in range(1, last):
        found.append(found[-1] if still[place - 1] else _ratings(shared, states[place], core))
    return np.stack([*found, *[finish] * (len(states) - last)])


def _published(refitted: Vector, published: Vector) -> Vector:
    """The ratings that were published, and where none was, those of the refit, which the others must agree with."""
    if (np.abs(refitted - published) > CLOSE).any():
        raise RatingError("These votes, rated by this method, do not give the ratings that were published.")
    return np.asarray(np.where(np.isnan(published), refitted, published))


def _labels(shared: Shared, state: _State) -> Codes:
    return graph.groups(graph.met(_table(shared, state), state.method.rule))


def _table(shared: Shared, state: _State) -> Matrix:
    votes, rows = shared.votes, state.rows
    weight = None if state.weight is None else state.weight[rows]
    return counts.of(votes.contenders, votes.first[rows], votes.second[rows], votes.outcome[rows], weight).table


def _ratings(shared: Shared, state: _State, core: Flags) -> Vector:
    """The ratings (M) of those who take part and are joined to the core, NaN for the others."""
    label, method = _labels(shared, state), state.method
    members = np.nonzero(state.among & (label == label[core][0]))[0]
    names = tuple(shared.votes.contenders[place] for place in members)
    if method.style:
        theta = _styled(shared, state, members)
    else:
        table = _table(shared, state)[:, members[:, None], members]
        theta = bradley_terry.fit(table, ties=method.rule, prior=method.prior).theta
    known = {name: weight for name, weight in method.reference.items() if name in names}
    scale = of_reference(theta, shares(names, known), level=method.level) if known else Scale()
    ratings = np.full(len(state.among), np.nan)
    ratings[members] = scale.ratings(theta)
    return ratings


def _styled(shared: Shared, state: _State, members: Codes) -> Vector:
    # Here, because most boards have no style, and need not load what fits it.
    from rating import covariates, style

    votes, rows = shared.votes, state.rows
    weight = None if state.weight is None else state.weight[rows]
    whole = Tally(votes.contenders, votes.first[rows], votes.second[rows], votes.outcome[rows], weight=weight)
    columns = {name: np.asarray(column)[rows] for name, column in shared.columns.items()}
    inside = np.isin(whole.first, members) & np.isin(whole.second, members)
    features = covariates.of(columns, state.method.style).only(inside)
    part = whole.among([votes.contenders[place] for place in members])
    return style.fit(part, features, prior=state.method.prior, cluster="none").theta


def _units(weight: Codes | None, rows: Flags) -> Codes:
    return np.full(len(rows), UNITS, dtype=np.int64) if weight is None else weight
