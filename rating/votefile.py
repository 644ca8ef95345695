"""Vote files: the field's exchange format (`model_a`, `model_b`, `winner`) as CSV or JSON lines, read vote by vote."""

import csv
import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BufferedIOBase
from pathlib import Path
from typing import Any, TypeAlias

from rating.errors import RatingError
from rating.outcomes import Outcome

WANTED = ("model_a", "model_b", "winner")
ALLOWED = (*WANTED, "voter", "prompt")
WINNERS = {
    "model_a": Outcome.A,
    "model_b": Outcome.B,
    "tie": Outcome.TIE,
    "tie (bothbad)": Outcome.BOTH_BAD,
    "both_bad": Outcome.BOTH_BAD,
}
MOST_LINE_BYTES = 1 << 20
MOST_NAME_CHARACTERS = 200

# A whole field of CSV with what ends it; where none begins, the quoting is at fault.
FIELD = re.compile(r'(?:"(?:[^"]|"")*"|[^",\r\n][^,\r\n]*|)(?:,|\r?\n|\Z)')

Names: TypeAlias = Mapping[str, str]


class VoteFileWrong(RatingError):
    """A vote file can't be read; `line` counts from 1, `column` is a column's name or a character's place from 1."""

    def __init__(self, fault: str, *, line: int, column: str | int) -> None:
        place = f"column “{column}”" if isinstance(column, str) else f"character {column}"
        super().__init__(f"Line {line}, {place}: {fault}")
        self.line = line
        self.column = column


class VoteFileUnknown(RatingError):
    """The file's name says no format that is read here."""


@dataclass(frozen=True, slots=True)
class FileVote:
    """A vote and the line it began in; `voter` and `prompt` are None where the file has no such column."""

    line: int
    contenders: tuple[str, str]
    outcome: Outcome
    voter: str | None
    prompt: str | None


def read(path: Path, *, renamed: Names | None = None) -> Iterator[FileVote]:
    """The file's votes in its order, or VoteFileWrong at the first fault.

    `renamed` gives, for a name of ours, the name the file has for it. A vote is handed out before later lines are
    looked at, so whoever must have all or nothing keeps them until the end.
    """
    records = _format(path)
    found = None
    with _opened(path) as file:
        for found in records(_lines(file), renamed or {}):
            yield found
    if found is None:
        raise VoteFileWrong("There is no vote in the file.", line=1, column=1)


def digest(path: Path) -> str:
    """SHA-256 of the file's content, whether it is compressed or not."""
    _format(path)
    content = hashlib.sha256()
    with _opened(path) as file:
        for _, raw in _raw_lines(file):
            content.update(raw)
    return content.hexdigest()


def _format(path: Path) -> Callable[[Iterator[tuple[int, str]], Names], Iterator[FileVote]]:
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".csv"):
        return _csv
    if name.endswith((".jsonl", ".ndjson")):
        return _json
    if name.endswith((".parquet", ".pq")):
        raise VoteFileUnknown(f"{path.name} is Parquet, which is not read yet; bring it as CSV or JSON lines.")
    raise VoteFileUnknown(f"{path.name} must end in .csv or .jsonl, or either with .gz, to say what it holds.")


def _opened(path: Path) -> BufferedIOBase:
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")


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


def _csv(lines: Iterator[tuple[int, str]], renamed: Names) -> Iterator[FileVote]:
    records = _records(lines)
    _, header = next(records, (1, []))
    if not header:
        raise VoteFileWrong(f"The file is empty; it begins with the columns {_listed(WANTED)}.", line=1, column=1)
    columns = _columns(header, renamed, line=1)
    for line, values in records:
        if len(values) < len(columns):
            fault = f"The line ends before this column; it has {len(values)} of {len(columns)} fields."
            raise VoteFileWrong(fault, line=line, column=header[len(values)])
        if len(values) > len(columns):
            fault = f"The line has {len(values)} fields, but the first line names {len(columns)} columns."
            raise VoteFileWrong(fault, line=line, column=header[-1])
        yield _vote(line, dict(zip(columns, values, strict=True)), renamed)


def _records(lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, list[str]]]:
    """The records that have fields, each with the number of its first line."""
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
    """Where the quoting of the record read last goes wrong: at the beginning of the first field that is not whole."""
    record = "".join(text for _, text in pending)
    at = 0
    while (field := FIELD.match(record, at)) and field.end() > at:
        at = field.end()
    before = record[:at]
    fault = f"The field that begins here can't be read ({error}); check its quotes."
    return VoteFileWrong(fault, line=pending[0][0] + before.count("\n"), column=at - before.rfind("\n"))


def _json(lines: Iterator[tuple[int, str]], renamed: Names) -> Iterator[FileVote]:
    first: list[str] | None = None
    for line, text in lines:
        if not text.strip():
            continue
        given = _object(line, text)
        columns = _columns(list(given), renamed, line=line)
        first = first or columns
        for column in first:
            if column not in columns:
                raise VoteFileWrong("The field is missing here.", line=line, column=renamed.get(column, column))
        for column in columns:
            if column not in first:
                fault = "The votes before this one don't have this field."
                raise VoteFileWrong(fault, line=line, column=renamed.get(column, column))
        yield _vote(line, dict(zip(columns, given.values(), strict=True)), renamed)
    if first is None:
        raise VoteFileWrong(f"The file is empty; each line is an object with {_listed(WANTED)}.", line=1, column=1)


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


def _columns(found: list[str], renamed: Names, *, line: int) -> list[str]:
    """Our names for the columns found, or what is wrong with them."""
    ours = {theirs: name for name, theirs in renamed.items()}
    columns = [ours.get(name, name) for name in found]
    told = f"Found {_listed(found)}; wanted {_listed(WANTED)}, and voter and prompt where they are known"
    for name, column in zip(found, columns, strict=True):
        if column == "weight":
            raise VoteFileWrong("Weights are not accepted yet; take the column out.", line=line, column=name)
        if column not in ALLOWED:
            raise VoteFileWrong(f"The column is unknown. {told}.", line=line, column=name)
        if columns.count(column) > 1:
            raise VoteFileWrong(f"There are two columns for {column}.", line=line, column=name)
    for column in (*renamed, *WANTED):
        if column not in columns:
            raise VoteFileWrong(f"The column is missing. {told}.", line=line, column=renamed.get(column, column))
    return columns


def _vote(line: int, fields: dict[str, Any], renamed: Names) -> FileVote:
    def wrong(column: str, fault: str) -> VoteFileWrong:
        return VoteFileWrong(fault, line=line, column=renamed.get(column, column))

    for column, value in fields.items():
        if isinstance(value, int) and not isinstance(value, bool) and column not in WANTED:
            fields[column] = value = str(value)
        if fault := _fault(column, value):
            raise wrong(column, fault)
    first, second, winner = (fields[column] for column in WANTED)
    if first == second:
        raise wrong("model_b", f"“{first}” is set against itself.")
    if winner not in WINNERS:
        raise wrong("winner", f"“{winner[:100]}” is no outcome; it is one of {_listed(WINNERS)}.")
    return FileVote(line, (first, second), WINNERS[winner], fields.get("voter"), fields.get("prompt"))


def _fault(column: str, value: object) -> str | None:
    if not isinstance(value, str):
        return "The value must be a text."
    if column == "prompt":
        return "The text can't be kept: it holds a zero character or half a pair." if _unkept(value) else None
    if not value.strip():
        return "The field is empty."
    if len(value) > MOST_NAME_CHARACTERS:
        return f"The value has {len(value):,} characters; {MOST_NAME_CHARACTERS} fit."
    return None if value.isprintable() else "The value holds a character that can't be printed."


def _unkept(text: str) -> bool:
    return any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(name[:100] for name in names)
