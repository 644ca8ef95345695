"""Batches: vote files read by Arrow, many votes at a time. Only this room knows Arrow, and it is loaded when needed."""

from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from rating.arrays import Vector
from rating.votefile import fingerprints, records
from rating.votefile.faults import Doubtful, VoteFileWrong
from rating.votefile.fingerprints import Prints
from rating.votefile.records import Format, Record
from rating.votefile.votes import WANTED

# Arrow's arrays have no types of their own that a checker knows.
Column: TypeAlias = Any
Batch: TypeAlias = dict[str, Column]
Number = TypeVar("Number", np.int32, np.float64)

ROWS: Final = 1 << 16
BYTES: Final = 1 << 22
FEW_ROWS: Final = 1 << 12
CODED: Final = pa.dictionary(pa.int32(), pa.string())
FAULTS: Final = (pa.ArrowException, OSError, UnicodeDecodeError)


def read(path: Path, columns: dict[str, str], numbers: Collection[str]) -> Iterator[Batch]:
    """The columns, given as ours for each of the file's, in batches of one length; or Doubtful.

    Columns in `numbers` are float64, all others are texts, coded or not, and nothing is missing in any of them.
    """
    kinds = {theirs: _kind(ours, numbers) for theirs, ours in columns.items()}
    try:
        for batch in _OPENED[records.format_of(path)](path, kinds):
            yield {ours: _typed(batch.column(theirs), kinds[theirs], ours) for theirs, ours in columns.items()}
    except FAULTS as error:
        raise Doubtful(str(error)) from error


def of(votes: list[dict[str, Any]]) -> Batch:
    """Votes with the same columns, every value sound, as a batch."""
    return {column: pa.array([vote[column] for vote in votes]) for column in votes[0]}


def encoded(column: Column) -> tuple[list[str], NDArray[np.int32]]:
    """The different texts of a column, and for each row which one it is."""
    column = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    indices = column.indices if column.indices.type == pa.int32() else column.indices.cast(pa.int32())
    try:
        texts = column.dictionary.to_pylist()
    except UnicodeDecodeError as error:
        raise Doubtful(str(error)) from error
    if None in texts:
        raise Doubtful("a missing text")
    return texts, _held(indices, np.int32)


def prints(column: Column, *, empty: bool) -> Prints:
    """The fingerprints of a column's texts, none of them without a character unless some may be `empty`."""
    _, offsets, data = column.buffers()
    ends = np.frombuffer(offsets, dtype=np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    texts = np.frombuffer(data, dtype=np.uint8) if data else np.zeros(0, dtype=np.uint8)
    if not empty and (np.diff(ends) == 0).any():
        raise Doubtful("an empty text")
    return fingerprints.of(texts[ends[0] : ends[-1]], ends - ends[0])


def numbers(column: Column) -> Vector:
    """A column of numbers."""
    return _held(column, np.float64)


def _held(column: Column, kind: type[Number]) -> NDArray[Number]:
    """The numbers of a column without a gap. Arrow's own `to_numpy` would load pandas first, where that is there."""
    return np.frombuffer(column.buffers()[1], dtype=kind, count=len(column), offset=column.offset * kind().itemsize)


def names(path: Path) -> list[str]:
    """The columns of a Parquet file."""
    listed: list[str] = _parquet_file(path).schema_arrow.names
    return listed


def parquet(path: Path, wanted: Collection[str]) -> Iterator[Record]:
    """The rows of a Parquet file from 1 on, with their values in the columns wanted."""
    row = 0
    batches = _parquet_file(path).iter_batches(FEW_ROWS, columns=list(wanted))
    while True:
        try:
            batch = next(batches, None)
        except FAULTS as error:
            raise _damaged(error, row + 1) from error
        if batch is None:
            return
        for values in zip(*(_values(column, name, row) for name, column in _columns(batch)), strict=True):
            row += 1
            yield row, batch.schema.names, list(values)


def _columns(batch: Any) -> Iterator[tuple[str, Column]]:
    yield from zip(batch.schema.names, batch.columns, strict=True)


def _values(column: Column, name: str, row: int) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:
        for place in range(len(column)):
            try:
                column[place].as_py()
            except UnicodeDecodeError as error:
                fault = f"The byte 0x{error.object[error.start]:02x} is not UTF-8."
                raise VoteFileWrong(fault, line=row + place + 1, column=name, unit="Row") from None
        raise
    return values


def _parquet_file(path: Path, *, coded: Collection[str] = ()) -> Any:
    from pyarrow.parquet import ParquetFile

    with path.open("rb") as file:  # The system's own words for a folder or a file that may not be read.
        if not file.read(1):
            raise VoteFileWrong("The file is empty; it has no columns.", line=1, column=1, unit="Row")
    try:
        return ParquetFile(path, buffer_size=BYTES, pre_buffer=False, read_dictionary=list(coded))
    except FAULTS as error:
        raise _damaged(error, 1) from error


def _damaged(error: Exception, row: int) -> VoteFileWrong:
    told = str(error).partition("\n")[0].strip().rstrip(".")
    return VoteFileWrong(
        f"The Parquet file is damaged or not whole from here on ({told}).", line=row, column=1, unit="Row"
    )


def _of_parquet(path: Path, kinds: dict[str, Any]) -> Iterator[Any]:
    try:
        file = _parquet_file(path, coded=[name for name, kind in kinds.items() if kind == CODED])
    except VoteFileWrong as error:
        raise Doubtful(str(error)) from error
    for batch in file.iter_batches(ROWS, columns=list(kinds)):
        batch.validate(full=True)
        yield batch


def _of_csv(path: Path, kinds: dict[str, Any]) -> Iterator[Any]:
    from pyarrow import csv

    with _stream(path) as stream:
        yield from csv.open_csv(
            stream,
            read_options=csv.ReadOptions(block_size=BYTES),
            parse_options=csv.ParseOptions(newlines_in_values=True),
            convert_options=csv.ConvertOptions(include_columns=list(kinds), column_types=kinds),
        )


def _of_json(path: Path, kinds: dict[str, Any]) -> Iterator[Any]:
    from pyarrow import json

    schema = pa.schema([(name, pa.string() if kind == CODED else kind) for name, kind in kinds.items()])
    with _stream(path) as stream:
        yield from json.open_json(
            stream,
            read_options=json.ReadOptions(block_size=BYTES),
            parse_options=json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        )


def _stream(path: Path) -> Any:
    return pa.input_stream(str(path), compression="gzip" if records.compressed(path) else None)


_OPENED: Final[dict[Format, Callable[[Path, dict[str, Any]], Iterator[Any]]]] = {
    Format.CSV: _of_csv,
    Format.JSON: _of_json,
    Format.PARQUET: _of_parquet,
}


def _kind(ours: str, numbers: Collection[str]) -> Any:
    """What Arrow should read a column as: the few names there are as codes, which it does ten times as fast."""
    return pa.float64() if ours in numbers else CODED if ours in WANTED else pa.string()


def _typed(column: Column, kind: Any, ours: str) -> Column:
    """The column as what it must be; Arrow would take a truth value or a time for a text as well."""
    held = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if kind == pa.float64():
        fits = pa.types.is_integer(held) or pa.types.is_floating(held) or pa.types.is_decimal(held)
    else:
        fits = pa.types.is_string(held) or pa.types.is_large_string(held) or pa.types.is_string_view(held)
        # A number that names a voter is taken as it is written.
        fits = fits or (pa.types.is_integer(held) and ours not in WANTED)
    if column.null_count or not fits:
        raise Doubtful(f"{held} for {ours}")
    return column if column.type == kind or kind == CODED else column.cast(kind)
