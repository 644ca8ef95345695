"""Snapshots: one fit of one board, kept as it came out and never changed."""

import asyncio
import hashlib
import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
import numpy as np
from msgspec import Struct

from arena.config import Settings
from arena.db import Connection, Db, Pool, Proxy, one
from arena.evaluation import estimates, exclusions, imports, votes
from arena.evaluation.estimates import Estimates
from arena.evaluation.exclusions import Acts
from arena.evaluation.votes import Counted
from arena.integration import last_votes
from arena.integration.boards import OVERALL, Board, Source
from arena.people import voters
from rating import Standings, Tally, rate
from rating.arrays import Flags

METHODOLOGY: Final = "2"
SEED: Final = 20260101
# So many new rows are written well within the time that a statement has.
BATCH: Final = 20_000


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


class Fitted(Struct, frozen=True):
    """A board's votes as they were read, rated; `unknown` of them are their own voters.

    `counted` are the votes of battles among them, whose receipts tell of it, and `acts` what had been excluded by then.
    """

    digest: str
    standings: Standings
    unknown: int
    counted: list[UUID]
    acts: Acts


async def fit(db: Pool, board: Board, settings: Settings) -> Fitted:
    """Rate the board's votes as they are now.

    The fit runs in a thread of its own, so that whoever shares the process is not held up.
    """
    counted, acts = await _read(db, board)
    digest, standings = await asyncio.to_thread(_rate, counted, settings.replicates)
    cast_here = [] if board.source is Source.IMPORTED else [vote.id for vote in counted]
    return Fitted(digest, standings, _without_voter(counted), cast_here, acts)


async def keep(connection: Connection | Proxy, board: Board, fitted: Fitted, settings: Settings) -> Snapshot:
    """Keep what was fitted, in the caller's transaction; pairs are drawn by what the board of all votes says."""
    snapshot = await _keep(connection, board, fitted)
    await _keep_standings(connection, snapshot, fitted.standings, settings)
    await _keep_countings(connection, snapshot, fitted.counted)
    await last_votes.keep(connection, snapshot.id)
    if board.slug == OVERALL:
        await _hand_down(connection, snapshot, fitted.standings, settings)
    return snapshot


async def state(db: Db, board: Board) -> State:
    """What the board's next snapshot would be made of; a snapshot made of the same has nothing new."""
    if board.source is Source.IMPORTED:
        return State(await imports.count(db, board.id), 0)
    return State(await votes.count(db), await exclusions.count(db))


async def _read(db: Pool, board: Board) -> tuple[list[Counted], Acts]:
    """The votes that count and what had been excluded, both as of one moment."""
    if board.source is Source.IMPORTED:
        return await imports.counted(db, board.id), Acts(0, "")
    async with db.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        return await votes.counted(connection), await exclusions.acts(connection)


async def _keep_countings(connection: Connection | Proxy, snapshot: Snapshot, counted: list[UUID]) -> None:
    """Note the votes that this snapshot counts and the one before did not, and those that it does not any more.

    Both are taken as differences of sets, which PostgreSQL never finds by looking each of a million up.
    """
    await connection.execute(
        """
        UPDATE countings SET until = $1
        WHERE board_id = $2 AND until IS NULL
          AND vote_id = ANY(ARRAY(
              SELECT vote_id FROM countings WHERE board_id = $2 AND until IS NULL
              EXCEPT SELECT unnest($3::uuid[])
          ))
        """,
        snapshot.number,
        snapshot.board_id,
        counted,
    )
    rows = await connection.fetch(
        "SELECT unnest($2::uuid[]) AS id EXCEPT SELECT vote_id FROM countings WHERE board_id = $1 AND until IS NULL",
        snapshot.board_id,
        counted,
    )
    new = [row["id"] for row in rows]
    for begin in range(0, len(new), BATCH):
        await connection.execute(
            # Of two snapshots at once the first to note a vote has noted it for both.
            """
            INSERT INTO countings (vote_id, board_id, since) SELECT unnest($3::uuid[]), $2, $1
            ON CONFLICT (board_id, vote_id) WHERE until IS NULL DO NOTHING
            """,
            snapshot.number,
            snapshot.board_id,
            new[begin : begin + BATCH],
        )


def _without_voter(counted: list[Counted]) -> int:
    """How many votes are their own voters, because nobody knows who cast them."""
    return sum(vote.voter_id == vote.id for vote in counted)


def _rate(counted: list[Counted], replicates: int) -> tuple[str, Standings]:
    tally = Tally.of_votes((*vote.contenders, vote.outcome, str(vote.voter_id)) for vote in counted)
    return digest_of(counted), rate(tally, seed=SEED, replicates=replicates)


def digest_of(counted: list[Counted]) -> str:
    """SHA-256 over the canonical vote rows, in the order of the vote's ids."""
    digest = hashlib.sha256()
    for vote in sorted(counted, key=lambda vote: vote.id):
        row = [str(vote.id), *vote.contenders, vote.outcome, voters.pseudonym(vote.voter_id)]
        digest.update(msgspec.json.encode(row) + b"\n")
    return digest.hexdigest()


async def _keep(connection: Connection | Proxy, board: Board, fitted: Fitted) -> Snapshot:
    standings = fitted.standings
    snapshot = await one(
        connection,
        Snapshot,
        """
        INSERT INTO snapshots (id, board_id, votes, voters, effective_voters, digest, method, acts, exclusions,
                               taken_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, clock_timestamp())
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
    )
    assert snapshot is not None
    return snapshot


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
