"""Slots: the moments of a board's calendar, and what is done at them: plan, freeze, bring out or hold."""

from datetime import datetime

from arena.config import Settings
from arena.db import Pool, Proxy
from arena.integration import snapshots
from arena.integration.boards import Board
from arena.publishing import calendars, candidates, gate, leases, releases
from arena.publishing.candidates import Candidate, State


async def plan(db: Pool, board: Board, *, now: datetime | None = None) -> Candidate | None:
    """The board's next release as it is planned, or None for a board that is released at once.

    `now` is the database's unless told otherwise, here and below, as the releases' own times are.
    """
    calendar = calendars.read(board.calendar)
    if calendar.cron is None:
        return None
    return await candidates.planned(db, board, calendar, now or await _present(db))


async def advance(db: Pool, board: Board, settings: Settings, *, now: datetime | None = None) -> Candidate | None:
    """Do what the board's calendar says is due by now; the candidate that went out or was held, if one did or was.

    Whoever is killed meanwhile leaves the candidate where it was, and the next one to come takes it up. A slot at
    which nobody worked is made up for as soon as somebody does, once, with the votes until its own cut-off.
    """
    now = now or await _present(db)
    planned = await plan(db, board, now=now)
    if planned is None or now < planned.cut_off_at:
        return None
    async with db.acquire() as connection, connection.transaction():
        await leases.take(connection, board)
        candidate = await candidates.under_way(connection, board)
        if candidate is None or now < candidate.cut_off_at:
            return None  # Another one was quicker.
        if candidate.state is State.SCHEDULED:
            candidate = await _freeze(db, connection, board, candidate, settings, now)
        ended = await _test(db, connection, board, candidate, settings, now) if candidate else None
    await plan(db, board, now=now)
    return ended


async def _freeze(
    db: Pool, connection: Proxy, board: Board, candidate: Candidate, settings: Settings, now: datetime
) -> Candidate | None:
    """Fit the votes until the cut-off and keep them as they are.

    Where nothing is new, or no vote was ever cast, the slot after this one is waited for.
    """
    fitted = await leases.awake(connection, snapshots.fit(db, board, settings, until=candidate.cut_off_at))
    release_id = releases.name(fitted.digest, fitted.acts.digest, board)
    nothing = not fitted.standings.contenders and not await releases.listed(connection, board, None, 1)
    if nothing or await releases.is_out(connection, release_id):
        after = max(now, candidate.due_at)
        await candidates.postpone(connection, candidate, calendars.read(board.calendar), after)
        return None
    snapshot = await snapshots.keep(connection, board, fitted, settings)
    await candidates.freeze(connection, candidate, snapshot.id, release_id)
    return await candidates.under_way(connection, board)


async def _test(
    db: Pool, connection: Proxy, board: Board, candidate: Candidate, settings: Settings, now: datetime
) -> Candidate | None:
    """Test what is frozen, so that faults can be mended before it is due; when it is, bring it out or hold it."""
    assert candidate.snapshot_id is not None
    assert candidate.release_id is not None
    snapshot = await snapshots.require(connection, candidate.snapshot_id)
    if now < candidate.due_at:
        report = await gate.test(db, connection, settings, board, snapshot, now=now)
        await candidates.tested(connection, candidate, report)
        return None
    by, release_id = candidates.BY_ITSELF, candidate.release_id
    await releases.bring_out(db, connection, board, candidate, snapshot, release_id, settings, now=now, by=by)
    return await candidates.require(connection, candidate.id)


async def _present(db: Pool) -> datetime:
    now: datetime = await db.fetchval("SELECT now()")
    return now
