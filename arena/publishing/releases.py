"""Releases: snapshots made public, named by what they were computed from."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import msgspec
from msgspec import Struct

from arena.config import Settings
from arena.db import Db, Pool, many, one
from arena.errors import NotFound
from arena.integration import ledger_checks, snapshots
from arena.integration.boards import Board
from arena.integration.snapshots import METHODOLOGY, SEED, Snapshot, State
from arena.publishing import leases
from arena.together import Together

MOST_KEPT = 16


class NoSuchRelease(NotFound):
    """There is no release of this id."""


class Standing(Struct, frozen=True, kw_only=True):
    """A contender's line in a release; a bound of None is no bound.

    What its card said is as it was when the numbers were fitted; prices are for a million tokens.
    """

    contender: str
    name: str
    organisation: str
    rating: float
    lower: float | None
    upper: float | None
    rank_lower: int
    rank_upper: int
    votes: int
    status: Literal["provisional", "established"]
    separation: Literal["settled", "unbeaten", "winless", "separated"]
    group: int
    licence: str
    open_weights: bool | None
    parameters_billions: float | None
    kind: str | None
    party: Literal["first", "third"] | None
    prompt_price: float | None
    answer_price: float | None


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
    made_of = {
        "board": board.slug,
        "exclusions": [exclusions] if exclusions else [],
        "methodology": METHODOLOGY,
        "seed": SEED,
        "votes": digest,
    }
    return hashlib.sha256(msgspec.json.encode(made_of, order="sorted")).hexdigest()


async def publish(db: Db, snapshot: Snapshot, board: Board) -> str:
    """Make a snapshot public and name it; what was published already stays as it is.

    It is public from now on, not from the beginning of the transaction, which was before the fit.
    """
    release_id = name(snapshot.digest, snapshot.exclusions, board)
    await db.execute(
        """
        INSERT INTO releases (id, board_id, snapshot_id, published_at) VALUES ($1, $2, $3, clock_timestamp())
        ON CONFLICT (id) DO NOTHING
        """,
        release_id,
        board.id,
        snapshot.id,
    )
    return release_id


async def wait(db: Db, board: Board, settings: Settings, *, now: datetime | None = None) -> timedelta:
    """How long until the board may be released again; nothing, if it may be now.

    `now` is the database's unless told otherwise, as the releases' own times are.
    """
    since: timedelta | None = await db.fetchval(
        "SELECT coalesce($2::timestamptz, now()) - max(published_at) FROM releases WHERE board_id = $1", board.id, now
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
        SELECT votes, acts FROM releases JOIN snapshots ON snapshots.id = snapshot_id
        WHERE releases.board_id = $1 ORDER BY published_at DESC LIMIT 1
        """,
        board.id,
    )
    return await snapshots.state(db, board) != (released or State(0, 0))


async def refresh(db: Pool, board: Board, settings: Settings) -> str:
    """Take a snapshot of the board and publish it, unless these votes are published already; the release's name.

    One at a time for each board (leases.Busy while another one does), so that an older fit never ends after a newer
    one. The lock is the transaction's that keeps and publishes, so who has lost it can't write any more. It goes with a
    worker that dies; from one that is stopped, whoever comes 20 s later takes it. ledger.Broken where the ledger was
    found to be changed: then nothing is released.
    """
    await ledger_checks.require_whole(db)
    async with db.acquire() as connection, connection.transaction():
        await leases.take(connection, board)
        fitted = await leases.awake(connection, snapshots.fit(db, board, settings))
        release_id = name(fitted.digest, fitted.acts.digest, board)
        if await connection.fetchval("SELECT true FROM releases WHERE id = $1", release_id):
            return release_id
        return await publish(connection, await snapshots.keep(connection, board, fitted, settings), board)


async def latest(db: Db, board: str) -> Release | None:
    """The board's last release, or None before the first."""
    return await _whole(db, "boards.slug = $1", board)


class Latest:
    """The boards' last releases, read whole once by this process; which one is the last is asked each time."""

    def __init__(self, db: Pool) -> None:
        self._db = db
        self._names = Together(self._last)
        self._whole: dict[str, Release] = {}

    async def of(self, board: str) -> Release | None:
        """The board's last release, or None before the first."""
        last = await self._names.ask(board)
        if last is None:
            return None
        if last not in self._whole:
            while len(self._whole) >= MOST_KEPT:
                del self._whole[next(iter(self._whole))]
            self._whole[last] = await require(self._db, last)
        return self._whole[last]

    async def _last(self, slugs: list[str]) -> list[str | None]:
        rows = await self._db.fetch(
            """
            SELECT slug, (SELECT id FROM releases WHERE board_id = boards.id ORDER BY published_at DESC LIMIT 1) AS last
            FROM boards WHERE slug = ANY($1)
            """,
            list(set(slugs)),
        )
        last = {row["slug"]: row["last"] for row in rows}
        return [last.get(slug) for slug in slugs]


async def require(db: Db, release_id: str) -> Release:
    """The release of this id."""
    release = await _whole(db, "releases.id = $1", release_id)
    if release is None:
        raise NoSuchRelease
    return release


async def listed(db: Db, board: Board, after: str | None, most: int) -> list[Summary]:
    """The board's releases, the newest first, from the one after the release named on."""
    return await many(
        db,
        Summary,
        """
        SELECT releases.id, boards.slug AS board, published_at, votes, voters
        FROM releases
        JOIN boards ON boards.id = releases.board_id
        JOIN snapshots ON snapshots.id = snapshot_id
        WHERE releases.board_id = $1
          AND ($2::text IS NULL
               OR (published_at, releases.id) < (SELECT published_at, id FROM releases WHERE id = $2))
        ORDER BY published_at DESC, releases.id DESC LIMIT $3
        """,
        board.id,
        after,
        most,
    )


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
    return Release(
        id=head.id,
        board=head.board,
        published_at=head.published_at,
        votes=head.votes,
        voters=head.voters,
        effective_voters=head.effective_voters,
        method=head.method,
        standings=await _standings(db, head.snapshot_id),
    )


async def _standings(db: Db, snapshot_id: UUID) -> list[Standing]:
    return await many(
        db,
        Standing,
        """
        SELECT slug AS contender, standings.name, standings.organisation, rating, lower, upper, rank_lower, rank_upper,
               votes, status, separation, "group", standings.licence, standings.open_weights,
               standings.parameters_billions, standings.kind, standings.party, prompt_price, answer_price
        FROM standings JOIN contenders ON contenders.id = contender_id
        WHERE snapshot_id = $1
        ORDER BY "group", rating DESC, slug
        """,
        snapshot_id,
    )
