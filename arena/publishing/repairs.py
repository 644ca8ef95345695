"""Repairs: how many smells are open, what they hold, and how long it takes until one is repaired."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from arena.db import Db, many
from arena.publishing import candidates, checks, rounds
from arena.publishing.checkup import Smell


class Tally(Struct, frozen=True, kw_only=True):
    """How many findings of a smell there are: `open` counts those taken up, too; `median_seconds` from open to over."""

    smell: Smell
    checks: int
    open: int
    muted: int
    ever: int
    median_seconds: float | None


class Summary(Struct, frozen=True, kw_only=True):
    """All eight, and together: `holding` are findings that hold releases, `held_releases` those that wait.

    `looked_at` is when the last check ended, None before the first.
    """

    open: int
    muted: int
    ever: int
    holding: int
    held_releases: int
    median_seconds: float | None
    checks: int
    looked_at: datetime | None
    smells: list[Tally]


class _Counted(Struct, frozen=True):
    smell: Smell | None
    open: int
    muted: int
    ever: int
    holding: int
    median_seconds: float | None


async def summary(db: Db) -> Summary:
    """The open counts, and the median time to repair of all that are over."""
    found = await many(
        db,
        _Counted,
        """
        SELECT smell, count(*) FILTER (WHERE state IN ('open', 'acknowledged')) AS open,
               count(*) FILTER (WHERE state = 'muted') AS muted, count(*) AS ever,
               count(*) FILTER (WHERE severity = 'block' AND state IN ('open', 'acknowledged')) AS holding,
               percentile_cont(0.5) WITHIN GROUP (
                   ORDER BY extract(epoch FROM resolved_at - opened_at)::double precision) AS median_seconds
        FROM smells WHERE state <> 'suspected' GROUP BY ROLLUP (smell)
        """,
    )
    by_smell = {each.smell: each for each in found}
    whole = by_smell[None]
    last = [each.ended_at for each in (await rounds.last(db)).values() if each.ended_at]
    return Summary(
        open=whole.open,
        muted=whole.muted,
        ever=whole.ever,
        holding=whole.holding,
        held_releases=len(await candidates.held(db)),
        median_seconds=whole.median_seconds,
        checks=len(checks.ALL),
        looked_at=max(last, default=None),
        smells=[_tally(smell, by_smell.get(smell)) for smell in Smell],
    )


def _tally(smell: Smell, counted: _Counted | None) -> Tally:
    return Tally(
        smell=smell,
        checks=sum(check.smell is smell for check in checks.ALL.values()),
        open=counted.open if counted else 0,
        muted=counted.muted if counted else 0,
        ever=counted.ever if counted else 0,
        median_seconds=counted.median_seconds if counted else None,
    )


class LastRun(Struct, frozen=True, kw_only=True):
    """A check's last run; `note` says why it was skipped or what it failed of."""

    ended_at: datetime
    outcome: rounds.Outcome
    found: int
    seconds: float | None
    note: str | None


class Standing(StrEnum):
    """How a check's last run ended, or that it waits for its first."""

    WAITING = "waiting"
    CLEAN = "clean"
    FOUND = "found"
    SKIPPED = "skipped"
    CRASHED = "crashed"
    HUNG = "hung"
    FLOODED = "flooded"


class Checked(Struct, frozen=True, kw_only=True):
    """A check as everybody may read it: its promise, from when on it speaks, and how it went last."""

    check: str
    smell: Smell
    entities: list[str]
    severity: str
    state: Standing
    promise: str
    threshold: str
    hits: int
    every_seconds: int
    inside: bool
    last: LastRun | None


async def checked(db: Db) -> list[Checked]:
    """Every check with its last run, smell by smell."""
    last = await rounds.last(db)
    ordered = sorted(checks.ALL.values(), key=lambda check: (check.smell, len(check.id), check.id))
    return [
        Checked(
            check=check.id,
            smell=check.smell,
            entities=[entity.value for entity in check.entities],
            severity=check.severity,
            state=Standing(run.outcome) if run else Standing.WAITING,
            promise=check.promise,
            threshold=check.threshold,
            hits=check.hits,
            every_seconds=round(check.every.total_seconds()),
            inside=check.inside,
            last=run,
        )
        for check, run in ((check, _run(last.get(check.id))) for check in ordered)
    ]


def _run(last: rounds.Last | None) -> LastRun | None:
    if last is None or last.ended_at is None or last.outcome is None:
        return None
    return LastRun(ended_at=last.ended_at, outcome=last.outcome, found=last.found, seconds=last.seconds, note=last.note)
