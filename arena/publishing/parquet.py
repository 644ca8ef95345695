"""Parquet: rows to a file, some thousands at a time. Only this room writes with Arrow, and it is loaded when needed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

# Row groups of this size cost little memory and are read fast.
ROWS: Final = 1 << 14
KINDS: Final = {str: pa.string(), int: pa.int64(), float: pa.float64()}
# Names that hardly repeat are smaller, and much faster written, without a list of them all.
UNLISTED: Final = frozenset({"vote", "voter", "prompt"})


class Writer:
    """A Parquet file that is being written; the columns are those named, each of one kind."""

    def __init__(self, path: Path, columns: Mapping[str, type], about: Mapping[str, str]) -> None:
        fields = [pa.field(name, KINDS[kind]) for name, kind in columns.items()]
        self._schema = pa.schema(fields, metadata=dict(about))
        listed = [name for name in columns if name not in UNLISTED]
        self._file = ParquetWriter(path, self._schema, compression="zstd", use_dictionary=listed)
        self._held: list[Any] = []
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._flush()
        self._file.close()

    def add(self, rows: Sequence[object]) -> None:
        """Add rows, which have the columns as attributes."""
        arrays = [
            pa.array([getattr(row, name) for row in rows], self._schema.field(name).type) for name in self._schema.names
        ]
        self._held.append(pa.record_batch(arrays, schema=self._schema))
        self._rows += len(rows)
        if self._rows >= ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._held:
            self._file.write_table(pa.Table.from_batches(self._held, self._schema))
        self._held, self._rows = [], 0
