"""Figures: what all plots of releases look like, and their words.

A plot is a printed figure: on white paper in both themes, in whatever sans-serif the reader has, with a line that says
which release it is of and how many had to be left out to stay readable.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

from arena.publishing.releases import Release

Row: TypeAlias = dict[str, Any]
Specification: TypeAlias = dict[str, Any]

SCHEMA: Final = "https://vega.github.io/schema/vega-lite/v6.json"
INK, BAND = "#1b1e22", "#8fb3b8"
# An interval with an open end is not drawn; its numbers are in the data.
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


def drawn(name: str, release: Release, language: str, rows: list[Row], shown: int, **parts: Any) -> Specification:
    """The plot of this name, of so many contenders, with what is drawn in it."""
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
        **parts,
    }


def rating(language: str) -> Specification:
    """The encoding of ratings, whose axis need not begin at nothing."""
    title = WORDS[language]["rating"]
    return {"field": "rating", "type": "quantitative", "scale": {"zero": False}, "title": title}
