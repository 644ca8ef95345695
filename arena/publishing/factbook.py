"""The factbook: what the arena says of itself in public, each claim a row with a test that anybody can run.

A fact is written once: its sentence, the values that the running configuration puts into it, and a test that reads the
rows and says what contradicts it. The pages of methodology and policy show these sentences and no copy of them. To add
one, write its test under `@fact(…)` in a module of facts, and name it in its page's template.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Final

import msgspec
from msgspec import Struct

from arena import outbox
from arena.config import Settings
from arena.db import Db
from arena.evaluation import policies
from arena.evaluation.pacing import Pace
from arena.evaluation.policies import Policy
from arena.integration import boards, ledger
from arena.integration.boards import OVERALL
from arena.publishing.checkup import Scene
from rating import Tally, rate
from rating.standings import Method


class Page(StrEnum):
    """Where a fact is told."""

    METHODOLOGY = "methodology"
    POLICY = "policy"


class Kind(StrEnum):
    """How a value is written: as a number, a part of one, or seconds."""

    NUMBER = "number"
    SHARE = "share"
    DURATION = "duration"


class Value(Struct, frozen=True):
    """What the configuration puts into a fact's sentence."""

    kind: Kind
    amount: float


class Ground(Struct, frozen=True, kw_only=True):
    """What the facts are made from: the configuration as it runs; `since` is when its settings were recorded last."""

    settings: Settings
    policy: Policy
    pace: Pace
    method: Method
    since: datetime | None


Test = Callable[[Scene, Ground], Awaitable[str | None]]


class Fact(Struct, frozen=True, kw_only=True):
    """A public claim; `test` gives what contradicts it, or None, and `promise` says what it looks at."""

    name: str
    page: Page
    sentence: str
    values: Callable[[Ground], dict[str, Value]]
    holds: Callable[[Ground], bool]
    promise: str
    test: Test


REGISTER: Final[dict[str, Fact]] = {}
# The check that holds all facts against the rows.
CHECK: Final = "X0"
# So long what is swept away by the clock may be late, or what was promised under other settings be seen.
SETTLING: Final = timedelta(hours=1)


def fact(
    name: str,
    page: Page,
    sentence: str,
    values: Callable[[Ground], dict[str, Value]] = lambda _: {},
    *,
    holds: Callable[[Ground], bool] = lambda _: True,
) -> Callable[[Test], Test]:
    """Enter a claim and its test; it is told where it `holds`, for instance while a limit is not off."""

    def entered(test: Test) -> Test:
        assert name not in REGISTER
        promise = " ".join((test.__doc__ or "").split())
        REGISTER[name] = Fact(
            name=name, page=page, sentence=sentence, values=values, holds=holds, promise=promise, test=test
        )
        return test

    return entered


def number(amount: float) -> Value:
    """A number."""
    return Value(Kind.NUMBER, amount)


def share(amount: float) -> Value:
    """A part of one."""
    return Value(Kind.SHARE, amount)


def days(amount: float) -> Value:
    """A length of time in days."""
    return Value(Kind.DURATION, amount * 86400)


def hours(amount: float) -> Value:
    """A length of time in hours."""
    return Value(Kind.DURATION, amount * 3600)


def seconds(amount: float) -> Value:
    """A length of time in seconds."""
    return Value(Kind.DURATION, amount)


@cache
def method() -> Method:
    """The choices that `rate` makes where it is not told otherwise."""
    return rate(Tally.of_votes(())).method


async def ground(db: Db, settings: Settings) -> Ground:
    """The configuration as it runs now."""
    board = await boards.require(db, OVERALL)
    return Ground(
        settings=settings,
        policy=await policies.present(db),
        pace=board.pace,
        method=method(),
        since=await _since(db),
    )


def begun(scene: Scene, ground: Ground) -> datetime:
    """From when on rows were made under these settings; none were, as far as is known, where they are not recorded."""
    return scene.now if ground.since is None else ground.since


async def _since(db: Db) -> datetime | None:
    """When the service's settings were recorded last; None before the first time."""
    leaf = await ledger.find(db, "settings_changed", outbox.SERVICE)
    if leaf is None:
        return None
    return msgspec.convert(msgspec.json.decode(await ledger.leaf(db, leaf))["at"], datetime)
