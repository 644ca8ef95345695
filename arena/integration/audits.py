"""Audits: a board's new votes held against the snapshot before them, with a chance of false alarms that is spent once.

A window is the votes since one snapshot. Voters are looked at after 10, 20, 50, 100 and 200 votes, each time at .2 %.
All votes of a window together are looked at whenever there are twice as many, the k-th time at 6/(πk)² of 1 %, which
never sums to more than 1 %. Every look is a row, so that none is spent twice, however often the audit is run.
"""

import asyncio
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct, structs

from arena.db import Db, Pool, one
from arena.integration import ballots, crowds, detections, findings, rows, snapshots
from arena.integration.ballots import Ballot, Served
from arena.integration.boards import Board
from arena.integration.references import Found, Look, Reference
from rating import suspicion
from rating.streams import Purpose, opened

SEED: Final = 20260102
LEVEL: Final = 0.01  # of a window, for each way of looking at many at once
FIRST_LOOK: Final = 20  # votes of a window
FEWEST: Final = 100  # votes that a snapshot must count, or it lets one expect nothing
WINDOW_VOTES: Final = 4000
WINDOW_AGE: Final = timedelta(days=7)
AT_ONCE: Final = "window"


class Window(Struct, frozen=True):
    """The votes since a snapshot."""

    id: int
    snapshot_id: UUID
    opened_at: datetime


class Summary(Struct, frozen=True, kw_only=True):
    """What the audit of a board has done so far.

    `votes` are those that the latest snapshot counts, `excluded` those that the audit left out. `voters` have been
    looked at, in `looks`, `flagged` of them have a finding of their own, and `expected` would if all were honest.
    """

    votes: int
    excluded: int
    voters: int
    flagged: int
    looks: int
    expected: float
    looked_at: datetime | None


async def run(db: Pool, board: Board) -> int:
    """Look at what is new on a board of battles; how many looks it took. Run again, it takes none."""
    window = await _window(db, board)
    if window is None:
        return 0
    snapshot = await snapshots.require(db, window.snapshot_id)
    read = await ballots.of_window(db, board, snapshot)
    fresh = [ballot for ballot in read if ballot.fresh]
    due = await _due(db, board, read)
    level = await _level(db, board, window, len(fresh))
    if due or level is not None:
        told = await rows.of(db, snapshot.id)
        served = [
            await ballots.served(db, list(due)),
            await ballots.served(db, sorted({ballot.voter for ballot in fresh}), since=snapshot.taken_at),
        ]
        looks, found = await asyncio.to_thread(_look, told, read, due, served, level, window.id)
        await _keep(db, board, window, looks, found)
    await _close(db, window, len(fresh))
    return len(due) + (level is not None)


async def summary(db: Db, board: Board) -> Summary:
    """What the audit has looked at and found."""
    found = await one(
        db,
        Summary,
        """
        SELECT coalesce((SELECT votes FROM snapshots WHERE board_id = $1 ORDER BY number DESC LIMIT 1), 0) AS votes,
               (SELECT count(DISTINCT battle_id) FROM exclusions
                WHERE lifted_at IS NULL AND reason IN ('automated', 'collusion', 'careless')) AS excluded,
               count(DISTINCT subject) FILTER (WHERE kind = 'voter') AS voters,
               (SELECT count(*) FROM audit_findings WHERE board_id = $1 AND kind = 'voter') AS flagged,
               count(*) FILTER (WHERE kind = 'voter') AS looks,
               coalesce(sum(level) FILTER (WHERE kind = 'voter'), 0) AS expected, max(looked_at) AS looked_at
        FROM audit_looks WHERE board_id = $1
        """,
        board.id,
    )
    assert found is not None
    return found


def spent(look: int) -> float:
    """The level of the look of this number, from 1 on; those of all looks sum to LEVEL."""
    return LEVEL * 6 / (math.pi * look) ** 2


async def _window(db: Db, board: Board) -> Window | None:
    """The board's open window; a new one is of what comes after the latest snapshot of votes enough."""
    await db.execute(
        """
        INSERT INTO audit_windows (board_id, snapshot_id)
        SELECT $1, id FROM snapshots WHERE board_id = $1 AND votes >= $2 ORDER BY number DESC LIMIT 1
        ON CONFLICT (board_id) WHERE closed_at IS NULL DO NOTHING
        """,
        *(board.id, FEWEST),
    )
    return await one(
        db,
        Window,
        "SELECT id, snapshot_id, opened_at FROM audit_windows WHERE board_id = $1 AND closed_at IS NULL",
        board.id,
    )


async def _due(db: Db, board: Board, read: Sequence[Ballot]) -> dict[UUID, tuple[int, ...]]:
    """The checkpoints that voters have come to and have not been looked at."""
    votes: dict[UUID, int] = {}
    for ballot in read:
        votes[ballot.voter] = votes.get(ballot.voter, 0) + 1
    known = await db.fetch(
        """
        SELECT subject, max(votes) AS looked FROM audit_looks
        WHERE board_id = $1 AND kind = 'voter' AND subject = ANY($2) GROUP BY subject
        """,
        *(board.id, [voter.hex for voter in votes]),
    )
    looked: dict[str, int] = {row["subject"]: row["looked"] for row in known}
    due = {voter: suspicion.due(count, looked.get(voter.hex, 0)) for voter, count in votes.items()}
    return {voter: points for voter, points in due.items() if points}


async def _level(db: Db, board: Board, window: Window, votes: int) -> float | None:
    """At what level the window as a whole is looked at now; None while it has not twice the votes of the last look."""
    row = await db.fetchrow(
        "SELECT count(*) AS looks, max(votes) AS votes FROM audit_looks WHERE window_id = $1 AND kind = $2",
        *(window.id, AT_ONCE),
    )
    assert row is not None
    least = FIRST_LOOK if not row["looks"] else 2 * row["votes"]
    return spent(row["looks"] + 1) if votes >= least else None


def _look(
    told: Sequence[rows.Row],
    read: Sequence[Ballot],
    due: dict[UUID, tuple[int, ...]],
    served: Sequence[Served],
    level: float | None,
    window_id: int,
) -> tuple[list[Look], list[Found]]:
    rng = opened(SEED, Purpose.SIMULATION, window_id)
    reference = Reference.of(told, rng)
    by_voter: dict[UUID, list[Ballot]] = {}
    for ballot in read:
        by_voter.setdefault(ballot.voter, []).append(ballot)
    looks, found = detections.voters(reference, by_voter, due, served[0], rng)
    if level is None:
        return looks, found
    fresh = [ballot for ballot in read if ballot.fresh]
    found += detections.groups(reference, fresh, served[1], rng, level=level)
    # What is found of a window is another finding in the next one.
    together = crowds.contrasts(reference, fresh, level=level) + crowds.window(reference, fresh, served[1], level=level)
    together += crowds.drifts(reference, fresh)
    found += [structs.replace(each, subject=f"{each.subject} {window_id}") for each in together]
    looks.append(Look(kind=AT_ONCE, subject=str(window_id), votes=len(fresh), level=level))
    return looks, found


async def _keep(db: Pool, board: Board, window: Window, looks: Sequence[Look], found: Sequence[Found]) -> None:
    """Looks and findings in one transaction, so that no level is spent on what nobody is told."""
    async with db.acquire() as connection, connection.transaction():
        await connection.executemany(
            """
            INSERT INTO audit_looks (board_id, kind, subject, votes, level, p, window_id)
            VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
            """,
            [(board.id, look.kind, look.subject, look.votes, look.level, look.p, window.id) for look in looks],
        )
        for each in found:
            await findings.keep(connection, board.id, each)


async def _close(db: Db, window: Window, votes: int) -> None:
    """A window that holds enough is followed by one of what comes after it."""
    await db.execute(
        """
        UPDATE audit_windows SET closed_at = now()
        WHERE id = $1 AND closed_at IS NULL AND ($2::int >= $3 OR ($2::int >= $4 AND opened_at < now() - $5::interval))
        """,
        *(window.id, votes, WINDOW_VOTES, FIRST_LOOK, WINDOW_AGE),
    )
