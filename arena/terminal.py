"""The terminal: what a command prints for people, within the width and the letters that they have."""

import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import isinf
from typing import Final, TextIO
from unicodedata import combining, east_asian_width

GAP: Final = "  "
PIPED_WIDTH: Final = 120
MOST_WIDTH: Final = 160

PATIENCE_SECONDS: Final = 1.0
PACE_SECONDS: Final = 0.2


@dataclass(frozen=True)
class Letters:
    """What ranges are written and intervals drawn with."""

    to: str
    line: str
    point: str
    left: str
    right: str


DRAWN: Final = Letters(to="–", line="─", point="●", left="◂", right="▸")
PLAIN: Final = Letters(to="-", line="-", point="o", left="<", right=">")


@dataclass(frozen=True)
class Style:
    """What a stream can show: its width, whether to keep within it, whether in colours, and with which letters."""

    width: int
    cut: bool
    coloured: bool
    letters: Letters
    encoding: str

    def bold(self, text: str) -> str:
        """The text stressed, where the stream can do so."""
        return f"\x1b[1m{text}\x1b[0m" if self.coloured else text

    def dim(self, text: str) -> str:
        """The text made less of, where the stream can do so."""
        return f"\x1b[2m{text}\x1b[0m" if self.coloured else text

    def shown(self, text: str) -> str:
        """The text in letters that the stream has."""
        return text.encode(self.encoding, errors="replace").decode(self.encoding)


def style_of(stream: TextIO) -> Style:
    """What the stream can show; a pipe or a file is as wide as COLUMNS says, and has no colours."""
    encoding = stream.encoding or "ascii"
    try:
        "".join(vars(DRAWN).values()).encode(encoding)
        letters = DRAWN
    except UnicodeEncodeError:
        letters = PLAIN
    terminal = stream.isatty()
    coloured = terminal and os.environ.get("TERM") != "dumb" and not os.environ.get("NO_COLOR")
    width = min(shutil.get_terminal_size((PIPED_WIDTH, 0)).columns, MOST_WIDTH)
    return Style(width, terminal, coloured, letters, encoding)


def width_of(text: str) -> int:
    """How many columns a text takes; Chinese letters take two, accents that are letters of their own none."""
    return sum(0 if combining(letter) else 2 if east_asian_width(letter) in "WF" else 1 for letter in text)


def fitted(text: str, width: int) -> str:
    """The text in exactly so many columns, cut with … where it is too long."""
    if width_of(text) > width:
        while width_of(text) > width - 1:
            text = text[:-1]
        text += "…"
    return text + " " * (width - width_of(text))


def bar(ends: tuple[float, float], point: float, axis: tuple[float, float], width: int, letters: Letters) -> str:
    """An interval and its point on an axis; an infinite end is an arrow at the edge."""
    low, high = axis
    step = (width - 1) / (high - low) if high > low else 0.0

    def place(value: float) -> int:
        return max(0, min(width - 1, round((value - low) * step)))

    lower, upper = (0 if isinf(ends[0]) else place(ends[0])), (width - 1 if isinf(ends[1]) else place(ends[1]))
    drawn = [letters.line if lower <= column <= upper else " " for column in range(width)]
    if isinf(ends[0]):
        drawn[0] = letters.left
    if isinf(ends[1]):
        drawn[-1] = letters.right
    drawn[place(point)] = letters.point
    return "".join(drawn)


def aligned(rows: Sequence[Sequence[str]], right: Sequence[bool]) -> list[str]:
    """Rows of cells as lines of columns; those marked `right` end at one place, the others begin at one."""
    widths = [max(width_of(row[column]) for row in rows) for column in range(len(right))]
    lines = []
    for row in rows:
        cells = [
            " " * (width - width_of(cell)) + cell if ends else fitted(cell, width)
            for cell, width, ends in zip(row, widths, right, strict=True)
        ]
        lines.append(GAP.join(cells).rstrip())
    return lines


class Progress:
    """What a command is at, on one line that goes away again; only for people, and only when it takes long."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._watched = stream.isatty()
        self._next = time.monotonic() + PATIENCE_SECONDS
        self._shown = False

    def say(self, sentence: str) -> None:
        """Show the sentence in place of the one before, not more often than it can be read."""
        now = time.monotonic()
        if self._watched and now >= self._next:
            self._stream.write(f"\r\x1b[K{sentence}")
            self._stream.flush()
            self._shown, self._next = True, now + PACE_SECONDS

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            self._stream.write("\r\x1b[K")
            self._stream.flush()
            self._shown = False
