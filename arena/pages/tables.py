"""A table as the leaderboard draws it: rows with marks and intervals, the form of its view, and what it is told."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from arena import nearest as near
from arena.pages import intervals
from arena.pages.intervals import MEASURES, Scale, Whisker
from arena.publishing import columns, tables, views
from arena.publishing.columns import Line
from arena.publishing.releases import Release, Standing
from arena.publishing.searches import Range, Search, Text
from arena.publishing.tables import Table
from arena.publishing.views import PLAIN, View

FEW: Final = 7
SIZES: Final = ("<=3", "<=13", "13..70", ">70")
PRICES: Final = ("<=1", "1..10", ">10")
YES_OR_NO: Final = ("yes", "no")
Piece = tuple[str, bool]


@dataclass(frozen=True)
class Row:
    """A contender's line and its drawing; a text is in pieces, each with whether the search found it."""

    line: Line
    standing: Standing
    whisker: Whisker
    name: list[Piece]
    organisation: list[Piece]


@dataclass(frozen=True)
class Group:
    """Contenders whom votes connect, on one scale; another group's can't be compared with them."""

    number: int
    scale: Scale
    rows: list[Row]


@dataclass(frozen=True)
class Choice:
    """A filter of the form: its name in the address, what it is set to, and what can be chosen."""

    name: str
    chosen: str
    options: list[str]


@dataclass(frozen=True)
class Preset:
    """A view with a name of its own; the template has the words."""

    name: str
    query: str


def groups(table: Table) -> list[Group]:
    """The lines by group, each on a scale that stays the same whatever is searched; a group without any is left out."""
    whole = table
    if table.found < len(table.release.standings):
        whole = tables.make(table.release, replace(table.view, q="", filters=()))
    scales = {
        number: Scale.of(list(members), MEASURES[table.view.scale])
        for number, members in groupby(whole.lines, key=lambda line: line.standing.group)
    }
    return [
        Group(number, scales[number], [_row(line, scales[number], table.search) for line in members])
        for number, members in groupby(table.lines, key=lambda line: line.standing.group)
    ]


def _row(line: Line, scale: Scale, search: Search) -> Row:
    standing = line.standing
    marked = pieces(standing.name, search), pieces(standing.organisation, search)
    return Row(line, standing, intervals.whisker(line, scale), *marked)


def pieces(text: str, search: Search) -> list[Piece]:
    """The text in pieces, what the search found in it marked."""
    at, found = 0, []
    for start, end in search.spans(text):
        found += [(text[at:start], False), (text[start:end], True)]
        at = end
    return [piece for piece in (*found, (text[at:], False)) if piece[0]]


def choices(release: Release, view: View) -> list[Choice]:
    """The filters that could part this release's lines; what is set already can always be chosen."""
    lines = release.standings
    offered = {
        "organisation": _known(line.organisation for line in lines),
        "licence": _known(line.licence for line in lines),
        "kind": _known(line.kind for line in lines),
        "status": ["established", "provisional"],
        "open": YES_OR_NO if any(line.open_weights is not None for line in lines) else (),
        "official": YES_OR_NO if any(line.party for line in lines) else (),
        "flagged": YES_OR_NO if any(line.flagged for line in lines) else (),
        "size": SIZES if any(line.parameters_billions is not None for line in lines) else (),
        "price": PRICES if any(line.answer_price is not None for line in lines) else (),
    }
    chosen = {name: view.text(name) for name in offered}
    return [
        Choice(name, chosen[name], list(dict.fromkeys([*options, *filter(None, [chosen[name]])])))
        for name, options in offered.items()
        if options or chosen[name]
    ]


def _known(values: Iterable[str | None]) -> list[str]:
    return sorted({value for value in values if value}, key=str.casefold)


def presets(release: Release) -> list[Preset]:
    """Views that this release has something for."""
    lines = release.standings
    made = [Preset("all", "")]
    if any(line.open_weights for line in lines):
        made.append(Preset("open", _narrowed("open", "yes")))
    if any((line.parameters_billions or 100) <= 13 for line in lines):
        made.append(Preset("small", _narrowed("size", "<=13")))
    if any(line.status == "established" for line in lines):
        made.append(Preset("established", _narrowed("status", "established")))
    if any(line.answer_price is not None for line in lines):
        made.append(Preset("cheap", "columns=rank%2Ccontender%2Crating%2Cinterval%2Cvotes%2Cprice&sort=price"))
    whole = ",".join(name for name in columns.ALL if name != "flagged")
    return [*made, Preset("everything", views.address(views.read({"columns": [whole]})))]


def _narrowed(name: str, value: str) -> str:
    return views.address(views.read({name: [value]}))


def nearest(table: Table) -> str | None:
    """Whose name is most like what was searched in vain; None where something was found or nothing is like it."""
    texts = [wanted.wanted for wanted in table.search.texts if not wanted.expression]
    if table.found or len(texts) != 1:
        return None
    return near.nearest(texts[0], [line.name for line in table.release.standings])


def sought(table: Table) -> list[tuple[str, list[str | bool | Range]]]:
    """What narrows the table, by field: the words for it are the template's."""
    narrowed: list[tuple[str, list[str | bool | Range]]] = [
        (one.field, [value.wanted if isinstance(value, Text) else value for value in one.values])
        for one in table.search.narrowings
    ]
    return [*narrowed, *((one.filter.name, [one.wanted]) for one in table.view.filters)]


def heads(table: Table) -> list[tuple[str, str, str]]:
    """Each column's name, what its head leads to, and which way the table is sorted by it, if it is."""
    direction = "descending" if table.view.descending else "ascending"
    return [(name, _turned(table.view, name), direction if table.view.sort == name else "") for name in table.columns]


def _turned(view: View, name: str) -> str:
    order = tables.turned(view, name)
    return views.address(view, sort=order.removeprefix("-"), descending=order.startswith("-"))


def context(table: Table) -> dict[str, object]:
    """What the templates are given of a table."""
    release, view = table.release, table.view
    return {
        "table": table,
        "view": view,
        "groups": groups(table),
        "choices": choices(release, view),
        "presets": presets(release),
        "heads": heads(table),
        "high": {name for name, column in columns.ALL.items() if column.high},
        "query": views.address(view),
        "export": views.address(view, columns=table.columns),
        "usual": columns.usual(release.standings),
        "choosable": [name for name in columns.ALL if name not in (*columns.ALWAYS, "flagged")],
        "plain": PLAIN,
        "sought": sought(table),
        "nearest": nearest(table),
        "searched": len(release.standings) > FEW,
    }
