"""The gate: what a candidate must pass, the self-test of its numbers and the checks that hold releases."""

from datetime import datetime
from typing import Final

from arena.config import Settings
from arena.db import Pool, Proxy
from arena.integration.boards import Board
from arena.integration.snapshots import Snapshot
from arena.publishing import checks, leases, rounds, selftest, smells
from arena.publishing.checkup import Check, Severity
from arena.publishing.rounds import FAILED, Outcome, Ran
from arena.publishing.selftest import Finding, Report, Tested

UNKNOWN: Final = "The check {check} could not be run, so nobody knows whether this release passes it."
NOT_RUN: Final = {*FAILED, Outcome.SKIPPED}


async def test(
    db: Pool, connection: Proxy, settings: Settings, board: Board, snapshot: Snapshot, *, now: datetime
) -> Report:
    """Test the snapshot, and run every check that holds releases; what they say of other boards is of no matter here.

    Checks that look from outside or take long have made their own rounds: what they have found and is not repaired
    counts. One that could not be run, twice, holds the release, too.
    """
    numbers = await selftest.run(connection, board, snapshot)
    quick = {check.id: check for check in _blocking() if check.inside}
    holding = await smells.holding(db, board.id)
    ran = await leases.awake(connection, _ran(db, settings, quick, {each.check for each in holding}, board, now))
    known = [each for each in holding if each.check not in quick]
    found = [finding for name, each in ran.items() for finding in _findings(name, each, board)]
    found += [Finding(each.check, each.sentence, each.values) for each in known]
    slow = await _slow(db, [check for check in _blocking() if not check.inside])
    tested = [_told(quick[name], each) for name, each in ran.items()] + slow
    return Report(len(numbers.tested) + len(tested), [*numbers.findings, *found], [*numbers.tested, *tested])


def _blocking() -> list[Check]:
    return [check for check in checks.ALL.values() if check.severity is Severity.BLOCK]


async def _ran(
    db: Pool, settings: Settings, quick: dict[str, Check], held_by: set[str], board: Board, now: datetime
) -> dict[str, Ran]:
    """The quick checks on this board; one that finds something, or had before, looks at everything and keeps it.

    So what holds a release is among the smells at once, and what is repaired holds no more, without waiting for the
    check's own turn.
    """
    ran = await rounds.together(settings, {name: quick[name] for name in quick if name not in held_by}, board, now)
    # A moment without PostgreSQL shall not cost the release its slot.
    missed = {name: quick[name] for name, each in ran.items() if each.outcome in NOT_RUN}
    ran |= await rounds.together(settings, missed, board, now)
    for name, check in quick.items():
        if name in held_by or ran[name].found:
            ran[name] = await rounds.run(db, settings, check, now=now)
    return ran


def _findings(name: str, ran: Ran, board: Board) -> list[Finding]:
    if ran.outcome in NOT_RUN:
        return [Finding(name, UNKNOWN, {"check": name})]
    here = [each for each in ran.sightings if each.board in (None, board.slug)]
    return [Finding(name, each.sentence, each.values) for each in here]


def _told(check: Check, ran: Ran) -> Tested:
    return Tested(check.id, check.promise, ran.outcome, ran.found)


async def _slow(db: Pool, checked: list[Check]) -> list[Tested]:
    """How those ended that make their own rounds; one that never has says so."""
    last = await rounds.last(db)
    told = []
    for check in checked:
        run = last.get(check.id)
        outcome = run.outcome if run and run.outcome else Outcome.SKIPPED
        told.append(Tested(check.id, check.promise, outcome, run.found if run else 0))
    return told
