"""Snapshots: one fit of one board, kept as it came out and never changed."""

import asyncio
import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import numpy as np
from msgspec import Struct

from arena.config import Settings
from arena.db import Connection, Db, Pool, Proxy, one
from arena.evaluation import estimates, exclusions, imports, votes
from arena.evaluation.estimates import Estimates
from arena.evaluation.exclusions import Acts
from arena.evaluation.votes import Counted
from arena.integration import acts, boards, countings, records, rows
from arena.integration.boards import OVERALL, Board, Source
from arena.submission import contenders
from rating import Standings, rate
from rating.arrays import Flags

METHODOLOGY: Final = "3"
SEED: Final = 20260101


class Snapshot(Struct, frozen=True, kw_only=True):
    """What a fit was made of and how; its standings are rows beside it.

    Snapshots of a board are numbered in the order in which they were kept.
    """

    id: UUID
    number: int
    board_id: UUID
    votes: int
    voters: int
    effective_voters: float
    digest: str
    exclusions: str
    method: dict[str, Any]
    taken_at: datetime


class State(Struct, frozen=True):
    """What a board depends on that changes: how many votes count, and how many acts have excluded or lifted any."""

    votes: int
    acts: int


class Selected(Struct, frozen=True):
    """What a snapshot is made of, all of it as of one moment: the votes, and what had been excluded.

    `imports` is how many files the votes came in, and `names` what is published for a contender's slug where that is
    not the slug itself.
    """

    counted: list[Counted]
    acts: Acts = Acts(0, "")
    imports: int = 0
    names: Mapping[str, str] = {}


class Fitted(Struct, frozen=True):
    """A board's votes as they were read, rated; `unknown` of them are their own voters.

    `counted` are the votes of battles among them, whose receipts tell of it, and `acts` what had been excluded by then.
    `standings` has contenders by their slugs.
    """

    digest: str
    standings: Standings
    unknown: int
    counted: list[UUID]
    acts: Acts
    record: dict[str, Any]
    imports: int = 0


async def fit(db: Pool, board: Board, settings: Settings) -> Fitted:
    """Rate the board's votes as they are now.

    The fit runs in a thread of its own, so that whoever shares the process is not held up.
    """
    selected = await _read(db, board)
    digest, standings, record = await asyncio.to_thread(_rate, selected, settings.replicates)
    cast_here = [] if board.source is Source.IMPORTED else [vote.id for vote in selected.counted]
    return Fitted(
        *(digest, standings, _without_voter(selected.counted), cast_here, selected.acts, record),
        imports=selected.imports,
    )


async def keep(connection: Connection | Proxy, board: Board, fitted: Fitted, settings: Settings) -> Snapshot:
    """Keep what was fitted, in the caller's transaction; pairs are drawn by what the board of all votes says."""
    snapshot = await _keep(connection, board, fitted)
    await _keep_standings(connection, snapshot, fitted.standings, settings)
    await countings.keep(connection, snapshot.board_id, snapshot.number, fitted.counted)
    await acts.keep(connection, snapshot.board_id, snapshot.number, fitted.acts.known)
    if board.slug == OVERALL:
        await _hand_down(connection, snapshot, fitted.standings, settings)
    return snapshot


async def state(db: Db, board: Board) -> State:
    """What the board's next snapshot would be made of; a snapshot made of the same has nothing new."""
    if board.source is Source.IMPORTED:
        return State(await imports.count(db, board.id), 0)
    return State(await votes.count(db), await exclusions.count(db))


async def _read(db: Pool, board: Board) -> Selected:
    async with db.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        if board.source is Source.BATTLES:
            return Selected(await votes.counted(connection), await exclusions.acts(connection))
        return Selected(
            await imports.counted(connection, board.id),
            imports=await imports.came(connection, board.id),
            names=await contenders.names(connection, f"{board.slug}--"),
        )


def _without_voter(counted: list[Counted]) -> int:
    """How many votes are their own voters, because nobody knows who cast them."""
    return sum(vote.voter == vote.vote for vote in counted)


def _rate(selected: Selected, replicates: int) -> tuple[str, Standings, dict[str, Any]]:
    """Digest, standings and record of the rows that are published, so that a stranger's are the same to the bit.

    The order of the votes is that of their names, as it is in what is published.
    """
    told = sorted((rows.published(vote, selected.names) for vote in selected.counted), key=lambda row: row.vote)
    tally = rows.tally(told)
    standings = rate(tally, seed=SEED, replicates=replicates)
    slugs = {name: slug for slug, name in selected.names.items()}
    contenders = tuple(slugs.get(name, name) for name in standings.contenders)
    return rows.digest(told), replace(standings, contenders=contenders), records.of(tally, standings)


async def _keep(connection: Connection | Proxy, board: Board, fitted: Fitted) -> Snapshot:
    standings = fitted.standings
    snapshot = await one(
        connection,
        Snapshot,
        """
        INSERT INTO snapshots (id, board_id, votes, voters, effective_voters, digest, method, acts, exclusions,
                               imports, record, taken_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, clock_timestamp())
        RETURNING id, number, board_id, votes, voters, effective_voters, digest, exclusions, method, taken_at
        """,
        uuid4(),
        board.id,
        int(standings.votes.sum()) // 2,
        standings.voters,
        standings.effective_voters,
        fitted.digest,
        {
            "methodology": METHODOLOGY,
            **standings.method,
            "error_bound": standings.error_bound,
            "bootstrap_ratio": standings.bootstrap_ratio,
            "votes_without_voter": fitted.unknown,
        },
        fitted.acts.count,
        fitted.acts.digest,
        fitted.imports,
        records.spelled(await _recorded(connection, board, fitted)),
    )
    assert snapshot is not None
    return snapshot


async def _recorded(connection: Connection | Proxy, board: Board, fitted: Fitted) -> dict[str, Any]:
    """The whole record: what it was made of is told beside what came out, and which record came before it."""
    standings = fitted.standings
    previous = await connection.fetchval(
        "SELECT record FROM snapshots WHERE board_id = $1 ORDER BY number DESC LIMIT 1", board.id
    )
    return fitted.record | {
        "board": boards.configuration(board),
        "methodology": METHODOLOGY,
        "seed": SEED,
        "votes": {
            "count": int(standings.votes.sum()) // 2,
            "columns": list(rows.COLUMNS),
            "digest": fitted.digest,
            "voters": standings.voters,
            "without_voter": fitted.unknown,
        },
        "exclusions": {"acts": fitted.acts.count, "digest": fitted.acts.digest},
        "previous": None if previous is None else records.hashed(previous),
    }


async def _keep_standings(
    connection: Connection | Proxy, snapshot: Snapshot, standings: Standings, settings: Settings
) -> None:
    await connection.executemany(
        """
        INSERT INTO standings (snapshot_id, contender_id, name, organisation, theta, rating, lower, upper,
                               rank_lower, rank_upper, votes, status, separation, "group", licence, open_weights,
                               parameters_billions, kind, party, prompt_price, answer_price)
        SELECT $1, contenders.id, name, organisation, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, licence, open_weights,
               parameters_billions, kind, party, prompt_price, answer_price
        FROM contenders LEFT JOIN endpoints ON contender_id = contenders.id
        WHERE slug = $2
        """,
        [(snapshot.id, *row) for row in _rows(standings, settings)],
    )


async def _hand_down(
    connection: Connection | Proxy, snapshot: Snapshot, standings: Standings, settings: Settings
) -> None:
    rows = await connection.fetch("SELECT slug, id FROM contenders WHERE slug = ANY($1)", list(standings.contenders))
    ids: dict[str, UUID] = {row["slug"]: row["id"] for row in rows}
    await estimates.hand_down(
        connection,
        Estimates(
            version=snapshot.id,
            contender_ids=[ids[slug] for slug in standings.contenders],
            theta=standings.theta,
            settled=_established(standings, settings),
            groups=standings.group,
            votes=standings.votes,
            covariance=standings.covariance,
        ),
    )


def _established(standings: Standings, settings: Settings) -> Flags:
    narrow = (standings.upper - standings.lower) / 2 < settings.established_half_width
    return np.asarray((standings.votes >= settings.established_votes) & narrow)


def _rows(standings: Standings, settings: Settings) -> Iterator[tuple[object, ...]]:
    established = _established(standings, settings)
    for place, contender in enumerate(standings.contenders):
        rating, lower, upper = (float(values[place]) for values in (standings.rating, standings.lower, standings.upper))
        yield (
            contender,
            float(standings.theta[place]),
            rating,
            _bound(lower),
            _bound(upper),
            int(standings.rank_lower[place]),
            int(standings.rank_upper[place]),
            int(standings.votes[place]),
            "established" if established[place] else "provisional",
            standings.standing[place].value,
            int(standings.group[place]),
        )


def _bound(value: float) -> float | None:
    """An end of an interval, or None where there is none."""
    return value if math.isfinite(value) else None
