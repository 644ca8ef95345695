"""Records: what a vote file holds, one after the other, each with the line it began in and the names of its fields."""

import csv
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Collection, Iterable, Iterator
from enum import Enum
from io import BufferedIOBase
from pathlib import Path
from typing import Any, TypeAlias

from rating.votefile.faults import VoteFileUnknown, VoteFileWrong

# The line, or the row of a Parquet file; the file's names for the fields; their values.
Record: TypeAlias = tuple[int, list[str], list[Any]]

MOST_LINE_BYTES = 1 << 20
BLOCK = 1 << 20

# A whole field of CSV with what ends it; where none begins, the quoting is at fault.
FIELD = re.compile(r'(?:"(?:[^"]|"")*"|[^",\r\n][^,\r\n]*|)(?:,|\r?\n|\Z)')


class Format(Enum):
    """What a file's name says it holds."""

    CSV = (".csv",)
    JSON = (".jsonl", ".ndjson")
    PARQUET = (".parquet", ".pq")

    @property
    def unit(self) -> str:
        """What the places in such a file are counted by."""
        return "Row" if self is Format.PARQUET else "Line"


def format_of(path: Path) -> Format:
    """The file's format by its name."""
    name = path.name.lower()
    if name.endswith(Format.PARQUET.value):
        return Format.PARQUET
    for known in (Format.CSV, Format.JSON):
        if name.removesuffix(".gz").endswith(known.value):
            return known
    raise VoteFileUnknown(
        f"{path.name} must end in .csv, .jsonl or .parquet, the first two also with .gz, to say what it holds."
    )


def compressed(path: Path) -> bool:
    """Whether the whole file went through gzip."""
    return path.name.lower().endswith(".gz")


def header(path: Path) -> tuple[int, list[str]]:
    """The names of the file's columns as the first line, object or schema gives them, and the line they are in."""
    form = format_of(path)
    with _opened(path) as file:
        if form is Format.CSV:
            line, names = next(_rows(_lines(file)), (1, []))
        elif form is Format.JSON:
            line, names = next(((line, list(given)) for line, given in _objects(_lines(file))), (1, []))
        else:
            # Here, as below: what is loaded for Parquet takes a tenth of a second, and only who reads some needs it.
            from rating.votefile import batches

            return 1, batches.names(path)
    if not names:
        raise VoteFileWrong("The file is empty; it has no columns.", line=1, column=1)
    return line, names


def read(path: Path, wanted: Collection[str]) -> Iterator[Record]:
    """The file's records in its order, those after the header, or VoteFileWrong at the first fault.

    Of a Parquet file, whose columns lie apart, only those wanted are read; the other formats come whole.
    """
    form = format_of(path)
    if form is Format.PARQUET:
        from rating.votefile import batches

        yield from batches.parquet(path, wanted)
        return
    with _opened(path) as file:
        yield from _csv(_lines(file)) if form is Format.CSV else _json(_lines(file))


def digest(path: Path) -> str:
    """SHA-256 of the file's content, whether it is compressed or not."""
    whole = format_of(path) is Format.PARQUET
    content = hashlib.sha256()
    with _opened(path) as file:
        for piece in iter(lambda: file.read(BLOCK), b"") if whole else (raw for _, raw in _raw_lines(file)):
            content.update(piece)
    return content.hexdigest()


def listed(names: Iterable[str]) -> str:
    """Names in a sentence, none longer than a line."""
    return ", ".join(name[:100] for name in names)


def _opened(path: Path) -> BufferedIOBase:
    return gzip.open(path, "rb") if compressed(path) else path.open("rb")


def _lines(file: BufferedIOBase) -> Iterator[tuple[int, str]]:
    for number, raw in _raw_lines(file):
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")
        try:
            yield number, raw.decode()
        except UnicodeDecodeError as error:
            column = len(raw[: error.start].decode()) + 1
            fault = f"The byte 0x{raw[error.start]:02x} is not UTF-8; save the file in that encoding."
            raise VoteFileWrong(fault, line=number, column=column) from None


def _raw_lines(file: BufferedIOBase) -> Iterator[tuple[int, bytes]]:
    number = 1
    while True:
        try:
            raw = file.readline(MOST_LINE_BYTES + 1)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise VoteFileWrong(f"The compressed file is damaged ({error}).", line=number, column=1) from None
        if not raw:
            return
        if len(raw) > MOST_LINE_BYTES:
            raise VoteFileWrong(f"The line has more than {MOST_LINE_BYTES:,} bytes.", line=number, column=1)
        yield number, raw
        number += 1


def _csv(lines: Iterator[tuple[int, str]]) -> Iterator[Record]:
    rows = _rows(lines)
    _, names = next(rows, (1, []))
    for line, values in rows:
        if len(values) < len(names):
            fault = f"The line ends before this column; it has {len(values)} of {len(names)} fields."
            raise VoteFileWrong(fault, line=line, column=names[len(values)])
        if len(values) > len(names):
            fault = f"The line has {len(values)} fields, but the first line names {len(names)} columns."
            raise VoteFileWrong(fault, line=line, column=names[-1])
        yield line, names, values


def _rows(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """The rows that have fields, each with the number of its first line."""
    pending: list[tuple[int, str]] = []

    def remembered() -> Iterator[str]:
        for number, text in lines:
            pending.append((number, text))
            yield text

    rows = csv.reader(remembered(), strict=True)
    try:
        for row in rows:
            if row:
                yield pending[0][0], row
            pending.clear()
    except csv.Error as error:
        raise _misquoted(pending, error) from None


def _misquoted(pending: list[tuple[int, str]], error: csv.Error) -> VoteFileWrong:
    """Where the quoting of the row read last goes wrong: at the beginning of the first field that is not whole."""
    row = "".join(text for _, text in pending)
    at = 0
    while (field := FIELD.match(row, at)) and field.end() > at:
        at = field.end()
    before = row[:at]
    fault = f"The field that begins here can't be read ({error}); check its quotes."
    return VoteFileWrong(fault, line=pending[0][0] + before.count("\n"), column=at - before.rfind("\n"))


def _json(lines: Iterator[tuple[int, str]]) -> Iterator[Record]:
    for line, given in _objects(lines):
        yield line, list(given), list(given.values())


def _objects(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, text in lines:
        if text.strip():
            yield line, _object(line, text)


def _object(line: int, text: str) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        fields = dict(pairs)
        if len(fields) < len(pairs):
            twice = next(name for place, (name, _) in enumerate(pairs) if name in dict(pairs[:place]))
            raise VoteFileWrong("The field is given twice.", line=line, column=twice)
        return fields

    try:
        given = json.loads(text, object_pairs_hook=once)
    except json.JSONDecodeError as error:
        raise VoteFileWrong(f"This is not JSON ({error.msg}).", line=line, column=error.colno) from None
    except (ValueError, RecursionError) as error:  # A number or a nesting of absurd size.
        raise VoteFileWrong(f"This can't be a vote ({error}).", line=line, column=1) from None
    if not isinstance(given, dict):
        raise VoteFileWrong("The line is not a JSON object.", line=line, column=1)
    return given
