"""Reading: what a judge's reply says, taken by its last line or its schema and by nothing else."""

import re
from typing import Any, Final

import msgspec
from msgspec import Struct

from judge.verdicts import Reply, Unscored

MOST_CHARACTERS: Final = 200_000
DRESS: Final = " \t*_`"
# Servers hold a number to a list, but not all of them to a range.
CONFIDENCES: Final = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


class Told(Struct, frozen=True, kw_only=True):
    """What a reply says: a label of those offered with the judge's confidence from 0 to 1, or why it says nothing."""

    label: str | None = None
    confidence: float | None = None
    explanation: str = ""
    unscored: Unscored | None = None


class _Object(Struct, frozen=True, forbid_unknown_fields=True):
    explanation: str
    verdict: str
    confidence: float | None = None


def schema(labels: tuple[str, ...]) -> dict[str, Any]:
    """The JSON schema of a structured reply; the explanation comes first, so that it is written before the verdict."""
    return {
        "type": "object",
        "properties": {
            "explanation": {"type": "string", "maxLength": 1200},
            "verdict": {"type": "string", "enum": list(labels)},
            "confidence": {"type": "number", "enum": list(CONFIDENCES)},
        },
        "required": ["explanation", "verdict", "confidence"],
        "additionalProperties": False,
    }


def read(reply: Reply, labels: tuple[str, ...], code: str, *, word: str) -> Told:
    """The label that the reply ends with; a label anywhere else, or for another code, is not one.

    A text ends with the line `Verdict CODE: LABEL`, and with `(80%)` after it where the judge says how sure it is;
    `word` is the line's first. Of several such lines the last counts, as the judge has thought again; after it nothing
    may come. No more than the dress of Markdown is taken off.
    """
    text = reply.text
    for reason, holds in (
        (Unscored.FAILED, reply.failure is not None),
        (Unscored.TOO_LONG, len(text) > MOST_CHARACTERS),
        (Unscored.EMPTY, not text.strip()),
        (Unscored.CUT, reply.cut),
    ):
        if holds:
            return Told(unscored=reason)
    return _structured(text, labels) if reply.structured else _ended(text, labels, code, word)


def _structured(text: str, labels: tuple[str, ...]) -> Told:
    try:
        told = msgspec.json.decode(text, type=_Object, strict=True)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Told(unscored=Unscored.NOT_THE_SCHEMA)
    if told.verdict not in labels:
        return Told(explanation=told.explanation, unscored=Unscored.UNKNOWN_LABEL)
    if told.confidence is not None and not 0 <= told.confidence <= 1:
        return Told(explanation=told.explanation, unscored=Unscored.NOT_THE_SCHEMA)
    return Told(label=told.verdict, confidence=told.confidence, explanation=told.explanation)


def _ended(text: str, labels: tuple[str, ...], code: str, word: str) -> Told:
    before, _, last = text.rstrip().rpartition("\n")
    line = re.compile(rf"{word} {re.escape(code)}: ?(?P<label>[^()]{{1,40}}?)(?: ?\((?P<sure>\d{{1,3}})%\))?\.?")
    found = line.fullmatch(last.strip(DRESS))
    if found is None:
        said = any(line.fullmatch(one.strip(DRESS)) for one in before.splitlines())
        return Told(explanation=text, unscored=Unscored.GOES_ON if said else Unscored.NO_VERDICT)
    label = found["label"].strip(DRESS)
    if label not in labels or int(found["sure"] or 0) > 100:
        return Told(explanation=before, unscored=Unscored.UNKNOWN_LABEL)
    confidence = None if found["sure"] is None else int(found["sure"]) / 100
    return Told(label=label, confidence=confidence, explanation=before)
