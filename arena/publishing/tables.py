"""Tables: a release's lines as a reader's view has them: searched, narrowed, sorted, pinned, on their scale."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from arena.publishing import columns, searches
from arena.publishing.columns import Field, Line, Value
from arena.publishing.releases import Release, Standing
from arena.publishing.searches import Search
from arena.publishing.views import View
from rating import scale

# What a search can name, by the type of its values.
TYPES: Final[dict[str, type]] = {
    "name": str,
    "organisation": str,
    "org": str,
    "licence": str,
    "kind": str,
    "status": str,
    "open": bool,
    "official": bool,
    "flagged": bool,
    "size": float,
    "price": float,
    "votes": float,
    "rating": float,
    "rank": float,
}
FIELDS: Final[dict[str, Callable[[Standing], str | float | bool | None]]] = {
    "name": lambda line: line.name,
    "organisation": lambda line: line.organisation or None,
    "org": lambda line: line.organisation or None,
    "licence": lambda line: line.licence or None,
    "kind": lambda line: line.kind,
    "status": lambda line: line.status,
    "open": lambda line: line.open_weights,
    "official": lambda line: None if line.party is None else line.party == "first",
    "flagged": lambda line: line.flagged,
    "size": lambda line: line.parameters_billions,
    "price": lambda line: line.answer_price,
    "votes": lambda line: float(line.votes),
    "rating": lambda line: line.rating,
    "rank": lambda line: float(line.rank_lower),
}


@dataclass(frozen=True)
class Table:
    """A release in a view: `found` of its lines fit, and those that are pinned are shown as well."""

    release: Release
    view: View
    search: Search
    columns: tuple[str, ...]
    lines: list[Line]
    found: int

    @property
    def fields(self) -> list[Field]:
        """What a line is exported as, in order."""
        return columns.fields(self.columns, self.view.scale, self.view.ranks)

    @property
    def rows(self) -> list[dict[str, Value]]:
        """The lines as they are exported."""
        fields = self.fields
        return [{field.name: field.read(line) for field in fields} for line in self.lines]


def make(release: Release, view: View) -> Table:
    """The table of a view; searches.SearchBroken says where its search can't be read.

    Contenders that no votes connect stay apart, whatever they are sorted by.
    """
    search = searches.read(view.q, TYPES)
    fitting = {line.contender for line in searches.fitting(search, _narrowed(release, view), _texts, FIELDS)}
    shown = [line for line in release.standings if line.contender in fitting or line.contender in view.pins]
    lines = _ranked(_scaled(release.standings, shown, view), view)
    shown_columns = view.columns or columns.usual(release.standings)
    return Table(release, view, search, shown_columns, _sorted(lines, view), len(fitting))


def _narrowed(release: Release, view: View) -> list[Standing]:
    return [line for line in release.standings if all(one.fits(line) for one in view.filters)]


def _texts(line: Standing) -> tuple[str, ...]:
    return line.name, line.organisation, line.contender


def _scaled(everybody: Sequence[Standing], shown: Sequence[Standing], view: View) -> list[Line]:
    ratings, lowers, uppers = (
        _rescaled(everybody, shown, ends, view)
        for ends in ([one.rating for one in shown], [one.lower for one in shown], [one.upper for one in shown])
    )
    return [
        Line(one, rating, lower, upper, one.rank_lower, one.rank_upper, one.contender in view.pins)
        for one, rating, lower, upper in zip(shown, ratings, lowers, uppers, strict=True)
    ]


def _rescaled(
    everybody: Sequence[Standing], shown: Sequence[Standing], ends: Sequence[float | None], view: View
) -> list[float | None]:
    """Ratings, or ends of their intervals, on the view's scale; None stays no bound, and alone nobody wins or loses."""
    if view.scale == "rating":
        return list(ends)
    known = [one.rating if end is None else end for one, end in zip(shown, ends, strict=True)]
    if view.scale == "logits":
        values: list[float | None] = [*scale.logits(known)]
    else:
        own = [(one.group, one.rating) for one in shown]
        values = scale.win_rates(known, own, [(one.group, one.rating) for one in everybody])
    return [None if end is None else value for end, value in zip(ends, values, strict=True)]


def _ranked(lines: list[Line], view: View) -> list[Line]:
    """Among whom each line ranks: everybody, or those that are shown.

    The ranges of a release hold all at once. So where the worst place of one is before the best of another, it is
    ranked before it, also among fewer; and nobody among them has a worse place than among all.
    """
    if view.ranks == "overall":
        return lines
    groups = {line.standing.group for line in lines}
    best = {group: sorted(one.rank_lower for one in lines if one.standing.group == group) for group in groups}
    worst = {group: sorted(one.rank_upper for one in lines if one.standing.group == group) for group in groups}
    return [_placed(line, best[line.standing.group], worst[line.standing.group]) for line in lines]


def _placed(line: Line, best: list[int], worst: list[int]) -> Line:
    before, not_behind = bisect_left(worst, line.rank_lower), bisect_right(best, line.rank_upper)
    return replace(line, rank_lower=before + 1, rank_upper=min(not_behind, line.rank_upper))


def _sorted(lines: list[Line], view: View) -> list[Line]:
    """By group, what is pinned first, then by the column, where what is unknown is last in both directions."""
    key = columns.ALL[view.sort].key
    known = [line for line in lines if key(line) is not None]
    unknown = [line for line in lines if key(line) is None]
    known.sort(key=key, reverse=view.descending)
    return sorted([*known, *unknown], key=lambda line: (line.standing.group, not line.pinned))


def default(column: str) -> str:
    """The order that a column's head gives at first."""
    return f"-{column}" if columns.ALL[column].high else column


def turned(view: View, column: str) -> str:
    """The order that a column's head gives: the other way round where it has sorted already."""
    if view.sort != column:
        return default(column)
    return column if view.descending else f"-{column}"
