"""Sheets: files of records as people hand them in, CSV or JSON lines, read whole or refused at a line and a field."""

import csv
import re
from codecs import BOM_UTF8
from collections.abc import Collection, Iterator
from enum import StrEnum
from io import StringIO
from typing import Any, Final

import msgspec
from msgspec import Struct

from arena.errors import Refused

MOST_FILE_BYTES: Final = 64 * 1024 * 1024
MOST_LINE_BYTES: Final = 1024 * 1024
LINES_NAMED: Final = 10
NAMED: Final = re.compile(rb'"([a-z_]+)"\s*:')


class Form(StrEnum):
    """How a file is written."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class Row(Struct, frozen=True):
    """What a file says in one record, which begins in that line."""

    line: int
    values: dict[str, str]

    def get(self, field: str) -> str:
        """The field's text without what stands around it; empty where there is none."""
        return self.values.get(field, "").strip()


class Intake:
    """A file as it arrives: a line longer than any may be is found before all of it has come."""

    def __init__(self, form: Form) -> None:
        self._form = form
        self._pieces: list[bytes] = []
        self._line = 1
        self._begun = bytearray()
        self._over = False

    def take(self, piece: bytes) -> None:
        """The next piece; once a line is too long, what follows is thrown away."""
        if self._over:
            return
        self._pieces.append(piece)
        for part in piece.splitlines(keepends=True):
            self._begun += part
            if len(self._begun) > MOST_LINE_BYTES:
                self._over = True
                return
            if part.endswith(b"\n"):
                self._line += 1
                self._begun.clear()

    def whole(self) -> bytes:
        """All of it."""
        if not self._over:
            return b"".join(self._pieces)
        header = b"".join(self._pieces).partition(b"\n")[0]
        raise Refused(
            "Field “{field}”, line {lines}: the line is longer than {most} bytes.",
            field=_field(self._form, header, bytes(self._begun)),
            lines=str(self._line),
            most=MOST_LINE_BYTES,
        )


def read(data: bytes, form: Form, fields: tuple[str, ...], *, needed: tuple[str, ...]) -> list[Row]:
    """The records of a file that has some of these fields, and those needed in each."""
    text = _decoded(data, form)
    rows = list(_csv(text, fields) if form is Form.CSV else _json_lines(text, fields))
    if not rows:
        raise Refused("The file holds nothing. It needs the fields {known}.", known=", ".join(needed))
    for field in needed:
        if lines := [row.line for row in rows if field not in row.values]:
            raise Refused("Field “{field}”, line {lines}: it is missing.", field=field, lines=named(lines))
    return rows


def named(lines: Collection[int]) -> str:
    """The first of the lines, as a sentence names them."""
    first = sorted(lines)[:LINES_NAMED]
    return ", ".join(map(str, first)) + (", …" if len(lines) > LINES_NAMED else "")


def _decoded(data: bytes, form: Form) -> str:
    data = data.removeprefix(BOM_UTF8)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        begin = data.rfind(b"\n", 0, error.start) + 1
        raise Refused(
            "Field “{field}”, line {lines}: the text is not UTF-8. Save the file as UTF-8.",
            field=_field(form, data.partition(b"\n")[0], data[begin : error.start]),
            lines=str(data.count(b"\n", 0, error.start) + 1),
        ) from None


def _csv(text: str, fields: tuple[str, ...]) -> Iterator[Row]:
    records = _records(text)
    first, names = next(records, (1, []))
    header = [name.strip() for name in names]
    _check_fields(header, fields, first)
    for line, cells in records:
        if len(cells) != len(header):
            raise Refused(
                "Field “{field}”, line {lines}: this record has {count} fields, and the first line names {most}.",
                field=header[min(len(cells), len(header)) - 1],
                lines=str(line),
                count=len(cells),
                most=len(header),
            )
        yield Row(line, dict(zip(header, cells, strict=True)))


def _records(text: str) -> Iterator[tuple[int, list[str]]]:
    """The records that are not empty, each with the line in which it begins."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    begin = 1
    try:
        for cells in reader:
            if cells:
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        raise Refused(
            "Line {lines}: the record that begins here can't be read ({why}).", lines=str(begin), why=str(error)
        ) from None


def _json_lines(text: str, fields: tuple[str, ...]) -> Iterator[Row]:
    for line, words in enumerate(text.split("\n"), start=1):
        if words.strip():
            values = _object(words, line)
            _check_fields(list(values), fields, line)
            yield Row(line, {name: _text(value, name, line) for name, value in values.items() if value is not None})


def _object(words: str, line: int) -> dict[str, Any]:
    try:
        return msgspec.json.decode(words, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise Refused("Line {lines} is no JSON object.", lines=str(line)) from None


def _text(value: object, name: str, line: int) -> str:
    """A text, or a number as it is written; nothing else is a field's value."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Refused("Field “{field}”, line {lines}: it must be a text.", field=name, lines=str(line))
    return str(value)


def _check_fields(names: list[str], fields: tuple[str, ...], line: int) -> None:
    for name in names:
        if name not in fields or names.count(name) > 1:
            raise Refused(
                "Field “{field}”, line {lines}: it is not among those read here, each once: {known}.",
                field=name[:100],
                lines=str(line),
                known=", ".join(fields),
            )


def _field(form: Form, header: bytes, begun: bytes) -> str:
    """In which field of a line that was read so far its reader is."""
    if form is Form.JSON_LINES:
        keys = NAMED.findall(begun)
        return keys[-1].decode() if keys else "?"
    names = header.decode("utf-8", "replace").removeprefix("\ufeff").strip().split(",")
    # Fields in quotes may hold commas; what is left of a quote that is open is one field.
    closed = re.sub(rb'"[^"]*("|$)', b"", begun)
    return names[min(closed.count(b","), len(names) - 1)].strip()[:100] or "?"
