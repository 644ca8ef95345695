"""Whether the table of a board is drawn right, as far as its HTML tells."""

import re
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from typing import Final

from arena.publishing import outside, standing_pages
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check
from arena.publishing.standing_pages import CLOSE, Row

RAW: Final = re.compile(r"\b(?:NaN|undefined|null|None|Infinity)\b|\[object|\{\{|%\(\w+\)s")
SORTED: Final = ("-rating", "rating", "-votes", "votes")


@check(
    "V1",
    Smell.MISDISPLAYED,
    Entity.RANKING_TABLE,
    severity=Severity.BLOCK,
    threshold="One line with more or fewer cells than heads, or one cell with a raw value.",
    seconds=60,
    inside=False,
)
async def cells(scene: Scene) -> list[Sighting]:
    """Each line of a board's table has a cell for each head, and none shows what only programs understand."""
    return await _looked(scene, _broken, "The line of {contender} on the board {board} is drawn wrongly: {observed}.")


@check(
    "V2",
    Smell.MISDISPLAYED,
    Entity.RANKING_TABLE,
    Entity.SCORE,
    severity=Severity.BLOCK,
    threshold="One number that is not the rounded value behind it.",
    seconds=60,
    inside=False,
)
async def numbers(scene: Scene) -> list[Sighting]:
    """Every rating and number of votes that is read is the exact value behind it, rounded as is said."""
    return await _looked(scene, _rounded, "A number of {contender} on the board {board} is not its value: {observed}.")


@check(
    "V4",
    Smell.MISDISPLAYED,
    Entity.RANKING_TABLE,
    Entity.METRIC,
    severity=Severity.BLOCK,
    threshold="One rating outside its interval.",
    seconds=60,
    inside=False,
)
async def intervals(scene: Scene) -> list[Sighting]:
    """Every rating lies within the interval that stands beside it."""
    sentence = "The rating of {contender} on the board {board} lies outside its interval: {observed}."
    return await _looked(scene, _outside, sentence)


@check(
    "V3",
    Smell.MISDISPLAYED,
    Entity.RANKING_TABLE,
    severity=Severity.BLOCK,
    threshold="One line that stands before one of a value that comes first, or a line that is gone after sorting.",
    every=timedelta(hours=1),
    seconds=120,
    inside=False,
)
async def orders(scene: Scene) -> list[Sighting]:
    """Sorted by the head of a column of numbers, a table has all its lines in the order of their values."""
    return await _ordered(scene, SORTED)


@check(
    "V5",
    Smell.MISDISPLAYED,
    Entity.RANKING_TABLE,
    Entity.SCORE,
    severity=Severity.BLOCK,
    threshold="One rank that is better than the one above it in a table sorted by ranks.",
    seconds=60,
    inside=False,
)
async def ranks(scene: Scene) -> list[Sighting]:
    """Sorted by ranks, no line of a table has a better one than the line above it."""
    return await _ordered(scene, ("rank",))


async def _ordered(scene: Scene, columns: tuple[str, ...]) -> list[Sighting]:
    found = []
    async with outside.visit(scene.settings) as visit:
        for board, page in await standing_pages.of(scene, visit):
            for order in columns:
                said = await visit.need(f"/leaderboard/{board}?sort={order}")
                turned = standing_pages.Page(said.text)
                # A release in between makes another table.
                if turned.release == page.release and (wrong := _misplaced(turned.rows, page.rows, order)):
                    found.append(_unordered(board, order, wrong))
    return found


def _misplaced(rows: list[Row], all_rows: list[Row], order: str) -> str | None:
    if len(rows) != len(all_rows):
        return f"{len(rows)} of {len(all_rows)} lines"
    column = order.removeprefix("-")
    sign = -1 if order.startswith("-") else 1
    for above, below in pairwise(rows):
        first, second = (_first(row.value(column)) for row in (above, below))
        if above.group != below.group or second is None:
            continue
        if first is None or sign * first > sign * second:
            return f"{above.value(column)} above {below.value(column)}"
    return None


def _first(value: str | None) -> float | None:
    return standing_pages.number((value or "").partition("–")[0])


def _unordered(board: str, order: str, wrong: str) -> Sighting:
    return Sighting(
        subject=f"{board} by {order}",
        sentence="Sorted by {column}, the table of the board {board} is out of order: {observed}.",
        values={"column": order.removeprefix("-"), "board": board, "observed": wrong},
        observed=wrong,
        expected="all lines, the values in order",
        evidence=f"/leaderboard/{board}?sort={order}",
        board=board,
    )


async def _looked(scene: Scene, look: Callable[[Row], str | None], sentence: str) -> list[Sighting]:
    found = []
    async with outside.visit(scene.settings) as visit:
        for board, page in await standing_pages.of(scene, visit):
            for row in page.rows:
                if observed := look(row):
                    found.append(_misdrawn(board, row, sentence, observed))
    return found


def _misdrawn(board: str, row: Row, sentence: str, observed: str) -> Sighting:
    return Sighting(
        subject=f"{row.contender} on {board}",
        sentence=sentence,
        values={"contender": row.contender, "board": board, "observed": observed},
        observed=observed,
        expected="as it is in the release",
        evidence=f"/leaderboard/{board}",
        board=board,
    )


def _broken(row: Row) -> str | None:
    if len(row.cells) != len(row.columns):
        return f"{len(row.cells)} cells, {len(row.columns)} heads"
    # A contender may be called as it likes.
    raw = next((cell for cell in row.cells if cell.column != "contender" and RAW.search(cell.text)), None)
    return f"{raw.column}: {' '.join(raw.text.split())[:50]}" if raw else None


def _rounded(row: Row) -> str | None:
    for column in ("rating", "votes"):
        value, shown = row.value(column), row.shown(column)
        exact = standing_pages.number(value or "")
        if exact is None or shown is None:
            continue
        read = standing_pages.number(shown)
        # A half may be rounded either way.
        if read is None or abs(read - exact) > 0.5 + CLOSE * abs(exact):
            return f"{column}: {shown} for {value}"
    return None


def _outside(row: Row) -> str | None:
    rating = standing_pages.number(row.value("rating") or "")
    bounds = [standing_pages.number(bound) for bound in (row.value("interval") or "").split("…")]
    if rating is None or len(bounds) != 2:
        return None
    lower, upper = bounds
    fits = (lower is None or lower <= rating) and (upper is None or rating <= upper)
    return None if fits else f"{rating:g} in {row.value('interval')}"
