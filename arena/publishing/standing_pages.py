"""Standing pages: what the page of a board says, read out of its HTML as a stranger would."""

import re
from html.parser import HTMLParser
from typing import Final

from msgspec import Struct

from arena.publishing.checkup import Scene
from arena.publishing.outside import Visit

MOST_BOARDS: Final = 40
# Numbers are written exactly, in the shortest form that reads back; what is left is for other ways to write them.
CLOSE: Final = 1e-9
MINUS: Final = "−"
CITED: Final = re.compile(r'data-cite="/api/v1/releases/([^"]+)"')


class Cell(Struct):
    """A cell: the exact values that stand in it, and what is read."""

    column: str = ""
    values: list[str] = []
    text: str = ""


class Row(Struct):
    """A contender's line, cell by cell, and in which of the board's groups it stands."""

    contender: str
    group: str
    cells: list[Cell]
    columns: list[str]

    def value(self, column: str) -> str | None:
        """The first exact value under this head, None where there is no such cell."""
        return next((cell.values[0] for cell in self.cells if cell.column == column and cell.values), None)

    def shown(self, column: str) -> str | None:
        """What is read under this head."""
        return next((" ".join(cell.text.split()) for cell in self.cells if cell.column == column), None)


class Page(HTMLParser):
    """A board's page: the `release` that it shows, and its `rows`."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        cited = CITED.search(html)
        self.release = cited[1] if cited else None
        self.rows: list[Row] = []
        self._columns: list[str] = []
        self._inside = False
        self._cell: Cell | None = None
        self._quiet = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Read a head, a row, a cell or a value."""
        given = dict(attrs)
        if tag == "thead":
            self._columns = []
        elif tag == "th" and "data-column" in given:
            self._columns.append(given["data-column"] or "")
        elif tag == "tr":
            self._row(given)
        elif tag in ("td", "th") and self._inside:
            cells, columns = self.rows[-1].cells, self.rows[-1].columns
            self._cell = Cell(column=columns[len(cells)] if len(cells) < len(columns) else "")
            cells.append(self._cell)
        elif tag == "data" and self._cell:
            self._cell.values.append(given.get("value") or "")
        elif tag == "span" and self._cell:
            self._quiet = self._quiet + 1 if self._quiet or given.get("class") == "unit" else 0

    def handle_endtag(self, tag: str) -> None:
        """Leave a row, a cell or what is for narrow screens alone."""
        if tag == "span":
            self._quiet = max(0, self._quiet - 1)
        elif tag == "tr":
            self._inside = False
        elif tag in ("td", "th"):
            self._cell = None

    def handle_data(self, data: str) -> None:
        """Read what stands in a cell."""
        if self._cell and not self._quiet:
            self._cell.text += data

    def _row(self, given: dict[str, str | None]) -> None:
        self._inside = "data-contender" in given
        if self._inside:
            self.rows.append(Row(given["data-contender"] or "", given.get("data-group") or "", [], self._columns))


async def boards(scene: Scene) -> list[str]:
    """The boards that have a release, by their slugs."""
    if scene.board is not None:
        return [scene.board.slug]
    rows = await scene.db.fetch(
        "SELECT slug FROM boards WHERE EXISTS (SELECT FROM releases WHERE board_id = boards.id) ORDER BY slug LIMIT $1",
        MOST_BOARDS,
    )
    return [row["slug"] for row in rows]


async def of(scene: Scene, visit: Visit) -> list[tuple[str, Page]]:
    """The pages of the boards that have a release, each with what it shows."""
    slugs = await boards(scene)
    await visit.need("/health/live")
    pages = [(slug, Page((await visit.need(f"/leaderboard/{slug}")).text)) for slug in slugs]
    return [(slug, page) for slug, page in pages if page.release]


def number(text: str) -> float | None:
    """The number that is written there, with or without signs between its digits; None for what is none."""
    try:
        return float(text.replace(",", "").replace(MINUS, "-"))
    except ValueError:
        return None
