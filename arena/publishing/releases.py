"""Releases: snapshots made public, named by what they were computed from."""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from arena import digests
from arena.config import Settings
from arena.db import Connection, Db, Pool, Proxy, Transaction, many, one
from arena.errors import ArenaError, NotFound
from arena.integration import boards, snapshots
from arena.integration.boards import Board
from arena.integration.snapshots import METHODOLOGY, SEED, Snapshot, State
from arena.publishing import bills, candidates, gate, leases, notes, smells, standings
from arena.publishing.candidates import By, Candidate
from arena.publishing.selftest import Report, Tested
from arena.publishing.standings import Standing as Standing


class NoSuchRelease(NotFound):
    """There is no release of this id."""


class Held(ArenaError):
    """This release is held: the findings of its self-test are at /releases ({count}). The last good one stays."""

    status = 409


class Summary(Struct, frozen=True, kw_only=True):
    """A release in a list."""

    id: str
    board: str
    published_at: datetime
    votes: int
    voters: int


class Release(Summary, frozen=True, kw_only=True):
    """A release whole."""

    effective_voters: float
    method: dict[str, Any]
    standings: list[Standing]


class _Head(Summary, frozen=True, kw_only=True):
    snapshot_id: UUID
    effective_voters: float
    method: dict[str, Any]


def name(digest: str, exclusions: str, board: Board) -> str:
    """The release's id: SHA-256 of the digests of votes and exclusions, board, methodology version and seed."""
    return hashlib.sha256(digests.canonical(made_of(digest, exclusions, board))).hexdigest()


def made_of(digest: str, exclusions: str, board: Board) -> dict[str, Any]:
    """What a release's id is made of; whatever else is told of a release may change without making another one."""
    return {
        "board": boards.configuration(board),
        "exclusions": exclusions,
        "methodology": METHODOLOGY,
        "seed": SEED,
        "votes": digest,
    }


async def publish(
    db: Connection | Proxy, release_id: str, snapshot: Snapshot, board: Board, settings: Settings, report: Report
) -> None:
    """Make a snapshot public under its name, with its notes, what it was tested for and what it was made with.

    What was published already stays as it is. It is public from now on, not from the beginning of the transaction,
    which was before the fit.
    """
    await db.execute(
        """
        INSERT INTO releases (id, board_id, snapshot_id, published_at, notes, self_test, bill)
        VALUES ($1, $2, $3, clock_timestamp(), $4, $5, $6)
        ON CONFLICT (id) DO NOTHING
        """,
        *(release_id, board.id, snapshot.id, await notes.of(db, board, snapshot)),
        *(report.tested, await bills.of(db, settings, board, snapshot)),
    )


async def self_test(db: Db, release_id: str) -> list[Tested] | None:
    """What the release was tested for, None for one from before that was kept."""
    found = await db.fetchval("SELECT self_test FROM releases WHERE id = $1", release_id)
    return None if found is None else msgspec.convert(found, list[Tested])


async def wait(db: Db, board: Board, settings: Settings, *, now: datetime | None = None) -> timedelta:
    """How long until the board may be released again; nothing, if it may be now.

    `now` is the database's unless told otherwise, as the releases' own times are.
    """
    since: timedelta | None = await db.fetchval(
        """
        SELECT coalesce($2::timestamptz, now()) - greatest(
            (SELECT max(published_at) FROM releases WHERE board_id = $1),
            (SELECT max(tested_at) FROM candidates WHERE board_id = $1 AND state = 'held'))
        """,
        *(board.id, now),
    )
    if since is None:
        return timedelta()
    return max(timedelta(seconds=settings.release_seconds) - since, timedelta())


async def behind(db: Db, board: Board) -> bool:
    """Whether votes were cast, excluded or let in again since the board's last release."""
    released = await one(
        db,
        State,
        """
        SELECT votes, acts, methodology, rules FROM releases JOIN snapshots ON snapshots.id = snapshot_id
        WHERE releases.board_id = $1 ORDER BY published_at DESC LIMIT 1
        """,
        board.id,
    )
    state = await snapshots.state(db, board)
    return state != released if released else state.votes + state.acts > 0


class NeverReleased(ArenaError):
    """A board that judges have a part in is never released; its snapshots are at /api/v1/boards/{board}/snapshots."""

    status = 409


async def refresh(db: Pool, board: Board, settings: Settings, *, by: By = candidates.BY_ITSELF) -> str:
    """Take a snapshot of the board and publish it, unless these votes are published already; the release's name.

    Held where the self-test finds anything: the snapshot is kept with the findings, and the last release stays.
    One at a time for each board (leases.Busy while another one does), so that an older fit never ends after a newer
    one. The lock is the transaction's that keeps and publishes, so who has lost it can't write any more. It goes with a
    worker that dies; from one that is stopped, whoever comes 20 s later takes it.
    """
    if not board.source.released:
        raise NeverReleased(board=board.slug)
    async with db.acquire() as connection, connection.transaction():
        await leases.take(connection, board)
        fitted = await leases.awake(connection, snapshots.fit(db, board, settings))
        release_id = name(fitted.digest, fitted.acts.digest, board)
        if await is_out(connection, release_id):
            return release_id
        candidate = await candidates.at_once(connection, board, by)
        attempt = connection.transaction()
        await attempt.start()
        snapshot = await snapshots.keep(connection, board, fitted, settings)
        await candidates.freeze(connection, candidate, snapshot.id, release_id, by=by)
        now = datetime.now(UTC)
        report = await bring_out(db, connection, board, candidate, snapshot, release_id, settings, now=now, by=by)
        await _settle(connection, attempt, candidate, report)
    if report.findings:
        raise Held(count=len(report.findings))
    return release_id


async def _settle(connection: Proxy, attempt: Transaction, candidate: Candidate, report: Report) -> None:
    """Keep what was tried; of one that was held and still is only the findings, since it is tried every few minutes."""
    if not (report.findings and candidate.state is candidates.State.HELD):
        await attempt.commit()
        return
    await attempt.rollback()
    await candidates.tested(connection, candidate, report)


async def is_out(db: Db, release_id: str) -> bool:
    """Whether there is a release of this id."""
    return bool(await db.fetchval("SELECT true FROM releases WHERE id = $1", release_id))


async def bring_out(
    db: Pool,
    connection: Proxy,
    board: Board,
    candidate: Candidate,
    snapshot: Snapshot,
    release_id: str,
    settings: Settings,
    *,
    now: datetime,
    by: By,
) -> Report:
    """Test the candidate, and publish it or hold it back; what was found."""
    report = await gate.test(db, connection, settings, board, snapshot, now=now)
    await candidates.tested(connection, candidate, report)
    if report.findings:
        await candidates.end(connection, candidate, candidates.State.HELD)
        await smells.held(db, await smells.holding(db, board.id), release_id, now)
    else:
        await publish(connection, release_id, snapshot, board, settings, report)
        await candidates.end(connection, candidate, candidates.State.PUBLISHED, by=by)
    return report


async def latest(db: Db, board: str) -> Release | None:
    """The board's last release, or None before the first."""
    return await _whole(db, "boards.slug = $1", board)


async def require(db: Db, release_id: str) -> Release:
    """The release of this id."""
    release = await _whole(db, "releases.id = $1", release_id)
    if release is None:
        raise NoSuchRelease
    return release


async def in_force(db: Db, board: str, at: datetime) -> Release | None:
    """The board's release that was the last one at that moment, or None before the first."""
    release_id = await db.fetchval(
        """
        SELECT releases.id FROM releases JOIN boards ON boards.id = board_id
        WHERE slug = $1 AND published_at <= $2 ORDER BY published_at DESC, releases.id DESC LIMIT 1
        """,
        *(board, at),
    )
    return None if release_id is None else await require(db, release_id)


async def after(db: Db, release: Summary) -> str | None:
    """The board's next release, None for its last."""
    found: str | None = await db.fetchval(
        """
        SELECT later.id FROM releases JOIN releases later ON later.board_id = releases.board_id
        WHERE releases.id = $1 AND (later.published_at, later.id) > (releases.published_at, releases.id)
        ORDER BY later.published_at, later.id LIMIT 1
        """,
        release.id,
    )
    return found


async def listed(
    db: Db, board: Board | None, after: str | None, most: int, *, at: datetime | None = None
) -> list[Summary]:
    """The board's releases, or those of all boards, the newest first, from the one after the release named on.

    With a moment, only those that were out by then: the first of them was in force.
    """
    return await many(
        db,
        Summary,
        """
        SELECT releases.id, boards.slug AS board, published_at, votes, voters
        FROM releases
        JOIN boards ON boards.id = releases.board_id
        JOIN snapshots ON snapshots.id = snapshot_id
        WHERE ($1::uuid IS NULL OR releases.board_id = $1)
          AND ($2::text IS NULL
               OR (published_at, releases.id) < (SELECT published_at, id FROM releases WHERE id = $2))
          AND ($4::timestamptz IS NULL OR published_at <= $4)
        ORDER BY published_at DESC, releases.id DESC LIMIT $3
        """,
        *(board and board.id, after, most, at),
    )


async def last_snapshots(db: Db) -> list[UUID]:
    """The snapshot of each board's last release."""
    rows = await db.fetch(
        "SELECT DISTINCT ON (board_id) snapshot_id FROM releases ORDER BY board_id, published_at DESC"
    )
    return [row["snapshot_id"] for row in rows]


async def _whole(db: Db, condition: str, value: str) -> Release | None:
    head = await one(
        db,
        _Head,
        f"""
        SELECT releases.id, boards.slug AS board, published_at, votes, voters, effective_voters, method, snapshot_id
        FROM releases
        JOIN boards ON boards.id = releases.board_id
        JOIN snapshots ON snapshots.id = snapshot_id
        WHERE {condition}
        ORDER BY published_at DESC LIMIT 1
        """,  # noqa: S608 - the condition is one of the two above; its value is a parameter.
        value,
    )
    if head is None:
        return None
    told = {field: getattr(head, field) for field in (*Summary.__struct_fields__, "effective_voters", "method")}
    return Release(**told, standings=await standings.of(db, head.id, head.snapshot_id))
