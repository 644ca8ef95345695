"""Fingerprints: what tells whether two prompts are the same, or nearly so, without reading either again."""

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import Final
from zlib import crc32

from msgspec import Struct

# Three characters tell words apart in alphabets and pairs of words in Chinese alike.
SHINGLE: Final = 3
# A long prompt is compared by its beginning and its end, so that the longest costs milliseconds.
ENDS: Final = 4000
LEAST: Final = 64
BINS: Final = 64
ROWS: Final = 4
# Two prompts are nearly the same when so large a share of their shingles is common.
NEAR: Final = 0.8

_GAPS: Final = re.compile(r"[\W_]+")
# Between Chinese characters a gap means nothing.
_BESIDE_HAN: Final = re.compile("(?<=[\u3400-\u9fff]) | (?=[\u3400-\u9fff])")
_MIX: Final = 0x9E3779B97F4A7C15
_64_BITS: Final = (1 << 64) - 1


class Fingerprint(Struct, frozen=True):
    """A prompt's fingerprint: `digest` is equal for equal texts, `sketch` holds the least hashes of its shingles.

    `bands` are what nearly equal texts have in common, so that they are found by an index.
    """

    digest: bytes
    sketch: list[int]
    bands: list[int]


def normalised(text: str) -> str:
    """The text without what nobody reads: case, width, marks, punctuation and spaces; alike for whoever types it again.

    A text of nothing but punctuation is itself.
    """
    folded = unicodedata.normalize("NFKD", text).casefold()
    letters = "".join(character for character in folded if unicodedata.category(character) not in ("Mn", "Me", "Cf"))
    return _BESIDE_HAN.sub("", _GAPS.sub(" ", letters).strip()) or text.strip()


def of(text: str) -> Fingerprint:
    """The fingerprint of a prompt."""
    plain = normalised(text)
    seen = plain if len(plain) <= 2 * ENDS else plain[:ENDS] + plain[-ENDS:]
    hashes = {_hash(seen[start : start + SHINGLE]) for start in range(max(1, len(seen) - SHINGLE + 1))}
    digest = hashlib.sha256(plain.encode("utf-8", "replace")).digest()
    return Fingerprint(digest, sorted(hashes)[:LEAST], _bands(hashes))


def alike(one: Sequence[int], other: Sequence[int]) -> float:
    """The share of shingles that two texts have in common (Jaccard), estimated by the least hashes of both together
    (Beyer et al. 2007); exact where they have no more than that.
    """
    least = sorted({*one, *other})[:LEAST]
    return len(set(one) & set(other) & set(least)) / len(least)


def _hash(shingle: str) -> int:
    return ((crc32(shingle.encode("utf-8", "replace")) * _MIX) & _64_BITS) >> 1


def _bands(hashes: set[int]) -> list[int]:
    """A number for each run of bins, which two texts share where the least hashes of its bins are the same.

    One permutation hashing (Li et al. 2012); an empty bin takes its neighbour's (Shrivastava & Li 2014).
    """
    least: list[int | None] = [None] * BINS
    for value in hashes:
        place = value % BINS
        held = least[place]
        least[place] = value if held is None else min(held, value)
    carried = next(value for value in least if value is not None)
    filled: list[int] = []
    for held in reversed(least):
        carried = carried if held is None else held
        filled.append(carried)
    runs = [filled[start : start + ROWS] for start in range(0, BINS, ROWS)]
    digests = [hashlib.blake2b(repr((place, run)).encode(), digest_size=8).digest() for place, run in enumerate(runs)]
    return [int.from_bytes(digest, "big", signed=True) for digest in digests]
