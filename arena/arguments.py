"""Arguments: what the words of the command line may be, and what they mean."""

import math
from argparse import ArgumentTypeError
from typing import Final

MOST_PORT: Final = 65535


def names(text: str) -> dict[str, str]:
    """OURS=THEIRS,…: the names that a file has for our columns."""
    renamed: dict[str, str] = {}
    for pair in text.split(","):
        ours, equals, theirs = (part.strip() for part in pair.partition("="))
        if not (ours and equals and theirs) or ours in renamed or theirs in renamed.values():
            raise ArgumentTypeError(f"{pair!r} does not say OURS=THEIRS, each name once.")
        renamed[ours] = theirs
    return renamed


def features(text: str) -> tuple[str, ...]:
    """COLUMN,…: style features, each named once; the file has two columns for each."""
    named = tuple(part.strip() for part in text.split(","))
    if not all(named) or len({*named}) < len(named):
        raise ArgumentTypeError(f"{text!r} does not name style features, each once.")
    return named


def port(text: str) -> int:
    """A port, or 0."""
    if not text.isascii() or not text.isdigit() or int(text) > MOST_PORT:
        raise ArgumentTypeError(f"{text!r} is not a port; it is a number from 0 to {MOST_PORT}.")
    return int(text)


def whole(text: str) -> int:
    """A whole number from 0 on."""
    if not text.isascii() or not text.isdigit():
        raise ArgumentTypeError(f"{text!r} is not a whole number from 0 on.")
    return int(text)


def amount(text: str) -> float:
    """A number from 0 on."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ArgumentTypeError(f"{text!r} is not a number from 0 on.")
    return number
