"""Plots: what can be drawn of a release, as Vega-Lite specifications that carry their data.

A plot is a printed figure: on white paper in both themes, in whatever sans-serif the reader has, with a line that says
which release it is of and what had to be left out to stay readable.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

import numpy as np
from msgspec import Struct

from arena.publishing.releases import Release, Standing
from rating.arrays import Matrix, Vector, expit

Row: TypeAlias = dict[str, Any]
Specification: TypeAlias = dict[str, Any]

NAMES: Final = ("intervals", "matrix", "history", "price")
MOST_INTERVALS: Final = 100
MOST_CELLS: Final = 24
MOST_LINES: Final = 10
MOST_POINTS: Final = 200
FEW: Final = 8
SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
INK, BAND = "#1b1e22", "#8fb3b8"
BOUNDED: Final = {"filter": "datum.lower !== null && datum.upper !== null"}

WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "intervals": "Ratings and their intervals",
        "matrix": "Share of decided votes won by the row against the column",
        "half": "Share of votes won by the row against the column, a tie being half a win",
        "history": "Ratings over the board's releases",
        "price": "Rating against price; named are those whom nobody cheaper outrates",
        "rating": "Rating",
        "observed": "Observed",
        "predicted": "Predicted",
        "share": "Share",
        "time": "Released (UTC)",
        "answer_price": "Price of a million answer tokens",
        "contender": "Contender",
        "of": "{board} · release {release} · {shown} of {all} contenders",
    },
    "zh": {
        "intervals": "评分及其区间",
        "matrix": "行对列的胜率（只计分出胜负的票）",
        "half": "行对列的胜率（平局算半胜）",
        "history": "各次发布的评分",
        "price": "评分与价格（标出名字的：没有更便宜的评分更高）",
        "rating": "评分",
        "observed": "实际",
        "predicted": "预测",
        "share": "胜率",
        "time": "发布时间（UTC）",
        "answer_price": "每百万输出词元的价格",
        "contender": "参赛者",
        "of": "{board} · 发布 {release} · {all} 个参赛者中的 {shown} 个",
    },
}


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
    return _figure(
        *("intervals", release, language, rows, len(lines)),
        width=520,
        height={"step": 20},
        layer=[
            {
                "transform": [BOUNDED],
                "mark": {"type": "rule", "color": BAND, "strokeWidth": 5, "strokeCap": "round"},
                "encoding": {"y": y, "x": {"field": "lower", "type": "quantitative"}, "x2": {"field": "upper"}},
            },
            {
                "mark": {"type": "point", "filled": True, "color": INK, "size": 50},
                "encoding": {"y": y, "x": _rating(language)},
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
    return _figure(
        *("history", release, language, rows, len(lines)),
        columns=2,
        facet={"field": "contender", "type": "nominal", "sort": list(shown.values()), "title": None},
        spec={
            "width": 270,
            "height": 110,
            "encoding": {"x": {**x, "title": WORDS[language]["time"]}},
            "layer": [
                {"transform": [BOUNDED], "mark": {"type": "rule", "color": BAND, "strokeWidth": 3}, "encoding": band},
                {
                    "mark": {"type": "line", "color": INK, "point": {"color": INK, "size": 25}},
                    "encoding": {"y": _rating(language)},
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
        "title": WORDS[language]["answer_price"],
    }
    y = _rating(language)
    return _figure(
        *("price", release, language, rows, len(lines)),
        width=560,
        height=360,
        encoding={"x": x},
        layer=[
            {
                "transform": [BOUNDED],
                "mark": {"type": "rule", "color": BAND, "strokeWidth": 3},
                "encoding": {"y": {"field": "lower", "type": "quantitative"}, "y2": {"field": "upper"}},
            },
            {"mark": {"type": "point", "filled": True, "color": INK, "size": 50}, "encoding": {"y": y}},
            {
                "mark": {"type": "text", "align": "left", "dx": 7, "color": INK},
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
    words = WORDS[language]
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
    made = _figure("matrix", release, language, rows, len(lines), hconcat=sides)
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


def _rating(language: str) -> Specification:
    title = WORDS[language]["rating"]
    return {"field": "rating", "type": "quantitative", "scale": {"zero": False}, "title": title}


def _axis(field: str, names: list[str], **how: Any) -> Specification:
    return {"field": field, "type": "nominal", "sort": names, "title": None, "axis": how}


def _shade(field: str, title: str) -> Specification:
    scale = {"domain": [0, 0.5, 1], "range": ["#b5651d", "#f4f2ec", "#0b5c68"], "type": "linear"}
    return {"field": field, "type": "quantitative", "scale": scale, "title": title, "legend": {"format": ".0%"}}


def _figure(name: str, release: Release, language: str, rows: list[Row], shown: int, **drawn: Any) -> Specification:
    words = WORDS[language]
    every = {"board": release.board, "release": release.id[:12], "shown": f"{shown:,}"}
    subtitle = words["of"].format(**every, all=f"{len(release.standings):,}")
    return {
        "$schema": SCHEMA,
        "title": {"text": words[name], "subtitle": subtitle, "anchor": "start"},
        "background": "white",
        "padding": 12,
        "config": {
            "font": "sans-serif",
            "axis": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 220, "labelColor": INK},
            "title": {"fontSize": 15, "subtitleFontSize": 12, "color": INK},
            "legend": {"labelFontSize": 12, "titleFontSize": 12, "labelLimit": 220},
            "view": {"stroke": None},
        },
        "data": {"values": rows},
        **drawn,
    }
