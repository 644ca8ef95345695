"""Formats: the same prompt written in several ways, since what changes with the way it is written is not knowledge.

The ways are among those of Sclar et al. 2024 (arXiv 2310.11324): separators and capitals that mean nothing.
"""

from enum import StrEnum
from typing import Final


class Format(StrEnum):
    """How a prompt is put; only what is put plainly is scored and judged."""

    PLAIN = "plain"
    LABELLED = "labelled"
    CAPITALS = "capitals"
    LINES = "lines"


PUT: Final = {
    Format.PLAIN: "{}",
    Format.LABELLED: "Question: {}\nAnswer:",
    Format.CAPITALS: "QUESTION:: {} || ANSWER::",
    Format.LINES: "Question\n{}\n\nAnswer\n",
}


def put(prompt: str, format_: Format) -> str:
    """The prompt in this format."""
    before, after = PUT[format_].split("{}")
    return f"{before}{prompt}{after}"
