"""Formats: a table as bytes of CSV, Parquet or Markdown, each cell with the very value that JSON has.

A number is not rounded, and null is an empty cell. A text stands as it is, also one that a spreadsheet would take for a
formula: a name that was changed on the way would be another name.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any, Final

import msgspec

from arena.publishing.columns import Field, Value
from arena.publishing.tables import Table

# What Markdown may take for something else than text.
MARKUP: Final = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&:@=$^])")


@dataclass(frozen=True)
class Format:
    """A way to write a table: its media type, the ending of its files, and what writes it."""

    media_type: str
    write: Callable[[Table], bytes]


def csv(table: Table) -> bytes:
    """RFC 4180, with a head; texts in quotes, so that an empty one is not taken for null."""
    head = ",".join(field.name for field in table.fields)
    lines = [",".join(_csv(value) for value in row.values()) for row in table.rows]
    return "".join(f"{line}\r\n" for line in (head, *lines)).encode()


def markdown(table: Table) -> bytes:
    """A table of GitHub's Markdown, and below it what it is of, to be cited."""
    fields = table.fields
    head = [field.name.replace("_", "\\_") for field in fields]
    ruler = ["---" if field.kind is str else "---:" for field in fields]
    rows = [head, ruler, *([_marked(value) for value in row.values()] for row in table.rows)]
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    release = table.release
    cited = f"Board {_marked(release.board)}, release `{release.id}` of {plain(release.published_at)}."
    return ("\n".join([*lines, "", cited]) + "\n").encode()


def parquet(table: Table) -> bytes:
    """A Parquet file, typed; its metadata names board and release."""
    # Loaded when the first one is asked for, since few processes ever write one.
    import pyarrow as pa
    from pyarrow.parquet import write_table

    fields, lines = table.fields, table.lines
    named = {"board": table.release.board, "release": table.release.id}
    schema = pa.schema([(field.name, _arrow(field)) for field in fields], metadata=named)
    columns = [pa.array([field.read(line) for line in lines], type=_arrow(field)) for field in fields]
    file = BytesIO()
    write_table(pa.Table.from_arrays(columns, schema=schema), file)
    return file.getvalue()


ALL: Final = {
    "csv": Format("text/csv; charset=utf-8; header=present", csv),
    "parquet": Format("application/vnd.apache.parquet", parquet),
    "md": Format("text/markdown; charset=utf-8", markdown),
}
NAMES: Final = ("json", *ALL)


def plain(value: Value) -> str:
    """The value as JSON has it, without quotes; nothing where it is null."""
    if value is None or isinstance(value, str):
        return value or ""
    return msgspec.json.encode(value).decode().strip('"')


def _csv(value: Value) -> str:
    return '"' + value.replace('"', '""') + '"' if isinstance(value, str) else plain(value)


def _marked(value: Value) -> str:
    """A line break would end the row, so it is written as what HTML calls it."""
    if not isinstance(value, str):
        return plain(value)
    return MARKUP.sub(r"\\\1", value).replace("\r", "&#13;").replace("\n", "&#10;")


def _arrow(field: Field) -> Any:
    import pyarrow as pa

    types = {str: pa.string(), float: pa.float64(), int: pa.int64(), bool: pa.bool_()}
    return pa.timestamp("us", tz="UTC") if field.kind is datetime else types[field.kind]
