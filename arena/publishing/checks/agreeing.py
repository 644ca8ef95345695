"""Whether a board's page says what the API, the files and the notes of its release say."""

import csv
import io
from collections.abc import Iterator
from typing import Any, Final

from arena.publishing import outside, standing_pages
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check
from arena.publishing.standing_pages import CLOSE, Page

EXACT: Final = ("contender", "rank_lower", "rank_upper", "rating", "lower", "upper", "votes", "status")

Line = dict[str, Any]


@check(
    "X6",
    Smell.MISMATCHED,
    Entity.RANKING_TABLE,
    Entity.SCORE,
    Entity.RELEASE,
    severity=Severity.BLOCK,
    threshold="One value of a board's page, its CSV or its notes that is not the one in the API.",
    seconds=120,
    inside=False,
)
async def values(scene: Scene) -> list[Sighting]:
    """The page of a board, the API, the CSV and the notes have the same values for the same release."""
    found = []
    async with outside.visit(scene.settings) as visit:
        for board, page in await standing_pages.of(scene, visit):
            release = f"/api/v1/releases/{page.release}"
            lines = {line["contender"]: line for line in (await visit.need(release)).read()["standings"]}
            file = list(csv.DictReader(io.StringIO((await visit.need(f"{release}?format=csv")).text)))
            notes = (await visit.need(f"{release}/notes")).read()
            for where, told in (("page", _on(page)), ("CSV", _in(file)), ("notes", _noted(notes))):
                whole = where != "notes"
                if differs := _difference(lines, told, whole=whole):
                    found.append(_mismatch(board, where, *differs))
    return found


def _on(page: Page) -> Iterator[Line]:
    for row in page.rows:
        ranks, interval = (row.value("rank") or "").split("–"), (row.value("interval") or "").split("…")
        told = {"contender": row.contender, "rating": row.value("rating"), "votes": row.value("votes")}
        told |= dict(zip(("rank_lower", "rank_upper"), ranks, strict=False))
        told |= dict(zip(("lower", "upper"), interval, strict=False))
        yield told | {"status": row.value("status")}


def _in(file: list[dict[str, str]]) -> Iterator[Line]:
    for row in file:
        yield {name: row[name] for name in EXACT if name in row}


def _noted(notes: Any) -> Iterator[Line]:
    for move in (notes["notes"] or {}).get("moves", ()):
        yield {name: move[name] for name in ("contender", "rating", "lower", "upper")}


def _difference(lines: dict[str, Line], told: Iterator[Line], *, whole: bool) -> tuple[str, str, str] | None:
    """The first value that is another one: what it is of, what is told and what the API has."""
    seen = set()
    for line in told:
        seen.add(line["contender"])
        if (has := lines.get(line["contender"])) is None:
            return f"contender {line['contender']}", "listed", "not listed"
        for name, value in line.items():
            if not _same(value, has[name]):
                return f"{name} of {line['contender']}", f"{value}", f"{has[name]}"
    if whole and (missing := sorted(set(lines) - seen)):
        return f"contender {missing[0]}", "not listed", "listed"
    return None


def _same(value: object, has: object) -> bool:
    """Whether a text is this value, where nothing at all is None."""
    if has is None or value in (None, ""):
        return has is None and value in (None, "")
    if isinstance(has, int | float):
        number = standing_pages.number(str(value))
        return number is not None and abs(number - has) <= CLOSE * max(1.0, abs(has))
    return str(value) == str(has)


def _mismatch(board: str, where: str, what: str, observed: str, expected: str) -> Sighting:
    return Sighting(
        subject=f"{where} of {board}",
        sentence="The {where} of the board {board} and the API differ in {what}.",
        values={"where": where, "board": board, "what": what},
        observed=f"{what}: {observed}",
        expected=expected,
        evidence=f"/leaderboard/{board}",
        board=board,
    )
