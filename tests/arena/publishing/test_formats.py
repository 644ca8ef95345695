"""Every cell of a release is the same in the API, in CSV, Parquet and Markdown, and on the page."""

import csv
import json
import re
from datetime import UTC, datetime
from io import BytesIO, StringIO
from typing import Any

import msgspec
import pytest
from pyarrow.parquet import read_table

from arena.config import Settings
from arena.pages import boards
from arena.pages.templating import environment
from arena.publishing import columns, formats, tables, views
from arena.publishing.tables import Table
from tests.arena.pages.markup import Element, Page
from tests.arena.pages.standings import OVERALL, release, standing

SETTINGS = Settings(database_url="postgresql://x", redis_url="redis://x", secret="s" * 32)
NAMES = (
    *("=1+1", "+cmd|' /C calc'!A0", "@SUM(A1)", "-2", 'a "quoted" name', "comma, comma", "pipe | pipe", "back\\slash"),
    *("שלום (7B)", "🦙 llama", "<b>bold</b> & `code` *star*", "two\nlines", " spaces ", "0123", "null", "1e5", ""),
)
RELEASE = release(
    *(
        standing(
            name,
            contender=f"contender-{place}",
            organisation=NAMES[-place - 1],
            rating=1000 + 1 / (place + 1) * (-1) ** place,
            lower=None if place % 3 == 0 else 900.1234567890123 - place,
            upper=None if place % 4 == 0 else 1100 + place / 7,
            rank_upper=len(NAMES),
            group=place % 2,
            licence="mit" if place % 2 else "",
            open_weights=(True, False, None)[place % 3],
            parameters_billions=0.1 + 0.2 if place % 2 else None,
            kind=("chat", None)[place % 2],
            party=("first", None)[place % 2],
            prompt_price=1e-7 if place == 1 else None,
            answer_price=60.0 if place % 2 else None,
            delta=None if place == 2 else -0.1 * place,
            entered=place == 2,
            last_vote_at=datetime(2026, 11, 20, 15, 0, place, tzinfo=UTC) if place % 2 else None,
        )
        for place, name in enumerate(NAMES)
    )
)
WHOLE = {"columns": [",".join(columns.ALL)]}
VIEWS: list[dict[str, list[str]]] = [
    WHOLE,
    {**WHOLE, "scale": ["logits"], "ranks": ["shown"], "sort": ["size"]},
    {**WHOLE, "scale": ["win_rate"], "q": ["a"], "pin": ["contender-0"], "sort": ["-contender"]},
    {},
]


def made(given: dict[str, list[str]]) -> tuple[Table, list[dict[str, Any]]]:
    """A view's table, and its lines as JSON has them."""
    table = tables.make(RELEASE, views.read(given))
    return table, json.loads(msgspec.json.encode(table.rows))


@pytest.mark.parametrize("given", VIEWS)
def test_every_cell_of_csv_is_that_of_json(given: dict[str, list[str]]) -> None:
    table, rows = made(given)
    head, *lines = csv.reader(StringIO(formats.csv(table).decode(), newline=""))
    assert head == list(rows[0])
    assert lines == [[_plain(value) for value in row.values()] for row in rows]


@pytest.mark.parametrize("given", VIEWS)
def test_every_cell_of_parquet_is_that_of_json(given: dict[str, list[str]]) -> None:
    table, rows = made(given)
    read = read_table(BytesIO(formats.parquet(table)))
    assert json.loads(msgspec.json.encode(read.to_pylist())) == rows
    assert read.schema.metadata[b"release"].decode() == RELEASE.id


@pytest.mark.parametrize("given", VIEWS)
def test_every_cell_of_markdown_is_that_of_json(given: dict[str, list[str]]) -> None:
    table, rows = made(given)
    head, _, *lines = formats.markdown(table).decode().split("\n\n")[0].split("\n")
    assert _cells(head) == list(rows[0])
    assert [_cells(line) for line in lines] == [[_plain(value) for value in row.values()] for row in rows]


@pytest.mark.parametrize("given", VIEWS)
def test_every_cell_of_the_page_is_that_of_json(given: dict[str, list[str]]) -> None:
    table, rows = made(given)
    context = boards.context(OVERALL, [OVERALL], RELEASE, SETTINGS, views.read(given))
    page = Page(environment().get_template("boards/show.html").render(context))
    shown = [row for row in page.all("tr") if "data-contender" in row.attributes]
    assert len(shown) == len(rows)
    for drawn, row in zip(shown, rows, strict=True):
        assert _drawn(drawn, table) == {name: _plain(value) for name, value in row.items() if name != "entered"}


def test_numbers_are_written_as_json_writes_them() -> None:
    for value in (1e-7, 0.1 + 0.2, 1e22, -0.0, 1000.0, 3, True, None):
        written = msgspec.json.encode(value).decode()
        assert formats.plain(value) == ("" if written == "null" else written)


def _plain(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _cells(line: str) -> list[str]:
    cells = [cell[1:-1] for cell in re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]]
    plain = [cell.replace("&#10;", "\n").replace("&#13;", "\r") for cell in cells]
    return [re.sub(r"\\(.)", r"\1", cell, flags=re.DOTALL) for cell in plain]


def _drawn(row: Element, table: Table) -> dict[str, str]:
    """A row's values as the page has them, by the names of the exports."""
    values = [
        one.attributes.get("value", one.attributes.get("datetime", ""))
        for one in row.inside
        if one.tag in ("data", "time")
    ]
    contender = [row.attributes["data-contender"]]
    contender += [
        next((one.text for one in row.inside if f"data-{part}" in one.attributes), "")
        for part in ("name", "organisation")
    ]
    found: dict[str, str] = {}
    for name in table.columns:
        fields = [field.name for field in columns.fields((name,), table.view.scale, table.view.ranks)]
        if name == "contender":
            found |= dict(zip(fields, contender, strict=True))
        elif name in ("rank", "interval"):
            found |= dict(zip(fields, re.split("[–…]", values.pop(0)), strict=True))
        elif name == "price":
            found |= {field: values.pop(0) for field in reversed(fields)}
        elif name in ("group", "gain"):
            found |= {field: values.pop(0) for field in fields}
        else:
            found[fields[0]] = values.pop(0)
    assert values == []
    return found
