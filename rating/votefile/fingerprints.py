"""Fingerprints: 63 bits for a text, so that the texts of a large file needn't be kept to know which are the same."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Prints: TypeAlias = NDArray[np.int64]
Words: TypeAlias = NDArray[np.uint64]

WORD: Final = 8
# The multipliers of MurmurHash3's finalizer (Appleby 2011).
FIRST: Final = np.uint64(0xFF51AFD7ED558CCD)
SECOND: Final = np.uint64(0xC4CEB9FE1A85EC53)
HALF: Final = np.uint64(33)


def of(data: NDArray[np.uint8], ends: NDArray[np.int64]) -> Prints:
    """The fingerprint of each text `data[ends[i]:ends[i + 1]]`; ends has one entry more than there are texts.

    None is negative, and the same text has the same one in every run. Two of n different texts share one with a
    chance of about n²/2⁶⁴: 6 in a million for ten million texts.
    """
    begins, lengths = ends[:-1], np.diff(ends)
    padded = np.concatenate([data, np.zeros(WORD, dtype=np.uint8)])
    words = np.ndarray((len(data) + 1,), dtype="<u8", buffer=padded, strides=(1,))
    prints = _mixed(lengths.astype(np.uint64) + np.uint64(1))
    rows = np.arange(len(lengths))
    for at in range(0, int(lengths.max(initial=0)), WORD):
        rows = rows[lengths[rows] > at]
        left = np.minimum(lengths[rows] - at, WORD).astype(np.uint64)
        spare = (np.uint64(WORD) - left) * np.uint64(8)
        word = words[begins[rows] + at] << spare  # Without the bytes of the text that comes next.
        prints[rows] = _mixed(prints[rows] ^ word)
    return (prints >> np.uint64(1)).astype(np.int64)


def of_texts(texts: Sequence[str]) -> Prints:
    """The fingerprints of these texts, as those of a file's column."""
    encoded = [text.encode() for text in texts]
    ends = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum([len(text) for text in encoded], out=ends[1:])
    return of(np.frombuffer(b"".join(encoded), dtype=np.uint8), ends)


def _mixed(values: Words) -> Words:
    values = (values ^ (values >> HALF)) * FIRST
    values = (values ^ (values >> HALF)) * SECOND
    return values ^ (values >> HALF)
