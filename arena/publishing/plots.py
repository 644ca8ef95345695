"""Plots: what can be drawn of a release, as Vega-Lite specifications that carry their data."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import numpy as np
from msgspec import Struct

from arena.publishing import figures
from arena.publishing.figures import Row, Specification
from arena.publishing.releases import Release, Standing
from rating.arrays import Matrix, Vector, expit

NAMES: Final = ("intervals", "matrix", "history", "price")
MOST_INTERVALS: Final = 100
MOST_CELLS: Final = 24
MOST_LINES: Final = 10
MOST_POINTS: Final = 200
FEW: Final = 8


class Past(Struct, frozen=True, kw_only=True):
    """A contender's line in a release of the board's history."""

    published_at: datetime
    contender: str
    name: str
    rating: float
    lower: float | None
    upper: float | None


class Pairs(Struct, frozen=True):
    """How often each of the contenders (by slug, M) beat each other one, M x M, and tied with it."""

    contenders: tuple[str, ...]
    decided: Matrix
    ties: Matrix


def main_group(release: Release) -> list[Standing]:
    """The lines of the first group, the highest rating first: nothing else is on their scale."""
    return sorted((line for line in release.standings if line.group == 0), key=lambda line: -line.rating)


def drawable(release: Release) -> tuple[str, ...]:
    """The plots for which the release has something to draw."""
    lines = main_group(release)
    priced = any(line.answer_price for line in lines)
    return tuple(name for name in NAMES if lines and (priced or name != "price"))


def intervals(release: Release, language: str) -> Specification:
    """Each contender's rating on its interval; an end that is not known is left open."""
    lines = main_group(release)[:MOST_INTERVALS]
    rows = [
        {"contender": line.name, "rating": line.rating, "lower": line.lower, "upper": line.upper, "votes": line.votes}
        for line in lines
    ]
    y = {"field": "contender", "type": "nominal", "sort": None, "title": None}
    return figures.drawn(
        *("intervals", release, language, rows, len(lines)),
        width=520,
        height={"step": 20},
        layer=[
            {
                "transform": [figures.BOUNDED],
                "mark": {"type": "rule", "color": figures.BAND, "strokeWidth": 5, "strokeCap": "round"},
                "encoding": {"y": y, "x": {"field": "lower", "type": "quantitative"}, "x2": {"field": "upper"}},
            },
            {
                "mark": {"type": "point", "filled": True, "color": figures.INK, "size": 50},
                "encoding": {"y": y, "x": figures.rating(language)},
            },
        ],
    )


def history(release: Release, past: Sequence[Past], language: str) -> Specification:
    """The highest rated contenders' ratings over the releases, with their intervals."""
    lines = main_group(release)[:MOST_LINES]
    shown = {line.contender: line.name for line in lines}
    rows = [
        {
            "released": f"{line.published_at:%Y-%m-%dT%H:%M:%SZ}",
            "contender": shown[line.contender],
            "rating": line.rating,
            "lower": line.lower,
            "upper": line.upper,
        }
        for line in past
        if line.contender in shown
    ]
    axis = {"format": "%Y-%m-%d", "labelAngle": -30, "tickCount": 4}
    x = {"field": "released", "type": "temporal", "scale": {"type": "utc"}, "axis": axis}
    band = {"y": {"field": "lower", "type": "quantitative"}, "y2": {"field": "upper"}}
    return figures.drawn(
        *("history", release, language, rows, len(lines)),
        columns=2,
        facet={"field": "contender", "type": "nominal", "sort": list(shown.values()), "title": None},
        spec={
            "width": 270,
            "height": 110,
            "encoding": {"x": {**x, "title": figures.WORDS[language]["time"]}},
            "layer": [
                {
                    "transform": [figures.BOUNDED],
                    "mark": {"type": "rule", "color": figures.BAND, "strokeWidth": 3},
                    "encoding": band,
                },
                {
                    "mark": {"type": "line", "color": figures.INK, "point": {"color": figures.INK, "size": 25}},
                    "encoding": {"y": figures.rating(language)},
                },
            ],
        },
    )


def price(release: Release, language: str) -> Specification | None:
    """Rating against the price of answers, None where nobody has one; what is free has no place on the scale."""
    lines = [line for line in main_group(release) if line.answer_price][:MOST_POINTS]
    if not lines:
        return None
    named = lines if len(lines) <= FEW else _outrated_by_none_cheaper(lines)
    rows = [
        {
            "contender": line.name,
            "answer_price": line.answer_price,
            "rating": line.rating,
            "lower": line.lower,
            "upper": line.upper,
            "label": line.name if line in named else "",
        }
        for line in lines
    ]
    x = {
        "field": "answer_price",
        "type": "quantitative",
        "scale": {"type": "log"},
        "title": figures.WORDS[language]["answer_price"],
    }
    y = figures.rating(language)
    return figures.drawn(
        *("price", release, language, rows, len(lines)),
        width=560,
        height=360,
        encoding={"x": x},
        layer=[
            {
                "transform": [figures.BOUNDED],
                "mark": {"type": "rule", "color": figures.BAND, "strokeWidth": 3},
                "encoding": {"y": {"field": "lower", "type": "quantitative"}, "y2": {"field": "upper"}},
            },
            {"mark": {"type": "point", "filled": True, "color": figures.INK, "size": 50}, "encoding": {"y": y}},
            {
                "mark": {"type": "text", "align": "left", "dx": 7, "color": figures.INK},
                "encoding": {"y": y, "text": {"field": "label"}},
            },
        ],
    )


def _outrated_by_none_cheaper(lines: list[Standing]) -> list[Standing]:
    """Those for whose rating nobody asks less, the lines being in order of rating; all names would cover each other."""
    named: list[Standing] = []
    least = np.inf
    for line in lines:
        asked = line.answer_price or 0.0
        if asked < least:
            named.append(line)
            least = asked
    return named


def matrix(release: Release, pairs: Pairs, language: str) -> Specification:
    """How often the row beat the column, as voted and as the ratings predict, beside each other."""
    lines = main_group(release)[:MOST_CELLS]
    rows, names = _cells(release, lines, pairs), [line.name for line in lines]
    words = figures.WORDS[language]
    sides = [
        {
            "title": words[column],
            "width": {"step": 17},
            "height": {"step": 17},
            "mark": "rect",
            "encoding": {
                "x": _axis("column", names, labelAngle=-60),
                "y": _axis("row", names, labels=column == "observed"),
                "color": _shade(column, words["share"]),
            },
        }
        for column in ("observed", "predicted")
    ]
    made = figures.drawn("matrix", release, language, rows, len(lines), hconcat=sides)
    if release.method["ties"] == "half":
        made["title"]["text"] = words["half"]
    return made


def _cells(release: Release, lines: list[Standing], pairs: Pairs) -> list[Row]:
    places = [pairs.contenders.index(line.contender) for line in lines]
    half = release.method["ties"] == "half"
    won = (pairs.decided + (pairs.ties / 2 if half else 0))[np.ix_(places, places)]
    games = won + won.T
    predicted = _predicted(np.array([line.rating for line in lines]), release.method)
    return [
        {
            "row": first.name,
            "column": second.name,
            "votes": round(float(games[i, j]), 6),
            "observed": float(won[i, j] / games[i, j]) if games[i, j] else None,
            "predicted": float(predicted[i, j]),
        }
        for i, first in enumerate(lines)
        for j, second in enumerate(lines)
        if i != j
    ]


def _predicted(ratings: Vector, method: Mapping[str, Any]) -> Matrix:
    """The share of decided votes that each wins against each: σ(d), and with Rao & Kupper's threshold η a/(a + b)."""
    d = (ratings[:, None] - ratings) * (np.log(10) / 400)
    if method["ties"] != "rao-kupper":
        return expit(d)
    threshold = method["tie_level"] or 0.0
    won, lost = expit(d - threshold), expit(-d - threshold)
    return np.asarray(won / (won + lost))


def _axis(field: str, names: list[str], **how: Any) -> Specification:
    return {"field": field, "type": "nominal", "sort": names, "title": None, "axis": how}


def _shade(field: str, title: str) -> Specification:
    scale = {"domain": [0, 0.5, 1], "range": ["#b5651d", "#f4f2ec", "#0b5c68"], "type": "linear"}
    return {"field": field, "type": "quantitative", "scale": scale, "title": title, "legend": {"format": ".0%"}}
