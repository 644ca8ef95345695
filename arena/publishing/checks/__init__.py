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
    gated,
    legible,
    links,
    mismatched,
    missing,
    outdated,
    promised,
    recomputed,
    redundant,
    repeated,
    seen,
    stated,
    submitted,
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
    "gated",
    "legible",
    "links",
    "mismatched",
    "missing",
    "outdated",
    "promised",
    "recomputed",
    "redundant",
    "repeated",
    "seen",
    "stated",
    "submitted",
    "synthetic",
    "unresponsive",
]

ALL: Final[dict[str, Check]] = REGISTER
