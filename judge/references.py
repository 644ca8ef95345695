"""References: answers that can be held against the right one without asking any model."""

import re
import string
import unicodedata
from decimal import Decimal
from enum import StrEnum
from typing import Final

# Where an answer says itself what its final answer is; the last such place counts.
FINAL: Final = re.compile(
    r"####|(?:^|\n)[ \t>*_`]*A:|\\boxed\{|(?:final answer|answer|result|solution)(?: is)?\s*[:=]?\s", re.IGNORECASE
)
NUMBER: Final = re.compile(r"[-−+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-−+]?\.\d+")
# A letter that stands alone, in brackets or not, as the answer; “a” as an article is small and has a word after it.
LETTER: Final = re.compile(r"(?<![\w'’])\(?([A-J])\)?(?![\w'’])")


class Kind(StrEnum):
    """How an answer is held against its reference."""

    EXACT = "exact"
    NUMERIC = "numeric"
    CHOICE = "choice"


class Match(StrEnum):
    """Whether an answer is right; one in which nothing of the kind is found is unreadable, which is not wrong."""

    RIGHT = "right"
    WRONG = "wrong"
    UNREADABLE = "unreadable"


def match(kind: Kind, answer: str, reference: str) -> Match:
    """Hold an answer against its reference, which is read in the same way."""
    read = READERS[kind]
    given, right = read(answer), read(reference)
    if given is None or right is None:
        return Match.UNREADABLE
    return Match.RIGHT if given == right else Match.WRONG


def plain(text: str) -> str | None:
    """The text as far as its wording goes: one kind of blanks, no case, no punctuation at its ends; None if empty."""
    wording = " ".join(unicodedata.normalize("NFKC", text).casefold().split())
    return wording.strip(string.punctuation + "“”‘’«»。、！？ ") or None


def number(text: str) -> Decimal | None:
    """The number that a text ends in: after its last mark of a final answer, or its last one without such a mark."""
    marked = _last_part(text)
    # After a mark the first number is the answer, and what follows it explains; without one it is the last.
    found = NUMBER.findall(text if marked is None else marked)
    if not found:
        return None
    figure = found[-1] if marked is None else found[0]
    return Decimal(figure.replace(",", "").replace("−", "-")).normalize()


def choice(text: str) -> str | None:
    """The letter a text chooses: the one after its last mark of a final answer, or the only one that it names."""
    marked = _last_part(text)
    if marked is not None and (first := LETTER.search(marked)):
        return first[1]
    named = set(LETTER.findall(text))
    return named.pop() if len(named) == 1 else None


READERS: Final = {Kind.EXACT: plain, Kind.NUMERIC: number, Kind.CHOICE: choice}


def _last_part(text: str) -> str | None:
    """What comes after the last mark of a final answer; None without one."""
    end = None
    for found in FINAL.finditer(text):
        end = found.end()
    return None if end is None else text[end:]
