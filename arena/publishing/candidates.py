"""Candidates: releases before they are out, each step with its time, who took it and why."""

from datetime import datetime
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy, many, one
from arena.integration.boards import Board
from arena.publishing import calendars
from arena.publishing.calendars import Calendar
from arena.publishing.selftest import Finding, Report


class State(StrEnum):
    """Where a release stands on its way out."""

    SCHEDULED = "scheduled"
    TESTING = "self-testing"
    PUBLISHED = "published"
    HELD = "held"


class By(Struct, frozen=True):
    """Who takes a step and why: an operator, or the arena by itself."""

    actor: Literal["arena", "operator"] = "arena"
    account_id: UUID | None = None
    reason: str | None = None


class Event(Struct, frozen=True, kw_only=True):
    """A step that a candidate took."""

    state: State
    actor: Literal["arena", "operator"]
    reason: str | None
    happened_at: datetime


class Candidate(Struct, frozen=True, kw_only=True):
    """A release on its way: when it is due, until when votes count, and what its last self-test found.

    `release_id` is the name that it has, or would have; None until it is frozen.
    """

    id: int
    board: str
    calendar: str
    due_at: datetime
    cut_off_at: datetime
    state: State
    snapshot_id: UUID | None
    release_id: str | None
    findings: list[Finding]
    checks: int
    tested_at: datetime | None
    events: list[Event]


BY_ITSELF: Final = By()
READ: Final = """
        SELECT candidates.id, boards.slug AS board, candidates.calendar, due_at, cut_off_at, state, snapshot_id,
               release_id, findings, checks, tested_at,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                    'state', step.state, 'actor', actor, 'reason', reason, 'happened_at', happened_at
                ) ORDER BY step.id), '[]') FROM candidate_events step WHERE candidate_id = candidates.id) AS events
        FROM candidates JOIN boards ON boards.id = board_id"""


async def planned(db: Db, board: Board, calendar: Calendar, now: datetime) -> Candidate:
    """The candidate that is under way, planned by the board's calendar as it is now if it was not yet."""
    found = await under_way(db, board)
    if found is None:
        due = calendars.following(calendar, now)
        await _enter(db, board, due, due - calendar.cut_off, BY_ITSELF)
    elif found.state is State.SCHEDULED and found.calendar != board.calendar:
        await postpone(db, found, calendar, now)
    else:
        return found
    planned = await under_way(db, board)
    assert planned is not None
    return planned


async def require(db: Db, candidate_id: int) -> Candidate:
    """The candidate of this number, which is known to be there."""
    found = await one(db, Candidate, f"{READ} WHERE candidates.id = $1", candidate_id)
    assert found is not None
    return found


async def under_way(db: Db, board: Board) -> Candidate | None:
    """The board's candidate that is neither out nor held, if there is one."""
    condition = "candidates.board_id = $1 AND state IN ('scheduled', 'self-testing')"
    return await one(db, Candidate, f"{READ} WHERE {condition}", board.id)


async def postpone(db: Db, candidate: Candidate, calendar: Calendar, now: datetime) -> None:
    """Plan the candidate for the calendar's next moment instead."""
    due = calendars.following(calendar, now)
    await db.execute(
        "UPDATE candidates SET due_at = $2, cut_off_at = $3, calendar = $4 WHERE id = $1 AND state = 'scheduled'",
        *(candidate.id, due, due - calendar.cut_off, calendar.text),
    )


async def at_once(db: Connection | Proxy, board: Board, by: By) -> Candidate:
    """The candidate of a release that shall come now: the one under way, or of a board without a calendar the held one.

    It counts the votes until now, whatever it was planned for.
    """
    now: datetime = await db.fetchval("SELECT clock_timestamp()")
    found = await under_way(db, board) or await _held_back(db, board)
    if found is None:
        await _enter(db, board, now, now, by)
    else:
        await db.execute("UPDATE candidates SET due_at = $2, cut_off_at = $2 WHERE id = $1", found.id, now)
    found = await under_way(db, board) or found
    assert found is not None
    return found


async def _held_back(db: Db, board: Board) -> Candidate | None:
    """The board's last candidate, if it is held and the board has no calendar by which another one comes."""
    last = await one(db, Candidate, f"{READ} WHERE board_id = $1 ORDER BY candidates.id DESC LIMIT 1", board.id)
    held = last is not None and last.state is State.HELD
    return last if held and board.calendar == calendars.AT_ONCE else None


async def _enter(db: Db, board: Board, due: datetime, cut_off: datetime, by: By) -> None:
    """Two who plan at the same time plan one."""
    await db.execute(
        """
        WITH entered AS (
            INSERT INTO candidates (board_id, calendar, due_at, cut_off_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (board_id) WHERE state IN ('scheduled', 'self-testing') DO NOTHING
            RETURNING id, state
        )
        INSERT INTO candidate_events (candidate_id, state, actor, account_id, reason)
        SELECT id, state, $5, $6, $7 FROM entered
        """,
        *(board.id, board.calendar, due, cut_off, by.actor, by.account_id, by.reason),
    )


async def freeze(
    db: Connection | Proxy, candidate: Candidate, snapshot_id: UUID, release_id: str, *, by: By = BY_ITSELF
) -> None:
    """The candidate is this snapshot from now on, and its self-test begins."""
    await db.execute(
        "UPDATE candidates SET snapshot_id = $2, release_id = $3 WHERE id = $1", candidate.id, snapshot_id, release_id
    )
    await _step(db, candidate, State.TESTING, by)


async def tested(db: Db, candidate: Candidate, report: Report) -> None:
    """Keep what the self-test found."""
    await db.execute(
        "UPDATE candidates SET findings = $2, checks = $3, tested_at = clock_timestamp() WHERE id = $1",
        *(candidate.id, report.findings, report.checks),
    )


async def end(db: Connection | Proxy, candidate: Candidate, state: State, *, by: By = BY_ITSELF) -> None:
    """The candidate is out, or held."""
    await _step(db, candidate, state, by)


async def _step(db: Connection | Proxy, candidate: Candidate, state: State, by: By) -> None:
    await db.execute("UPDATE candidates SET state = $2 WHERE id = $1", candidate.id, state)
    await db.execute(
        "INSERT INTO candidate_events (candidate_id, state, actor, account_id, reason) VALUES ($1, $2, $3, $4, $5)",
        *(candidate.id, state, by.actor, by.account_id, by.reason),
    )


async def upcoming(db: Db) -> list[Candidate]:
    """What is planned or being tested on boards that have a calendar, the soonest first."""
    condition = f"state IN ('scheduled', 'self-testing') AND boards.calendar <> '{calendars.AT_ONCE}'"
    return await many(db, Candidate, f"{READ} WHERE {condition} ORDER BY due_at, candidates.id")


async def held(db: Db) -> list[Candidate]:
    """What is held now: of each board the last one that was due, unless it went out."""
    return await many(
        db,
        Candidate,
        f"""
        {READ}
        WHERE state = 'held' AND candidates.id = (
            SELECT max(last.id) FROM candidates last
            WHERE last.board_id = candidates.board_id AND last.state IN ('held', 'published')
        )
        ORDER BY due_at DESC, candidates.id DESC
        """,  # noqa: S608 - a constant
    )


async def of_release(db: Db, release_id: str) -> Candidate | None:
    """How a release came out, None for one from before there were candidates."""
    condition = "release_id = $1 AND state = 'published'"
    return await one(db, Candidate, f"{READ} WHERE {condition} ORDER BY candidates.id LIMIT 1", release_id)
