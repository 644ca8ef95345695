"""Searches: what a reader looks for in a table, read into parts that every line is held against.

Parts are parted by `;`. Parts of text are alternatives: a line fits if one of them is in one of its texts. A part
`@field:value` narrows: every field named must fit, and a field named twice fits with either value. A value of text is
contained, a number is `100`, `>100`, `<=2.5` or `7..70`, and what is true or not is yes or no. A part that holds one of
`^ $ | ( [ *` or a backslash is a regular expression (RE2, case ignored), so that no search takes longer than its text.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

import re2

from arena.errors import Refused
from arena.nearest import nearest

MOST_CHARACTERS: Final = 500
MOST_PARTS: Final = 20
EXPRESSION: Final = re.compile(r"[\^$|(\[*\\]")
GROUPING: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()]", re.DOTALL)
NUMBER: Final = re.compile(r"(?P<sign>>=|<=|>|<|=)?\s*(?P<value>-?\d+(?:\.\d+)?)")
SPAN: Final = re.compile(r"(?P<least>-?\d+(?:\.\d+)?)\s*(?:\.\.|–)\s*(?P<most>-?\d+(?:\.\d+)?)")
YES: Final = {"yes": True, "true": True, "是": True, "no": False, "false": False, "否": False}
# What RE2 finds wrong, told with the place in the whole search, counted from 1.
BREAKS: Final = {
    "missing )": "The expression “{wanted}” opens a bracket at character {place} and does not close it.",
    "missing ]": "The expression “{wanted}” opens a square bracket at character {place} and does not close it.",
    "unexpected )": "The expression “{wanted}” closes a bracket at character {place} that it did not open.",
    "no argument for repetition operator": "The expression “{wanted}” has nothing to repeat at character {place}.",
    "bad repetition operator": "The expression “{wanted}” repeats a repetition at character {place}.",
    "invalid repetition size": "The expression “{wanted}” repeats too often at character {place}.",
    "trailing \\": "The expression “{wanted}” ends with a backslash at character {place}.",
}
BREAK: Final = "The expression “{wanted}” can't be read from character {place} on: {fault}."

T = TypeVar("T")
Fits = Callable[[T], bool]


class SearchBroken(Refused):
    """This search can't be read."""


@dataclass(frozen=True)
class Text:
    """What a part of text looks for; `expression` says whether it is a regular expression."""

    wanted: str
    expression: bool
    pattern: Any

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where the text holds it, for highlighting."""
        return [found.span() for found in self.pattern.finditer(text) if found.start() < found.end()]

    def fits(self, text: str) -> bool:
        """Whether the text holds it."""
        return self.pattern.search(text) is not None


@dataclass(frozen=True)
class Range:
    """What a number has to be: between these, each end with or without itself; None is no end."""

    least: float | None = None
    most: float | None = None
    open_least: bool = False
    open_most: bool = False

    def fits(self, value: float) -> bool:
        """Whether the number lies there."""
        above = self.least is None or value > self.least or (value == self.least and not self.open_least)
        below = self.most is None or value < self.most or (value == self.most and not self.open_most)
        return above and below


@dataclass(frozen=True)
class Narrowing:
    """A field that must fit one of these values."""

    field: str
    values: tuple[Text | Range | bool, ...]


@dataclass(frozen=True)
class Search:
    """A search as it was read: alternatives of text, and fields that narrow."""

    texts: tuple[Text, ...] = ()
    narrowings: tuple[Narrowing, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.texts or self.narrowings)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Where a shown text fits, in order and without overlaps."""
        merged: list[tuple[int, int]] = []
        for start, end in sorted(span for wanted in self.texts for span in wanted.spans(text)):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged


# A field is read from a line as a text, a number, yes or no; None is unknown and fits nothing.
Fields = Mapping[str, Callable[[T], str | float | bool | None]]


def read(text: str, fields: Mapping[str, type]) -> Search:
    """The search that a text means, over these fields and their types; SearchBroken says where it can't be read."""
    if len(text) > MOST_CHARACTERS:
        raise SearchBroken(
            "A search has at most {most} characters; this one has {count}.", most=MOST_CHARACTERS, count=len(text)
        )
    parts = [(part.strip(), place) for part, place in _parts(text) if part.strip()]
    if len(parts) > MOST_PARTS:
        raise SearchBroken(
            "A search has at most {most} parts; this one has {count}.", most=MOST_PARTS, count=len(parts)
        )
    texts: list[Text] = []
    narrowed: dict[str, list[Text | Range | bool]] = {}
    for part, place in parts:
        if part.startswith("@"):
            field, value = _narrowing(part, place, fields)
            narrowed.setdefault(field, []).append(value)
        else:
            texts.append(_text(part, place))
    return Search(tuple(texts), tuple(Narrowing(field, tuple(values)) for field, values in narrowed.items()))


def fitting(search: Search, lines: Sequence[T], shown: Callable[[T], Sequence[str]], fields: Fields[T]) -> list[T]:
    """The lines that fit, in their order; `shown` are a line's texts that parts of text look into."""
    return [line for line in lines if _fits(search, line, shown, fields)]


def _fits(search: Search, line: T, shown: Callable[[T], Sequence[str]], fields: Fields[T]) -> bool:
    if not all(_narrowed(narrowing, fields[narrowing.field](line)) for narrowing in search.narrowings):
        return False
    return not search.texts or any(wanted.fits(text) for wanted in search.texts for text in shown(line))


def _narrowed(narrowing: Narrowing, value: str | float | bool | None) -> bool:
    if value is None:
        return False
    return any(value is wanted if isinstance(wanted, bool) else wanted.fits(value) for wanted in narrowing.values)  # type: ignore[arg-type]


def _parts(text: str) -> list[tuple[str, int]]:
    """The parts and where each begins, counted from 1."""
    begin, parts = 0, []
    for part in text.split(";"):
        parts.append((part, begin + len(part) - len(part.lstrip()) + 1))
        begin += len(part) + 1
    return parts


def _text(wanted: str, place: int) -> Text:
    expression = EXPRESSION.search(wanted) is not None
    return Text(wanted, expression, _compiled(wanted if expression else re2.escape(wanted), wanted, place))


def _compiled(pattern: str, wanted: str, place: int) -> Any:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = 1 << 20
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        said = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error.args[0])
        raise _broken(said, wanted, place) from None


def _broken(said: str, wanted: str, place: int) -> SearchBroken:
    """Where and why an expression can't be read: RE2 names the fault and what of the pattern it is about."""
    fault, _, rest = said.partition(": ")
    if fault == "missing )":
        at = _unclosed(wanted)
    elif fault == "unexpected )":
        at = _unopened(wanted)
    else:
        at = max(wanted.find(rest), 0) if rest else len(wanted) - 1
    return SearchBroken(BREAKS.get(fault, BREAK), wanted=wanted, place=place + at, fault=said)


def _brackets(pattern: str) -> list[tuple[int, str]]:
    """The round brackets that group, with their places: not those behind a backslash or between square ones."""
    return [(found.start(), found[0]) for found in GROUPING.finditer(pattern) if found[0] in "()"]


def _unclosed(pattern: str) -> int:
    opened: list[int] = []
    for place, bracket in _brackets(pattern):
        if bracket == "(":
            opened.append(place)
        elif opened:
            opened.pop()
    return opened[-1] if opened else 0


def _unopened(pattern: str) -> int:
    depth = 0
    for place, bracket in _brackets(pattern):
        depth += 1 if bracket == "(" else -1
        if depth < 0:
            return place
    return 0


def _narrowing(part: str, place: int, fields: Mapping[str, type]) -> tuple[str, Text | Range | bool]:
    name, colon, value = part[1:].partition(":")
    name, value = name.strip().casefold(), value.strip()
    if name not in fields:
        raise _no_such_field(name, place, fields)
    if not colon or not value:
        raise SearchBroken("“@{field}” at character {place} needs a value: @{field}:value.", field=name, place=place)
    at = place + part.index(value, part.index(":"))
    return name, _value(fields[name], name, value, at)


def _no_such_field(name: str, place: int, fields: Mapping[str, type]) -> SearchBroken:
    near = nearest(name, fields)
    if near:
        return SearchBroken(
            "There is no field “{field}” at character {place}. The nearest is “{near}”.",
            field=name,
            place=place,
            near=near,
        )
    return SearchBroken(
        "There is no field “{field}” at character {place}. There are: {fields}.",
        field=name,
        place=place,
        fields=", ".join(fields),
    )


def _value(kind: type, name: str, value: str, place: int) -> Text | Range | bool:
    if kind is bool:
        return _yes(name, value, place)
    return _range(name, value, place) if kind is float else _text(value, place)


def _yes(name: str, value: str, place: int) -> bool:
    if value.casefold() not in YES:
        raise SearchBroken("“@{field}” at character {place} is yes or no.", field=name, place=place)
    return YES[value.casefold()]


def _range(name: str, value: str, place: int) -> Range:
    found = number(value)
    if found is None:
        raise SearchBroken(
            "“@{field}” at character {place} is a number: 100, >100, <=2.5 or 7..70.", field=name, place=place
        )
    return found


def number(text: str) -> Range | None:
    """What a number has to be, read from 100, >100, <=2.5 or 7..70; None where it is none of these."""
    if span := SPAN.fullmatch(text):
        return Range(float(span["least"]), float(span["most"]))
    found = NUMBER.fullmatch(text)
    if not found:
        return None
    value = float(found["value"])
    made: dict[str | None, Callable[[], Range]] = {
        ">": partial(Range, least=value, open_least=True),
        ">=": partial(Range, least=value),
        "<": partial(Range, most=value, open_most=True),
        "<=": partial(Range, most=value),
    }
    return made.get(found["sign"], partial(Range, value, value))()
