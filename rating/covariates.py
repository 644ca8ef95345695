"""Style features of two sides as covariates: how much more of each the first side has."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rating import exact
from rating.arrays import Codes, Flags, Vector
from rating.errors import VotesWrong

Singles: TypeAlias = NDArray[np.float32]

CHUNK = 1 << 14
MOST = 5e299  # Of a side: beyond it a sum of two could be infinite.


class Columns(Protocol):
    """What has columns by name: a mapping of arrays, a data frame, an Arrow table."""

    def __getitem__(self, name: str, /) -> Any:
        """The column of this name."""


@dataclass(frozen=True, eq=False)
class Sides:
    """One feature as its owner keeps it: numbers of the first and of the second side (N each), of any kind."""

    first: NDArray[Any]
    second: NDArray[Any]

    def __len__(self) -> int:
        return len(self.first)

    def only(self, rows: Flags | Codes) -> "Sides":
        """Those of the rows marked, or numbered from 0."""
        return Sides(self.first[rows], self.second[rows])

    def differences(self) -> Iterator[Vector]:
        """(f_a - f_b) / (f_a + f_b + 1), by chunks, so that little memory is taken beside it."""
        for start in range(0, len(self), CHUNK):
            part = slice(start, start + CHUNK)
            ours, theirs = self.first[part].astype(np.float64), self.second[part].astype(np.float64)
            total = ours + theirs
            total += 1
            ours -= theirs
            ours /= total
            yield ours


@dataclass(frozen=True, eq=False)
class Covariates:
    """Covariates of N votes, first side less second, each with a root mean square of 1 and without units.

    `told` has what each is made from when it is needed, the columns of its two sides (K), which must not be changed; or
    their values (K x N, float32). `scales` (K) are the root mean squares they were divided by; where one is 0 (the two
    sides never differ) the covariate is 0 and nothing can be learnt from it: its name is in `silent`.
    """

    names: tuple[str, ...]
    told: Sequence[Sides] | Singles
    scales: Vector

    @property
    def silent(self) -> tuple[str, ...]:
        """The features in which no two sides ever differ."""
        return tuple(name for name, scale in zip(self.names, self.scales, strict=True) if scale == 0)

    @property
    def values(self) -> Singles:
        """All covariates (K x N)."""
        whole = np.empty((len(self.names), len(self)), dtype=np.float32)
        for place, row in enumerate(whole):
            row[:] = self.column(place)
        return whole

    def column(self, place: int) -> Singles:
        """One covariate (N), in memory of its own."""
        if isinstance(self.told, np.ndarray):
            return np.array(self.told[place], dtype=np.float32)
        sides, scale = self.told[place], np.float32(self.scales[place])
        values, start = np.zeros(len(sides), dtype=np.float32), 0
        for part in sides.differences() if scale > 0 else ():
            end = start + len(part)
            values[start:end] = part
            values[start:end] /= scale
            start = end
        return values

    def only(self, rows: Flags | Codes) -> "Covariates":
        """Those of the rows marked, or numbered from 0, in the units of all rows; silent where none of these differ."""
        told = self.told[:, rows] if isinstance(self.told, np.ndarray) else [sides.only(rows) for sides in self.told]
        some = Covariates(self.names, told, self.scales)
        differ = [bool(some.column(place).any()) for place in range(len(self.names))]
        return Covariates(self.names, told, np.where(differ, self.scales, 0.0))

    def __len__(self) -> int:
        if isinstance(self.told, np.ndarray):
            return int(self.told.shape[1])
        return len(self.told[0]) if self.told else 0


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
    for name, pair in zip(names, pairs, strict=True):
        for side, column in zip("ab", pair, strict=True):
            _refuse(f"{name}_{side}", column)
    told = [Sides(*pair) for pair in pairs]
    return Covariates(names, told, np.array([_scale(sides) for sides in told], dtype=np.float64))


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


def _scale(sides: Sides) -> float:
    """The root mean square of the differences."""
    squares, fine = 0.0, exact.grid(1.0, len(sides))
    for part in sides.differences():
        squares += float(exact.rounded(np.square(part, out=part), fine).sum())
    return float(np.sqrt(squares / max(len(sides), 1)))


def _refuse(name: str, column: NDArray[Any]) -> None:
    """Look at the rows one by one only where the smallest or the largest says that one is at fault."""
    if not len(column) or (column.min() >= 0 and float(column.max()) <= MOST):
        return
    row = int(np.argmax(~((column >= 0) & (column.astype(np.float64) <= MOST))))
    raise VotesWrong(f"Row {row + 1} has {column[row]:g} in {name}; a style feature is a number, zero or more.")


def _listed(numbers: list[int]) -> str:
    return " and ".join(str(number) for number in numbers)
