"""Views: what a reader wants to see of a table, as an address says it; pages and API read the same one."""

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, get_args
from urllib.parse import urlencode

from arena.errors import Refused
from arena.publishing import columns, searches
from arena.publishing.columns import Ranks, Scale
from arena.publishing.releases import Standing
from arena.publishing.searches import Range

MOST_PINS: Final = 20
Wanted = str | bool | Range


class ViewRefused(Refused):
    """The table can't be shown in this way."""


@dataclass(frozen=True)
class Filter:
    """What narrows a table beside the search: a name in the address, its type, and the value it looks at."""

    name: str
    kind: type
    read: Callable[[Standing], str | float | bool | None]


FILTERS: Final = {
    one.name: one
    for one in (
        Filter("organisation", str, lambda line: line.organisation),
        Filter("licence", str, lambda line: line.licence),
        Filter("kind", str, lambda line: line.kind),
        Filter("status", str, lambda line: line.status),
        Filter("open", bool, lambda line: line.open_weights),
        Filter("official", bool, lambda line: None if line.party is None else line.party == "first"),
        Filter("flagged", bool, lambda line: line.flagged),
        Filter("size", float, lambda line: line.parameters_billions),
        Filter("price", float, lambda line: line.answer_price),
        Filter("least_votes", float, lambda line: float(line.votes)),
    )
}
NAMES: Final = ("q", *FILTERS, "columns", "sort", "pin", "ranks", "scale")


@dataclass(frozen=True)
class Narrowed:
    """A filter that is set: the text in the address, and what it means."""

    filter: Filter
    text: str
    wanted: Wanted

    def fits(self, line: Standing) -> bool:
        """Whether the line fits; what is unknown never does."""
        value = self.filter.read(line)
        if value is None:
            return False
        if isinstance(self.wanted, Range):
            return self.wanted.fits(float(value))
        return (
            value == self.wanted if isinstance(self.wanted, bool) else str(value).casefold() == self.wanted.casefold()
        )


@dataclass(frozen=True)
class View:
    """A reader's view; `columns` None are the usual ones."""

    q: str = ""
    filters: tuple[Narrowed, ...] = ()
    columns: tuple[str, ...] | None = None
    sort: str = "rating"
    descending: bool = True
    pins: tuple[str, ...] = ()
    ranks: Ranks = "overall"
    scale: Scale = "rating"

    @property
    def order(self) -> str:
        """The column it is sorted by, with a minus where the highest comes first."""
        return f"-{self.sort}" if self.descending else self.sort

    def text(self, name: str) -> str:
        """What a filter is set to, nothing where it isn't."""
        return next((one.text for one in self.filters if one.filter.name == name), "")


PLAIN: Final = View()


def read(given: Mapping[str, Sequence[str]]) -> View:
    """The view that an address asks for; what is empty, as a form sends it, is not asked for."""
    for name in given:
        if name not in NAMES:
            raise ViewRefused(
                "There is no parameter “{name}”. The nearest is “{near}”.", name=name[:100], near=nearest(name, NAMES)
            )
    values = {name: [one for one in given.get(name, ()) if one.strip()] for name in NAMES}
    order = _last(values["sort"], "-rating")
    chosen = [part.strip() for one in values["columns"] for part in one.split(",") if part.strip()]
    return View(
        q=_last(values["q"], ""),
        filters=tuple(_narrowed(FILTERS[name], values[name][-1]) for name in FILTERS if values[name]),
        columns=_columns(chosen) if chosen else None,
        sort=_column(order.removeprefix("-")),
        descending=order.startswith("-"),
        pins=tuple(dict.fromkeys(values["pin"]))[:MOST_PINS],
        ranks=_one_of("ranks", _last(values["ranks"], "overall"), get_args(Ranks)),
        scale=_one_of("scale", _last(values["scale"], "rating"), get_args(Scale)),
    )


def address(view: View, **changes: Any) -> str:
    """The view, with these changes, as a query, without what goes without saying."""
    view = replace(view, **changes)
    pairs = [("q", view.q), *((one.filter.name, one.text) for one in view.filters)]
    pairs += [("columns", ",".join(view.columns or ()))]
    pairs += [("sort", "" if view.order == PLAIN.order else view.order)]
    pairs += [("pin", pin) for pin in view.pins]
    pairs += [("ranks", "" if view.ranks == PLAIN.ranks else view.ranks)]
    pairs += [("scale", "" if view.scale == PLAIN.scale else view.scale)]
    return urlencode([(name, value) for name, value in pairs if value])


def _last(values: Sequence[str], otherwise: str) -> str:
    return values[-1] if values else otherwise


def _columns(chosen: Sequence[str]) -> tuple[str, ...] | None:
    wanted = {_column(name) for name in chosen} | set(columns.ALWAYS)
    ordered = tuple(name for name in columns.ALL if name in wanted)
    return None if ordered == columns.USUAL else ordered


def _column(name: str) -> str:
    if name not in columns.ALL:
        raise ViewRefused(
            "There is no column “{name}”. The nearest is “{near}”.", name=name[:100], near=nearest(name, columns.ALL)
        )
    return name


def _one_of(field: Literal["ranks", "scale"], value: str, known: Sequence[str]) -> Any:
    if value not in known:
        raise ViewRefused("“{field}” is one of: {known}.", field=field, known=", ".join(known))
    return value


def _narrowed(one: Filter, text: str) -> Narrowed:
    return Narrowed(one, text, _wanted(one, text.strip()))


def _wanted(one: Filter, text: str) -> Wanted:
    if one.kind is str:
        return text
    wanted: Wanted | None = searches.YES.get(text.casefold()) if one.kind is bool else searches.number(text)
    if wanted is None and one.kind is bool:
        raise ViewRefused("“{field}” is yes or no.", field=one.name)
    if wanted is None:
        raise ViewRefused("“{field}” is a number: 100, >100, <=2.5 or 7..70.", field=one.name)
    if one.name == "least_votes" and isinstance(wanted, Range):
        return Range(least=wanted.least)
    return wanted


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name that is most like this one, however little that is: each is short, and so is the list."""
    near = difflib.get_close_matches(name.casefold(), list(known), n=1, cutoff=0)
    return near[0] if near else ""
