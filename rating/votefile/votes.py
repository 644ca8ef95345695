"""Votes in the field's exchange format (`model_a`, `model_b`, `winner`): which columns are read, what each may hold."""

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from rating.outcomes import Outcome
from rating.votefile import records
from rating.votefile.faults import VoteFileWrong
from rating.votefile.records import listed

WANTED = ("model_a", "model_b", "winner")
WINNERS = {
    "model_a": Outcome.A,
    "model_b": Outcome.B,
    "tie": Outcome.TIE,
    "tie (bothbad)": Outcome.BOTH_BAD,
    "both_bad": Outcome.BOTH_BAD,
}
NAMED = re.compile("[0-9a-f]{32}")
MOST_NAME_CHARACTERS = 200
UNKNOWN = "The column is unknown."

# Weights are kept in these units, so that their sums are exact and don't depend on the order of votes.
WEIGHT_UNITS = 1 << 20
MOST_WEIGHT = 1 << 20

Names: TypeAlias = Mapping[str, str]
Fields: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class FileVote:
    """A vote and the line it began in; `voter`, `prompt` and `vote` are None where the file has no such column."""

    line: int
    contenders: tuple[str, str]
    outcome: Outcome
    voter: str | None
    prompt: str | None
    vote: str | None = None


@dataclass(frozen=True, kw_only=True)
class Form:
    """Which columns are read: those that must be there, those that may, and whether others may stand beside them.

    `renamed` gives, for a name of ours, the name the file has for it. Columns in `numbers` hold numbers of 0 or
    more, all others hold texts. Those in `passed_over` are never read, and may stand there all the same.
    """

    renamed: Names = field(default_factory=dict)
    needed: tuple[str, ...] = WANTED
    optional: tuple[str, ...] = ("voter", "prompt", "vote")
    numbers: frozenset[str] = frozenset()
    others: bool = False
    passed_over: frozenset[str] = frozenset({"propensity"})
    unit: str = "Line"

    def columns(self, found: list[str], *, line: int) -> list[str | None]:
        """Our names for the columns found, None for those that aren't read; or what is wrong with them."""
        ours = {theirs: name for name, theirs in self.renamed.items()}
        columns = [ours.get(name, name) for name in found]
        wanted = (*self.needed, *self.optional)
        told = f"Found {listed(found)}; wanted {listed(self.needed)}"
        told += f", and {listed(self.optional)} where they are known" if self.optional else ""
        for name, column in zip(found, columns, strict=True):
            if column not in wanted:
                if not self.others and column not in self.passed_over:
                    fault = "Weights are not accepted here; take the column out." if column == "weight" else UNKNOWN
                    raise self.wrong(f"{fault} {told}.", line=line, column=column)
            elif columns.count(column) > 1:
                raise VoteFileWrong(f"There are two columns for {column}.", line=line, column=name, unit=self.unit)
        for column in (*self.renamed, *self.needed):
            if column not in columns:
                raise self.wrong(f"The column is missing. {told}.", line=line, column=column)
        return [column if column in wanted else None for column in columns]

    def wrong(self, fault: str, *, line: int, column: str) -> VoteFileWrong:
        """The fault at a column of ours, under the name that the file has for it."""
        return VoteFileWrong(fault, line=line, column=self.renamed.get(column, column), unit=self.unit)


def read(path: Path, *, renamed: Names | None = None) -> Iterator[FileVote]:
    """The file's votes in its order, or VoteFileWrong at the first fault.

    `renamed` gives, for a name of ours, the name the file has for it. A vote is handed out before later lines are
    looked at, so whoever must have all or nothing keeps them until the end.
    """
    for line, vote in fields(path, Form(renamed=renamed or {}, unit=records.format_of(path).unit)):
        first, second, winner = (vote[column] for column in WANTED)
        yield FileVote(
            line, (first, second), WINNERS[winner], *(vote.get(name) for name in ("voter", "prompt", "vote"))
        )


def fields(path: Path, form: Form) -> Iterator[tuple[int, Fields]]:
    """The columns read of each vote, every value sound, with the line or row it is in."""
    line, known = records.header(path)
    columns = form.columns(known, line=line)
    first = {column for column in columns if column}
    wanted = [name for name, column in zip(known, columns, strict=True) if column]
    line = 0
    for line, names, values in records.read(path, wanted):
        if names != known:
            columns, known = form.columns(names, line=line), names
            _alike(first, {column for column in columns if column}, form, line=line)
        vote = {column: value for column, value in zip(columns, values, strict=True) if column}
        yield line, _sound(vote, form, line=line)
    if not line:
        raise VoteFileWrong("There is no vote in the file.", line=1, column=1, unit=form.unit)


def name_fault(name: str) -> str | None:
    """What is wrong with the name of a contender or a voter, if anything."""
    if not name.strip():
        return "The field is empty."
    if len(name) > MOST_NAME_CHARACTERS:
        return f"The value has {len(name):,} characters; {MOST_NAME_CHARACTERS} fit."
    return None if name.isprintable() else "The value holds a character that can't be printed."


def _alike(first: set[str], here: set[str], form: Form, *, line: int) -> None:
    for column in sorted(first - here):
        raise form.wrong("The field is missing here.", line=line, column=column)
    for column in sorted(here - first):
        raise form.wrong("The votes before this one don't have this field.", line=line, column=column)


def _sound(vote: Fields, form: Form, *, line: int) -> Fields:
    for column, value in vote.items():
        if column in form.numbers:
            value = _number(value)
        elif isinstance(value, int) and not isinstance(value, bool) and column not in WANTED:
            value = str(value)
        fault = _number_fault(column, value) if column in form.numbers else _fault(column, value)
        if fault:
            raise form.wrong(fault, line=line, column=column)
        vote[column] = value
    if "vote" in vote and not NAMED.fullmatch(vote["vote"]):
        fault = f"{_quoted(vote['vote'])} names no vote; that takes 32 of the digits 0–9 and a–f."
        raise form.wrong(fault, line=line, column="vote")
    first, second, winner = (vote[column] for column in WANTED)
    if first == second:
        raise form.wrong(f"“{first}” is set against itself.", line=line, column="model_b")
    if winner not in WINNERS:
        fault = f"“{winner[:100]}” is no outcome; it is one of {listed(WINNERS)}."
        raise form.wrong(fault, line=line, column="winner")
    return vote


def _fault(column: str, value: object) -> str | None:
    if not isinstance(value, str):
        return "The value must be a text."
    if column == "prompt":
        return "The text can't be kept: it holds a zero character or half a pair." if _unkept(value) else None
    return name_fault(value)


def _number(value: object) -> object:
    """The number that was written; anything else stays as it is, and is a fault."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _number_fault(column: str, value: object) -> str | None:
    if not isinstance(value, float) or not math.isfinite(value):
        return f"{_quoted(value)} is not a number." if value is not None else "The number is missing."
    if value < 0:
        return f"{value:g} is negative; it must be 0 or more."
    if column == "weight" and 0 < value * WEIGHT_UNITS < 0.5:
        return f"{value:g} is too small: weights are kept in steps of 1/{WEIGHT_UNITS:,}. Multiply them all."
    if column == "weight" and value > MOST_WEIGHT:
        return f"{value:g} is too large; a vote weighs {MOST_WEIGHT:,} at most."
    return None


def _quoted(value: object) -> str:
    return f"“{str(value)[:100]}”"


def _unkept(text: str) -> bool:
    return any(character == "\0" or "\ud800" <= character <= "\udfff" for character in text)
