"""Snapshots: one fit of one board, kept as it came out and never changed."""

import asyncio
import hashlib
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

import msgspec
from msgspec import Struct

from arena.config import Settings
from arena.db import Connection, Db, Pool, Proxy, one
from arena.evaluation import categories, estimates, exclusions, imports, selections, style, tags, votes
from arena.evaluation.estimates import Estimates
from arena.evaluation.exclusions import Acts
from arena.evaluation.votes import Counted
from arena.integration import fits, lines
from arena.integration.boards import OVERALL, Board, Source
from arena.integration.fits import SEED as SEED
from arena.integration.questions import Question
from arena.people import voters
from rating import Standings
from rating.arrays import Codes

# The version of our arithmetic; that of what a board asks is the board's own.
METHODOLOGY: Final = "3"
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
    question: Question
    methodology: int
    taken_at: datetime


class State(Struct, frozen=True):
    """What a board depends on that changes.

    That is how many votes it asks for and how many acts have excluded or lifted any, the version of its question, and
    by which rules prompts and answers are sorted, with how many that are still to be, as far as it asks for that.
    """

    votes: int
    acts: int
    methodology: int = 1
    rules: str = ""


class Fitted(Struct, frozen=True):
    """A board's votes as they were read, rated; `unknown` of them are their own voters, `votes` each contender's.

    `counted` are the votes of battles among them, whose receipts tell of it, and `acts` what had been excluded by then.
    """

    digest: str
    standings: Standings
    votes: Codes
    unknown: int
    counted: list[UUID]
    acts: Acts
    rules: str


async def fit(db: Pool, board: Board, settings: Settings) -> Fitted:
    """Rate the board's votes as they are now.

    The fit runs in a thread of its own, so that whoever shares the process is not held up.
    """
    rules = await _rules(db, board)
    counted, acts = await selected(db, board)
    digest, standings, each = await asyncio.to_thread(_rate, counted, board.question, settings.replicates)
    cast_here = [] if board.source is Source.IMPORTED else [vote.id for vote in counted]
    return Fitted(digest, standings, each, _without_voter(counted), cast_here, acts, rules)


async def keep(connection: Connection | Proxy, board: Board, fitted: Fitted, settings: Settings) -> Snapshot:
    """Keep what was fitted, in the caller's transaction; pairs are drawn by what the board of all votes says."""
    snapshot = await _keep(connection, board, fitted)
    await lines.keep(connection, snapshot.id, board.question, fitted.standings, fitted.votes, settings)
    await _keep_countings(connection, snapshot, fitted.counted)
    if board.slug == OVERALL:
        await _hand_down(connection, snapshot, fitted.standings, settings)
    return snapshot


async def state(db: Db, board: Board) -> State:
    """What the board's next snapshot would be made of; a snapshot made of the same has nothing new."""
    if board.source is Source.IMPORTED:
        return State(await imports.count(db, board.id), 0, board.methodology)
    asked = board.question
    counted = await votes.count(db) if asked.whole else await selections.count(db, asked)
    return State(counted, await exclusions.count(db, asked), board.methodology, await _rules(db, board))


async def mark(db: Db, board: Board) -> str:
    """What the board's state depends on, in a word, at much less cost: as long as it is the same, so is the state."""
    if board.source is Source.IMPORTED:
        return f"{await imports.count(db, board.id)} {board.methodology}"
    acts = await exclusions.count(db)
    return f"{await votes.count(db)} {acts} {board.methodology} {await _rules(db, board)}"


async def selected(db: Pool, board: Board) -> tuple[list[Counted], Acts]:
    """The votes that the board asks for and what had been excluded of them, both as of one moment."""
    if board.source is Source.IMPORTED:
        return await imports.counted(db, board.id), Acts(0, "")
    async with db.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        return await votes.counted(connection, board.question), await exclusions.acts(connection, board.question)


async def _rules(db: Db, board: Board) -> str:
    """By which rules prompts and answers are sorted, and how many wait for them, as far as the board asks for that."""
    asked, rules = board.question, []
    if asked.category is not None or asked.language is not None:
        rules += [categories.CLASSIFIER, str(await tags.waiting(db))]
    if asked.style or not asked.refusals:
        rules += [style.VERSION, str(await style.waiting(db))]
    return " ".join(rules)


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


def _rate(counted: list[Counted], question: Question, replicates: int) -> tuple[str, Standings, Codes]:
    standings = fits.rate(counted, question, replicates=replicates)
    return digest_of(counted), standings, fits.votes_each(counted, standings.contenders)


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
                               question, methodology, rules, taken_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, clock_timestamp())
        RETURNING id, number, board_id, votes, voters, effective_voters, digest, exclusions, method, question,
                  methodology, taken_at
        """,
        uuid4(),
        board.id,
        int(fitted.votes.sum()) // 2,
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
        board.question,
        board.methodology,
        fitted.rules,
    )
    assert snapshot is not None
    return snapshot


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
            settled=lines.established(standings, settings),
            groups=standings.group,
            votes=standings.votes,
            covariance=standings.covariance,
        ),
    )
