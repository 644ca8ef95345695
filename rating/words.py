"""Words: few short texts, coded in Arrow's own memory in half the time that Arrow takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rating.arrays import Integers

Words: TypeAlias = NDArray[np.uint64]

CHUNK = 1 << 15  # Rows whose words stay in the processor's cache.
SAMPLED = 1 << 8  # One row in so many is read first, so that nearly all texts are known when the work begins.
MOST = 1 << 10
WIDTHS = (8, 16, 32)  # Bytes that numpy moves as one.
LONGEST = WIDTHS[-1]
OFFSETS = {"string": np.int32, "large_string": np.int64}
# What follows a text is set to a byte that no text holds, so that two are equal where all their bytes are.
FILLER = b"\xff"
FILLS = {
    width: np.frombuffer(b"".join(bytes(n) + FILLER * (width - n) for n in range(width + 1)), f"V{width}")
    for width in WIDTHS
}
GOLDEN = 0x9E3779B97F4A7C15  # 2^64 over the golden ratio (Knuth 1973, 6.4); its powers are odd, as it is.
ATTEMPTS = 16


@dataclass(frozen=True, eq=False)
class Book:
    """Some texts, each to be found in one look.

    `words` (n x W) are their bytes, eight to a number. The hash of a text, the upper bits of a sum of its words times
    `factors` (W), is a place in `slots`, and there stands the text's own place. No two of them share a hash.
    """

    words: Words
    factors: Words
    slots: Integers

    def places(self, words: Words) -> Integers | None:
        """The place of each text (N x W); None unless all of them are in the book."""
        # No place is out of bounds, and numpy is twice as fast when it need not look.
        found = self.slots.take(_hashed(words, self.factors, len(self.slots)), mode="clip")
        whole = np.dtype((np.void, words.shape[1] * 8))
        known = self.words.view(whole)[:, 0].take(found, mode="clip")
        return found if (known.view("<u8") == words.reshape(-1)).all() else None


def coded(column: Any) -> tuple[Integers, list[str]] | None:
    """The place of each row's text of an Arrow column in the list of its texts; None where Arrow is better at it.

    So it is where a text is missing or has more than 32 bytes, and where there are more than 1,024 of them.
    """
    if str(column.type) not in OFFSETS or column.null_count:
        return None
    arrays: Iterable[Any] = getattr(column, "chunks", [column])
    texts: list[str] = []
    if not all(_learnt(array.take(np.arange(0, len(array), SAMPLED)), texts) for array in arrays):
        return None
    row, book = 0, _book(texts)
    codes = np.empty(len(column), dtype=np.int8 if book is None else book.slots.dtype)
    for chunk in (array.slice(at, CHUNK) for array in arrays for at in range(0, len(array), CHUNK)):
        found = None if book is None else _found(chunk, book)
        if found is None and _learnt(chunk, texts) and (book := _book(texts)):
            found = _found(chunk, book)
        if found is None:
            return None
        codes = codes.astype(found.dtype, copy=False)
        codes[row : row + len(chunk)] = found
        row += len(chunk)
    return codes, texts


def _learnt(array: Any, texts: list[str]) -> bool:
    """Add the texts of an array that are new; whether they are few and short."""
    known = set(texts)
    texts += [text for text in array.dictionary_encode().dictionary.to_pylist() if text not in known]
    return len(texts) <= MOST and all(len(text.encode()) <= LONGEST for text in texts)


def _book(texts: list[str]) -> Book | None:
    """A book of the texts; None where none of the hashes that are tried tells them apart."""
    encoded = [text.encode() for text in texts]
    width = next(width for width in WIDTHS if all(len(text) <= width for text in encoded))
    filled = b"".join(text.ljust(width, FILLER) for text in encoded)
    words = np.frombuffer(filled, dtype="<u8").reshape(len(texts), width // 8)
    # Of as many slots as there are pairs of texts, two texts share one by chances that a few attempts overcome.
    size = 1 << (2 * len(texts).bit_length())
    for attempt in range(ATTEMPTS):
        powers = range(1 + attempt * words.shape[1], 1 + (attempt + 1) * words.shape[1])
        factors = np.array([pow(GOLDEN, power, 1 << 64) for power in powers], dtype=np.uint64)
        hashed = _hashed(words, factors, size)
        if len(np.unique(hashed)) == len(texts):
            slots = np.zeros(size, dtype=np.min_scalar_type(-max(len(texts), 1)))
            slots[hashed] = np.arange(len(texts))
            return Book(words, factors, slots)
    return None


def _hashed(words: Words, factors: Words, size: int) -> NDArray[np.int64]:
    """A number from 0 to size - 1, a power of two, for each row of words."""
    sums = words[:, 0] * factors[0]
    for column, factor in zip(words.T[1:], factors[1:], strict=True):
        sums += column * factor
    sums >>= np.uint64(65 - size.bit_length())
    places: NDArray[np.int64] = sums.view(np.int64)
    return places


def _found(chunk: Any, book: Book) -> Integers | None:
    """The place of each row's text in the book; None unless all of them are there."""
    bounds, data = _read(chunk)
    lengths, width = np.diff(bounds), book.words.shape[1] * 8
    return None if lengths.max() > width else book.places(_words(bounds[:-1] - bounds[0], lengths, data, width))


def _read(chunk: Any) -> tuple[Integers, NDArray[np.uint8]]:
    """Where the texts of some rows begin and end, and their bytes, with at least 32 more."""
    _, offsets, data = chunk.buffers()
    kind = np.dtype(OFFSETS[str(chunk.type)])
    bounds = np.frombuffer(offsets, dtype=kind, count=len(chunk) + 1, offset=chunk.offset * kind.itemsize)
    texts = np.frombuffer(b"" if data is None else data, dtype=np.uint8)[bounds[0] : bounds[-1] + LONGEST]
    beyond = int(bounds[-1] - bounds[0]) + LONGEST - len(texts)
    return bounds, np.append(texts, np.zeros(beyond, np.uint8)) if beyond else texts


def _words(starts: Integers, lengths: Integers, data: NDArray[np.uint8], width: int) -> Words:
    """The bytes from each start on, eight to a number; what is beyond a text is filled up."""
    view = np.ndarray((len(data) - width + 1,), dtype=np.dtype((np.void, width)), buffer=data, strides=(1,))
    words: Words = view[starts].view("<u8")
    if lengths.min() < width:
        words |= FILLS[width].take(lengths, mode="clip").view("<u8")
    return words.reshape(len(starts), width // 8)
