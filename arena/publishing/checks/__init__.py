"""The checks for the eight smells: a module for each smell, or for each kind of knowledge."""

from typing import Final

from arena.publishing.checks import (
    addresses,
    agreeing,
    calendar,
    confusing,
    coverage,
    deprecated,
    drawn,
    links,
    mismatched,
    missing,
    outdated,
    recomputed,
    redundant,
    repeated,
    seen,
    stated,
    synthetic,
    unresponsive,
)
from arena.publishing.checkup import REGISTER, Check

__all__ = [
    "ALL",
    "addresses",
    "agreeing",
    "calendar",
    "confusing",
    "coverage",
    "deprecated",
    "drawn",
    "links",
    "mismatched",
    "missing",
    "outdated",
    "recomputed",
    "redundant",
    "repeated",
    "seen",
    "stated",
    "synthetic",
    "unresponsive",
]

ALL: Final[dict[str, Check]] = REGISTER
