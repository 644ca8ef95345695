"""Columns of votes as their owners keep them: sequences, numpy, pandas, polars and Arrow.

None of those libraries is imported: a column is known by what it can do.
"""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from rating import words as arrow_words
from rating.arrays import Codes, Flags, Integers
from rating.errors import VotesWrong

Column: TypeAlias = Any

CHUNK = 1 << 15
INTEGER = re.compile(r"u?int\d+", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Coded:
    """A column as codes into its distinct texts, in any order; not all of them need occur."""

    codes: Integers
    texts: list[str]


def integers(column: Column, what: str) -> Integers | None:
    """The column's whole numbers, uncopied where it keeps them as an array; None where it holds no such numbers.

    VotesWrong names the first row (from 1) without one; `what` says what a row then lacks.
    """
    array = _numbers(column)
    if array is None:
        return None
    if array.dtype.kind == "f":
        raise _missing(np.isnan(array), what)
    if array.dtype.kind == "O":
        raise _missing(np.array([not isinstance(value, (int, np.integer)) for value in array]), what)
    numbers: Integers = array
    return numbers


def texts(column: Column, what: str) -> Coded:
    """The column's texts, coded; VotesWrong names the first row (from 1) that has none."""
    codes, values = _factorized(column, what)
    if len(codes) and codes.min() < 0:
        raise VotesWrong(f"Row {int(np.argmax(codes < 0)) + 1} has no {what}.")
    for code, value in enumerate(values):
        if not isinstance(value, str) and (rows := np.flatnonzero(codes == code)).size:
            raise _no_text(int(rows[0]), value, what)
    return Coded(codes, [value if isinstance(value, str) else "" for value in values])


def sorted_codes(column: Column, what: str) -> Integers:
    """Codes of whole numbers or texts whose order is that of the values, so that no order of rows moves them."""
    numbers = integers(column, what)
    if numbers is not None:
        return numbers
    coded = texts(column, what)
    return recoded(coded, {text: place for place, text in enumerate(sorted(set(coded.texts)))})


def words(column: Column, known: dict[str, int], what: str) -> Integers:
    """The code that `known` gives each row's text; VotesWrong names the first row (from 1) with another or none."""
    coded = texts(column, what)
    unknown = [place for place, text in enumerate(coded.texts) if text not in known]
    if unknown and (strange := np.isin(coded.codes, unknown)).any():
        row = int(np.argmax(strange))
        word, offered = coded.texts[int(coded.codes[row])], ", ".join(known)
        raise VotesWrong(f"Row {row + 1} has the {what} {word!r}; it must be one of {offered}.")
    return recoded(coded, known)


def recoded(coded: Coded, places: dict[str, int]) -> Integers:
    """The column in other codes, `places` giving one for each of its texts, -1 for one it lacks.

    They are written over the old ones where there is room: `coded` is of no use afterwards.
    """
    kind = np.min_scalar_type(-max(len(places), 1))
    lookup = np.fromiter((places.get(text, -1) for text in coded.texts), dtype=kind, count=len(coded.texts))
    old = coded.codes
    codes: Integers = old if old.dtype == kind and old.flags.writeable else np.empty(len(old), dtype=kind)
    # By chunks, because numpy widens codes to eight bytes each. None is out of bounds; not to look takes half the time.
    for start in range(0, len(old), CHUNK):
        part = slice(start, start + CHUNK)
        lookup.take(old[part], mode="clip", out=codes[part])
    return codes


def _numbers(column: Column) -> Any:
    if isinstance(column, np.ndarray):
        return column if column.dtype.kind in "iu" else None
    kind = column.type if _is_arrow(column) else getattr(column, "dtype", None)
    if kind is not None:
        # With values missing, these become floats or objects.
        return np.asarray(column) if INTEGER.match(str(kind)) else None
    if not len(column) or not all(isinstance(value, (int, np.integer)) for value in column):
        return None
    array = np.asarray(column)
    return array if array.dtype.kind in "iu" else None  # Truths, and numbers beyond 64 bits, are neither.


def _factorized(column: Column, what: str) -> tuple[Integers, Sequence[object]]:
    if (kept := _arrow(column)) is not None:
        return _of_arrow(kept, what)
    if hasattr(column, "to_physical"):
        return _of_polars(column, what)
    kind = getattr(getattr(column, "dtype", None), "kind", "O")
    if kind not in "OUT":
        raise _no_texts(column, what)
    # What pandas keeps by itself is coded fast; objects are not, and a dict of them is.
    if hasattr(column, "factorize") and str(column.dtype) != "object":
        codes, values = column.factorize()
        return codes, list(values)
    return _of_sequence(column.tolist() if hasattr(column, "tolist") else column, what)


def _of_arrow(column: Column, what: str) -> tuple[Integers, Sequence[object]]:
    if column.null_count:
        raise _missing(np.asarray(column.is_null()), what)
    if (quick := arrow_words.coded(column)) is not None:
        return quick
    encoded = column.dictionary_encode()
    if hasattr(encoded, "num_chunks"):
        encoded = encoded.unify_dictionaries().combine_chunks()
    if not hasattr(encoded, "indices"):
        raise VotesWrong(f"The column of each row's {what} must hold texts or whole numbers, and holds {column.type}.")
    codes, values = np.asarray(encoded.indices), encoded.dictionary.to_pylist()
    if column.type != encoded.type:
        return codes, values
    # A dictionary of the owner's may hold what no row says.
    used = np.bincount(codes, minlength=len(values)) > 0
    return (np.cumsum(used) - 1)[codes], [value for value, occurs in zip(values, used, strict=True) if occurs]


def _of_polars(column: Column, what: str) -> tuple[Integers, Sequence[object]]:
    if column.null_count():
        raise _missing(column.is_null().to_numpy(), what)
    values = column.unique()
    if str(column.dtype).startswith(("Categorical", "Enum")):
        places = values.to_physical().to_numpy()
        lookup = np.zeros(int(places.max(initial=0)) + 1, dtype=np.int32)
        lookup[places] = np.arange(len(places))
        return lookup[column.to_physical().to_numpy()], values.to_list()
    if not str(column.dtype).startswith("Str"):
        raise _no_texts(column, what)
    return column.replace_strict(values, range(len(values))).to_numpy(), values.to_list()


def _of_sequence(column: Sequence[object], what: str) -> tuple[Codes, Sequence[object]]:
    try:
        places = {value: place for place, value in enumerate(dict.fromkeys(column))}
    except TypeError:
        row = next(row for row, value in enumerate(column) if not isinstance(value, Hashable))
        raise _no_text(row, column[row], what) from None
    return np.fromiter(map(places.__getitem__, column), dtype=np.int64, count=len(column)), list(places)


def _arrow(column: Column) -> Column | None:
    """The column as Arrow has it, where it or pandas' column is kept by Arrow."""
    kind = getattr(column, "dtype", None)
    if getattr(kind, "storage", None) == "pyarrow" or hasattr(kind, "pyarrow_dtype"):
        return column.array.__arrow_array__()
    return column if _is_arrow(column) else None


def _is_arrow(column: Column) -> bool:
    return hasattr(column, "dictionary_encode")


def _no_text(row: int, value: object, what: str) -> VotesWrong:
    if value is None or str(value) in ("nan", "<NA>", "NaT"):
        return VotesWrong(f"Row {row + 1} has no {what}.")
    return VotesWrong(f"Row {row + 1} has the {what} {value!r}, which is not a text.")


def _missing(rows: Flags, what: str) -> VotesWrong:
    return VotesWrong(f"Row {int(np.argmax(rows)) + 1} has no {what}.")


def _no_texts(column: Column, what: str) -> VotesWrong:
    values = np.asarray(column)
    if values.dtype.kind == "f" and np.isnan(values).any():
        return _missing(np.isnan(values), what)
    return VotesWrong(f"The column of each row's {what} must hold texts or whole numbers, and holds {column.dtype}.")
