"""Set files: prompts and answers as people hand them in, read whole or refused with the field and lines at fault."""

import hashlib
import re
from collections import Counter
from collections.abc import Collection
from typing import Final

import msgspec
from msgspec import Struct

from arena.errors import Refused
from arena.evaluation import sheets
from arena.evaluation.formats import Format
from arena.evaluation.sheets import Form, Row
from judge import Kind, references

MOST_PROMPTS: Final = 20_000
MOST_CHARACTERS: Final = 100_000
ID_CHARACTERS: Final = 100
PROMPT_FIELDS: Final = ("id", "prompt", "category", "reference", "kind")
ANSWER_FIELDS: Final = ("id", "answer", "format")
# What nobody can read and a database can't hold; tabs and ends of lines are text.
CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


class Prompt(Struct, frozen=True, kw_only=True):
    """A prompt as a file gives it; `reference` and `kind` come together or not at all."""

    id: str
    prompt: str
    category: str | None = None
    reference: str | None = None
    kind: Kind | None = None

    @staticmethod
    def digest(prompts: "list[Prompt]") -> str:
        """What the prompts are told apart by, all together and in their order."""
        return hashlib.sha256(msgspec.json.encode(prompts)).hexdigest()


class Given(Struct, frozen=True, kw_only=True):
    """An answer as a file gives it, and the line where it stands."""

    line: int
    id: str
    answer: str
    format: Format = Format.PLAIN


def prompts(data: bytes, form: Form) -> list[Prompt]:
    """The prompts of a file, each with an id of its own, and with a reference of a kind or without both."""
    rows = sheets.read(data, form, PROMPT_FIELDS, needed=("id", "prompt"))
    if len(rows) > MOST_PROMPTS:
        raise Refused(
            "A prompt set has {most} prompts at most; this file has {count}.", most=MOST_PROMPTS, count=len(rows)
        )
    _check_ids(rows)
    _check_doubles(rows)
    _check_texts(rows, "prompt")
    _check_references(rows)
    return [
        Prompt(
            id=row.get("id"),
            prompt=_text(row.get("prompt")),
            category=row.get("category") or None,
            reference=row.get("reference") or None,
            kind=Kind(row.get("kind")) if row.get("kind") else None,
        )
        for row in rows
    ]


def answers(data: bytes, form: Form) -> list[Given]:
    """The answers of a file, one for each prompt and format."""
    rows = sheets.read(data, form, ANSWER_FIELDS, needed=("id", "answer"))
    _check_ids(rows)
    _check_texts(rows, "answer")
    known = [each.value for each in Format]
    if lines := [row.line for row in rows if row.get("format") and row.get("format") not in known]:
        raise Refused(
            "Field “{field}”, line {lines}: there is no such format; there are: {known}.",
            **_at("format", lines),
            known=", ".join(known),
        )
    given = [
        Given(
            line=row.line,
            id=row.get("id"),
            answer=_text(row.get("answer")),
            format=Format(row.get("format") or "plain"),
        )
        for row in rows
    ]
    times = Counter((each.id, each.format) for each in given)
    if lines := [each.line for each in given if times[each.id, each.format] > 1]:
        raise Refused("Field “{field}”, line {lines}: the same prompt is answered twice.", **_at("id", lines))
    return given


def _at(field: str, lines: Collection[int]) -> dict[str, str]:
    return {"field": field, "lines": sheets.named(lines)}


def _text(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _check_ids(rows: list[Row]) -> None:
    ids = [(row.line, row.get("id")) for row in rows]
    if lines := [line for line, name in ids if not 0 < len(name) <= ID_CHARACTERS or not name.isprintable()]:
        raise Refused(
            "Field “{field}”, line {lines}: an id has 1 to {most} characters that can be printed.",
            **_at("id", lines),
            most=ID_CHARACTERS,
        )


def _check_doubles(rows: list[Row]) -> None:
    times = Counter(row.get("id") for row in rows)
    if lines := [row.line for row in rows if times[row.get("id")] > 1]:
        raise Refused("Field “{field}”, line {lines}: each prompt needs an id of its own.", **_at("id", lines))


def _check_texts(rows: list[Row], field: str) -> None:
    texts = [(row.line, _text(row.get(field))) for row in rows]
    if lines := [line for line, text in texts if not text]:
        raise Refused("Field “{field}”, line {lines}: it is empty.", **_at(field, lines))
    if lines := [line for line, text in texts if len(text) > MOST_CHARACTERS]:
        raise Refused(
            "Field “{field}”, line {lines}: it has more than {most} characters.",
            **_at(field, lines),
            most=MOST_CHARACTERS,
        )
    if lines := [line for line, text in texts if CONTROL.search(text)]:
        raise Refused("Field “{field}”, line {lines}: it holds a control character. Take it out.", **_at(field, lines))


def _check_references(rows: list[Row]) -> None:
    for field in ("category", "reference"):
        if lines := [
            row.line for row in rows if CONTROL.search(row.get(field)) or len(row.get(field)) > MOST_CHARACTERS
        ]:
            raise Refused(
                "Field “{field}”, line {lines}: it is too long or holds a control character.", **_at(field, lines)
            )
    kinds = [each.value for each in Kind]
    if lines := [row.line for row in rows if row.get("kind") and row.get("kind") not in kinds]:
        raise Refused(
            "Field “{field}”, line {lines}: there is no such kind of reference; there are: {known}.",
            **_at("kind", lines),
            known=", ".join(kinds),
        )
    if lines := [row.line for row in rows if row.get("kind") and not row.get("reference")]:
        raise Refused("Field “{field}”, line {lines}: the reference is missing.", **_at("reference", lines))
    if lines := [row.line for row in rows if row.get("reference") and not row.get("kind")]:
        raise Refused(
            "Field “{field}”, line {lines}: say how answers are held against the reference; there are: {known}.",
            **_at("kind", lines),
            known=", ".join(kinds),
        )
    if lines := [row.line for row in rows if row.get("kind") and _unreadable(row)]:
        raise Refused(
            "Field “{field}”, line {lines}: the reference holds nothing of its kind, so that no answer could be right.",
            **_at("reference", lines),
        )


def _unreadable(row: Row) -> bool:
    return references.READERS[Kind(row.get("kind"))](row.get("reference")) is None
