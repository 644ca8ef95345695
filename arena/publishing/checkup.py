"""Checkups: what a check for a smell is, what it is given, and the register that all of them are in.

To add a check, write a function of a Scene that gives its sightings in the module of its smell, under `@check(…)`. Its
docstring is shown on the page of smells.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from arena.config import Settings
from arena.db import Connection, Proxy
from arena.integration.boards import Board


class Smell(StrEnum):
    """The eight ways in which leaderboards decay.

    Is it there, can it be reached, does it work, is it drawn right, is it as we say, is it current, is it there once,
    can people follow it? The first “no” names the smell: missing, inaccessible, unresponsive, misdisplayed, mismatched,
    deprecated, redundant, confusing.
    """

    CONFUSING = "confusing"
    DEPRECATED = "deprecated"
    INACCESSIBLE = "inaccessible"
    MISDISPLAYED = "misdisplayed"
    MISMATCHED = "mismatched"
    MISSING = "missing"
    REDUNDANT = "redundant"
    UNRESPONSIVE = "unresponsive"


class Entity(StrEnum):
    """What of a leaderboard can smell: the domain model's kinds."""

    METRIC = "metric"
    PROTOCOL = "protocol"
    RAW_DATA = "raw data"
    TASK = "task"
    HARNESS = "harness"
    SCORE = "score"
    MODEL = "model"
    RANKING_TABLE = "ranking table"
    SUBMISSION_CHANNEL = "submission channel"
    RELEASE = "release"


class Severity(StrEnum):
    """How bad a finding is; `block` holds releases."""

    INFO = "info"
    WARN = "warn"
    MAJOR = "major"
    BLOCK = "block"


class Sighting(Struct, frozen=True, kw_only=True):
    """One thing that smells: `subject` names it, the same at every look; `values` fill the places of the sentence.

    `evidence` is a path of this arena where it can be seen. `board` is the slug of the one whose releases it concerns.
    """

    subject: str
    sentence: str
    values: dict[str, str | int] = {}
    observed: str
    expected: str
    evidence: str | None = None
    entity: Entity | None = None
    board: str | None = None


class Scene(Struct, frozen=True, kw_only=True):
    """What a check looks at, and when; `board` is the only one it has to look at, None where it is all of them."""

    db: Connection | Proxy
    settings: Settings
    now: datetime
    board: Board | None = None


class CannotLook(Exception):
    """Something that the check needs is not there; its sentence says what, and is shown beside the check."""


Look = Callable[[Scene], Awaitable[list[Sighting]]]


class Check(Struct, frozen=True, kw_only=True):
    """A check: what it looks for, how often and how long at most.

    `threshold` says from when on something is a finding; `hits` is how often in a row it must be seen. `inside` checks
    read the database alone and are quick: those of them that block are run again whenever a release is tested.
    """

    id: str
    smell: Smell
    entities: tuple[Entity, ...]
    severity: Severity
    promise: str
    threshold: str
    hits: int
    every: timedelta
    seconds: float
    inside: bool
    look: Look


REGISTER: Final[dict[str, Check]] = {}
EVERY: Final = timedelta(minutes=10)
SECONDS: Final = 20.0


def check(
    name: str,
    smell: Smell,
    *entities: Entity,
    severity: Severity,
    threshold: str,
    hits: int = 1,
    every: timedelta = EVERY,
    seconds: float = SECONDS,
    inside: bool = True,
) -> Callable[[Look], Look]:
    """Enter a function into the register; `name` is what the check is called in the API, N6 for instance."""

    def entered(look: Look) -> Look:
        assert name not in REGISTER
        REGISTER[name] = Check(
            id=name,
            smell=smell,
            entities=entities,
            severity=severity,
            promise=" ".join((look.__doc__ or "").split()),
            threshold=threshold,
            hits=hits,
            every=every,
            seconds=seconds,
            inside=inside,
            look=look,
        )
        return look

    return entered
