"""Tone: how an answer speaks, counted by words of our own: how sure it is, how friendly, and whom it agrees with.

The lists (tone.json) are English and Chinese, look for words and understand nothing: “not good” is counted as praise.
An expression is counted once, as the longest listed one that stands there, so that “not certain” is a hedge and no
certainty. What begins with ^ is looked for at the beginning of an answer alone.
"""

import re
from importlib import resources
from typing import Final, Literal

import msgspec
from msgspec import Struct

Kind = Literal["hedging", "certainty", "praise", "negatives", "apologies", "agreement"]

CLASSIFIER: Final = "tone-1"

_WORD: Final = re.compile(r"[a-z]+(?:'[a-z]+)?")
_LISTS: Final = msgspec.json.decode(
    (resources.files("arena.evaluation") / "tone.json").read_bytes(),
    type=dict[Literal["en", "zh"], dict[Kind, list[str]]],
)
_EXPRESSIONS: Final[dict[tuple[str, ...], Kind]] = {
    tuple(one.split()): kind for kind, listed in _LISTS["en"].items() for one in listed
}
_FIRST: Final = frozenset(words[0] for words in _EXPRESSIONS)
_LONGEST: Final = max(map(len, _EXPRESSIONS))
_CHINESE: Final = sorted(
    ((one, kind) for kind, listed in _LISTS["zh"].items() for one in listed), key=lambda each: -len(each[0])
)


class Tone(Struct, frozen=True, kw_only=True):
    """How many expressions an answer has of each kind; praise is any word of approval."""

    hedging: int = 0
    certainty: int = 0
    praise: int = 0
    negatives: int = 0
    apologies: int = 0
    agreement: int = 0


def of(text: str) -> Tone:
    """The tone of a text, whichever of the two languages it is in."""
    counts: dict[str, int] = dict.fromkeys(Tone.__struct_fields__, 0)
    for kind in _english(text.casefold().replace("’", "'")):
        counts[kind] += 1
    for kind, number in [] if text.isascii() else _chinese(text.strip()):
        counts[kind] += number
    return Tone(**counts)


def _english(text: str) -> list[Kind]:
    """The kinds of the expressions in a text, in its order."""
    words = _WORD.findall(text)
    found, place = _begun(words)
    while place < len(words):
        kind, length = _longest(words, place) if words[place] in _FIRST else (None, 1)
        found += [kind] if kind else []
        place += length
    return found


def _begun(words: list[str]) -> tuple[list[Kind], int]:
    """What a text begins with, if that is an expression for its beginning, and how many words that has."""
    kind, length = _longest([f"^{words[0]}", *words[1:_LONGEST]], 0) if words else (None, 0)
    return ([kind], length) if kind else ([], 0)


def _longest(words: list[str], place: int) -> tuple[Kind | None, int]:
    for length in range(_LONGEST, 0, -1):
        if kind := _EXPRESSIONS.get(tuple(words[place : place + length])):
            return kind, min(length, len(words) - place)
    return None, 1


def _chinese(text: str) -> list[tuple[Kind, int]]:
    """The kinds of the expressions in a text, the longest first, and how often each is there."""
    found: list[tuple[Kind, int]] = []
    for one, kind in _CHINESE:
        if one.startswith("^"):
            number = int(text.startswith(one[1:]))
        elif number := text.count(one):
            # What is counted is not looked at again, and what stands beside it does not become one word.
            text = text.replace(one, "\n")
        if number:
            found.append((kind, number))
    return found
