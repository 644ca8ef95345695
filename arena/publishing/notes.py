"""Notes: what is new in a release beside the one before it, as data that words are made from."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from arena.db import Connection, Pool, Proxy, many, one
from arena.integration.boards import Board
from arena.integration.snapshots import Snapshot

MOST_MOVES: Final = 8
# What of a method is chosen; the rest is what came out.
CHOSEN: Final = ("methodology", "question", "model", "ties", "prior", "cluster", "level", "style", "seed", "replicates")

Db = Connection | Proxy


class Named(Struct, frozen=True):
    """A contender, as it was called."""

    contender: str
    name: str


class Retired(Named, frozen=True):
    """A contender that is drawn no more, and what was said of it."""

    note: str | None = None


class Move(Named, frozen=True, kw_only=True):
    """How far a contender's rating moved, with both intervals; a bound of None is no bound."""

    former: float
    former_lower: float | None
    former_upper: float | None
    rating: float
    lower: float | None
    upper: float | None

    @property
    def change(self) -> float:
        """In points."""
        return self.rating - self.former

    @property
    def points(self) -> int:
        """The change between the two ratings as they are shown."""
        return round(self.rating) - round(self.former)


class Change(Struct, frozen=True):
    """A choice of the method that is another one than before; None where there was none."""

    what: str
    former: str | float | int | None
    present: str | float | int | None


class Notes(Struct, frozen=True, kw_only=True):
    """What is new in a release; `previous` is the release before, None for a board's first, which has nothing new.

    `gone` were in the release before and are not in this one. `moves` are the largest changes of rating, the largest
    first, among the contenders of both.
    """

    previous: str | None = None
    previous_at: datetime | None = None
    votes: int
    former_votes: int = 0
    contenders: int
    entered: list[Named] = []
    gone: list[Named] = []
    retired: list[Retired] = []
    moves: list[Move] = []
    methodology: list[Change] = []


class _Line(Named, frozen=True, kw_only=True):
    rating: float
    lower: float | None
    upper: float | None


class _Previous(Struct, frozen=True):
    id: str
    published_at: datetime
    snapshot_id: UUID
    votes: int
    method: dict[str, Any]


async def of(db: Db, board: Board, snapshot: Snapshot) -> Notes:
    """What is new in a snapshot that is about to be released, beside the board's last release."""
    previous = await one(
        db,
        _Previous,
        """
        SELECT releases.id, published_at, snapshot_id, votes, method
        FROM releases JOIN snapshots ON snapshots.id = snapshot_id
        WHERE releases.board_id = $1 ORDER BY published_at DESC LIMIT 1
        """,
        board.id,
    )
    lines = await _lines(db, snapshot.id)
    if previous is None:
        return Notes(votes=snapshot.votes, contenders=len(lines))
    former = await _lines(db, previous.snapshot_id)
    return Notes(
        previous=previous.id,
        previous_at=previous.published_at,
        votes=snapshot.votes,
        former_votes=previous.votes,
        contenders=len(lines),
        entered=[Named(slug, line.name) for slug, line in lines.items() if slug not in former],
        gone=[Named(slug, line.name) for slug, line in former.items() if slug not in lines],
        retired=await _retired(db, snapshot.id, previous.published_at),
        moves=_moves(former, lines),
        methodology=_changes(previous.method, snapshot.method),
    )


async def kept(db: Pool, release_ids: list[str]) -> dict[str, Notes | None]:
    """What was new in each of these releases, None for one from before notes were written."""
    rows = await db.fetch("SELECT id, notes FROM releases WHERE id = ANY($1)", release_ids)
    return {row["id"]: None if row["notes"] is None else msgspec.convert(row["notes"], Notes) for row in rows}


async def _lines(db: Db, snapshot_id: UUID) -> dict[str, _Line]:
    found = await many(
        db,
        _Line,
        """
        SELECT slug AS contender, standings.name, rating, lower, upper
        FROM standings JOIN contenders ON contenders.id = contender_id
        WHERE snapshot_id = $1 ORDER BY rating DESC, slug
        """,
        snapshot_id,
    )
    return {line.contender: line for line in found}


async def _retired(db: Db, snapshot_id: UUID, since: datetime) -> list[Retired]:
    """Who of the table has been retired since then."""
    return await many(
        db,
        Retired,
        """
        SELECT slug AS contender, standings.name, endpoints.note
        FROM standings JOIN contenders ON contenders.id = standings.contender_id
        JOIN endpoints ON endpoints.contender_id = contenders.id
        WHERE snapshot_id = $1 AND endpoints.state = 'retired' AND state_since > $2 ORDER BY slug
        """,
        *(snapshot_id, since),
    )


def _moves(former: dict[str, _Line], lines: dict[str, _Line]) -> list[Move]:
    moves = [
        Move(
            contender=slug,
            name=line.name,
            former=former[slug].rating,
            former_lower=former[slug].lower,
            former_upper=former[slug].upper,
            rating=line.rating,
            lower=line.lower,
            upper=line.upper,
        )
        for slug, line in lines.items()
        if slug in former
    ]
    shown = [move for move in moves if move.points]
    return sorted(shown, key=lambda move: (-abs(move.change), move.contender))[:MOST_MOVES]


def _changes(former: dict[str, Any], present: dict[str, Any]) -> list[Change]:
    return [
        Change(what, former.get(what), present.get(what)) for what in CHOSEN if former.get(what) != present.get(what)
    ]
