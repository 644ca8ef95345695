"""Style features of two sides as covariates: how much more of each the first side has."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rating import exact
from rating.arrays import Codes, Flags, Vector
from rating.errors import VotesWrong

Singles: TypeAlias = NDArray[np.float32]

CHUNK = 1 << 14
MOST = 1e300  # Of the sum of two sides: beyond it a sum could be infinite.


class Columns(Protocol):
    """What has columns by name: a mapping of arrays, a data frame, an Arrow table."""

    def __getitem__(self, name: str, /) -> Any:
        """The column of this name."""


@dataclass(frozen=True, eq=False)
class Covariates:
    """Covariates of N votes, first side less second.

    `values` (K x N, float32) has a root mean square of 1 in each row, without units. `scales` (K) are the root mean
    squares they were divided by; where one is 0 (the two sides never differ) the row is 0 and nothing can be
    learnt from it: its name is in `silent`.
    """

    names: tuple[str, ...]
    values: Singles
    scales: Vector

    @property
    def silent(self) -> tuple[str, ...]:
        """The features in which no two sides ever differ."""
        return tuple(name for name, scale in zip(self.names, self.scales, strict=True) if scale == 0)

    def only(self, rows: Flags | Codes) -> "Covariates":
        """Those of the rows marked, or numbered from 0, in the units of all rows; silent where none of these differ."""
        values = self.values[:, rows]
        return Covariates(self.names, values, np.where(values.any(axis=1), self.scales, 0.0))

    def __len__(self) -> int:
        return int(self.values.shape[1])


def of(columns: Columns, names: Iterable[str]) -> Covariates:
    """z = (f_a - f_b) / (f_a + f_b + 1), divided by its root mean square, from the columns `NAME_a` and `NAME_b`.

    After the style control of Chatbot Arena (Li, Angelopoulos & Chiang 2024), but never centred: a mean taken off
    would be a position effect in disguise, and ratings would change when sides are swapped. Features are counts
    or amounts (N), finite and not below zero, else VotesWrong names row (from 1) and column; a missing column
    and columns of different lengths are VotesWrong too.
    """
    names = tuple(names)
    pairs = [(_column(columns, f"{name}_a"), _column(columns, f"{name}_b")) for name in names]
    lengths = {len(column) for pair in pairs for column in pair}
    if len(lengths) > 1:
        raise VotesWrong(f"The style columns must be of one length, and have {_listed(sorted(lengths))} rows.")
    if len(set(names)) < len(names):
        raise VotesWrong("A style feature is named twice.")
    values = np.empty((len(names), lengths.pop() if lengths else 0), dtype=np.float32)
    scales = np.array([_fill(row, name, *pair) for row, name, pair in zip(values, names, pairs, strict=True)])
    return Covariates(names, values, scales.astype(np.float64))


def _column(columns: Columns, name: str) -> NDArray[Any]:
    if name not in _names(columns):
        raise VotesWrong(f"There is no column {name}; a style feature NAME has two, NAME_a and NAME_b.")
    column = np.asarray(columns[name])
    if column.ndim != 1:
        raise VotesWrong(f"The column {name} must hold one number a row.")
    return column if column.dtype.kind in "biuf" else _numbers(column, name)


def _names(columns: Columns) -> Any:
    """The names of the columns, as Arrow, pandas and polars, and mappings keep them."""
    for kept in ("column_names", "columns"):
        if (names := getattr(columns, kept, None)) is not None:
            return names
    return columns


def _numbers(column: NDArray[Any], name: str) -> Vector:
    numbers = np.empty(len(column))
    for row, value in enumerate(column):
        try:
            numbers[row] = value
        except (TypeError, ValueError):
            raise VotesWrong(
                f"Row {row + 1} has {value!r} in {name}; a style feature is a number, zero or more."
            ) from None
    return numbers


def _fill(values: Singles, name: str, first: NDArray[Any], second: NDArray[Any]) -> float:
    """Fill in one covariate and return its scale; by chunks, so that little memory is taken beside it."""
    squares, fine = 0.0, exact.grid(1.0, len(values))
    for start in range(0, len(values), CHUNK):
        part = slice(start, start + CHUNK)
        ours, theirs = first[part].astype(np.float64), second[part].astype(np.float64)
        total = ours + theirs
        if not (ours.min() >= 0 and theirs.min() >= 0 and total.max() <= MOST):
            _refuse(f"{name}_a", ours, start)
            _refuse(f"{name}_b", theirs, start)
        ours -= theirs
        total += 1
        ours /= total
        values[part] = ours
        squares += float(exact.rounded(np.square(ours, out=ours), fine).sum())
    scale = float(np.sqrt(squares / max(len(values), 1)))
    if scale > 0:
        values /= np.float32(scale)
    return scale


def _refuse(name: str, column: Vector, start: int) -> None:
    wrong = ~(column >= 0) | (column > MOST / 2)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise VotesWrong(
            f"Row {start + row + 1} has {column[row]:g} in {name}; a style feature is a number, zero or more."
        )


def _listed(numbers: list[int]) -> str:
    return " and ".join(str(number) for number in numbers)
