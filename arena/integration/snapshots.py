"""Snapshots: one fit of one board, kept as it came out and never changed."""

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from msgspec import Struct

from arena.config import Settings
from arena.db import Connection, Db, Pool, Proxy, one
from arena.evaluation import benches, categories, estimates, exclusions, imports, selections, style, tags, votes
from arena.evaluation.estimates import Estimates
from arena.evaluation.exclusions import Acts
from arena.evaluation.votes import Counted
from arena.integration import (
    acts,
    boards,
    combined,
    countings,
    fits,
    last_votes,
    lines,
    material,
    meetings,
    records,
    rows,
)
from arena.integration.boards import OVERALL, Board, Source
from arena.integration.fits import SEED as SEED
from arena.integration.material import Selected
from arena.integration.questions import Question
from rating import Standings
from rating.arrays import Codes
from rating.meetings import Meetings

# The version of our arithmetic; that of what a board asks is the board's own.
METHODOLOGY: Final = "3"
COLUMNS: Final = """id, number, board_id, votes, voters, effective_voters, digest, exclusions, method, question,
        methodology, taken_at"""


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
    `standings` has contenders by their slugs. `judged` is what judges had a part in, and how much they were believed.
    """

    digest: str
    standings: Standings
    votes: Codes
    met: Meetings
    unknown: int
    counted: list[UUID]
    acts: Acts
    rules: str
    record: dict[str, Any]
    imports: int = 0
    judged: dict[str, Any] | None = None


async def fit(db: Pool, board: Board, settings: Settings, *, until: datetime | None = None) -> Fitted:
    """Rate the board's votes as they are now, or those of them that had been cast by a moment.

    The fit runs in a thread of its own, so that whoever shares the process is not held up.
    """
    rules = await _rules(db, board)
    found = await material.selected(db, board, until=until)
    digest, standings, each, met, record, judged = await asyncio.to_thread(_rate, found, board, settings.replicates)
    cast_here = [vote.id for vote in found.counted] if board.source in (Source.BATTLES, Source.COMBINED) else []
    return Fitted(
        *(digest, standings, each, met, _without_voter(found.counted), cast_here, found.acts, rules, record),
        imports=found.imports,
        judged=judged,
    )


async def keep(connection: Connection | Proxy, board: Board, fitted: Fitted, settings: Settings) -> Snapshot:
    """Keep what was fitted, in the caller's transaction; pairs are drawn by what the board of all votes says."""
    snapshot = await _keep(connection, board, fitted)
    await lines.keep(connection, snapshot.id, board.question, fitted.standings, fitted.votes, settings)
    await countings.keep(connection, snapshot.board_id, snapshot.number, fitted.counted)
    await acts.keep(connection, snapshot.board_id, snapshot.number, fitted.acts.known)
    await meetings.keep(connection, snapshot.id, fitted.met, fitted.standings)
    await last_votes.keep(connection, snapshot.id, snapshot.votes)
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


async def last(db: Db, board: Board) -> Snapshot | None:
    """The board's latest snapshot, released or not."""
    return await one(
        db,
        Snapshot,
        f"SELECT {COLUMNS} FROM snapshots WHERE board_id = $1 ORDER BY number DESC LIMIT 1",  # noqa: S608 - a constant
        board.id,
    )


async def require(db: Db, snapshot_id: UUID) -> Snapshot:
    """The snapshot of this id, which is known to be there."""
    found = await one(db, Snapshot, f"SELECT {COLUMNS} FROM snapshots WHERE id = $1", snapshot_id)  # noqa: S608 - a constant
    assert found is not None
    return found


async def mark(db: Db, board: Board) -> str:
    """What the board's state depends on, in a word, at much less cost: as long as it is the same, so is the state."""
    if board.source is Source.IMPORTED:
        return f"{await imports.count(db, board.id)} {board.methodology}"
    acts = await exclusions.count(db)
    return f"{await votes.count(db)} {acts} {board.methodology} {await _rules(db, board)}"


async def _rules(db: Db, board: Board) -> str:
    """By which rules prompts and answers are sorted, and how many wait for them, as far as the board asks for that."""
    asked, rules = board.question, []
    if asked.category is not None or asked.language is not None:
        rules += [categories.CLASSIFIER, str(await tags.waiting(db))]
    if asked.style or not asked.refusals:
        rules += [style.VERSION, str(await style.waiting(db))]
    if not board.source.released:
        heard = await benches.count(db, asked)
        rules += ["verdicts", str(heard.verdicts), heard.mark]
    return " ".join(rules)


def _without_voter(counted: list[Counted]) -> int:
    """How many votes are their own voters, because nobody knows who cast them."""
    return sum(vote.voter == vote.vote for vote in counted)


def _rate(
    selected: Selected, board: Board, replicates: int
) -> tuple[str, Standings, Codes, Meetings, dict[str, Any], dict[str, Any] | None]:
    """Digest, standings, votes, meetings and record of the rows that are published, so that a stranger's are the same.

    The order of the votes is that of their names, as it is in what is published.
    """
    question, judged = board.question, None
    counted = sorted(selected.counted, key=lambda vote: vote.vote.hex)
    told = [rows.published(vote, selected.names) for vote in counted]
    standings = fits.rate(told, question, replicates=replicates)
    if board.source is Source.COMBINED:
        standings, judged = combined.join(standings, counted, selected.heard, question)
    elif board.source is Source.JUDGE:
        judged = combined.told(selected.heard)
    standings = fits.anchored(standings, question)
    each = fits.votes_each(told, standings.contenders)
    tally = rows.tally(told)
    record = records.of(tally, standings)
    slugs = {name: slug for slug, name in selected.names.items()}
    contenders = tuple(slugs.get(name, name) for name in standings.contenders)
    met = meetings.of(tally, standings.contenders, contenders)
    digest = rows.digest(told) if judged is None else combined.digest(told, selected.heard)
    return digest, replace(standings, contenders=contenders), each, met, record, judged


async def _keep(connection: Connection | Proxy, board: Board, fitted: Fitted) -> Snapshot:
    standings = fitted.standings
    snapshot = await one(
        connection,
        Snapshot,
        f"""
        INSERT INTO snapshots (id, board_id, votes, voters, effective_voters, digest, method, acts, exclusions,
                               question, methodology, rules, imports, record, taken_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, clock_timestamp())
        RETURNING {COLUMNS}
        """,  # noqa: S608 - a constant
        uuid4(),
        board.id,
        int(fitted.votes.sum()) // 2,
        standings.voters,
        standings.effective_voters,
        fitted.digest,
        {
            "methodology": METHODOLOGY,
            "question": board.methodology,
            **standings.method,
            "error_bound": standings.error_bound,
            "bootstrap_ratio": standings.bootstrap_ratio,
            "votes_without_voter": fitted.unknown,
            **({} if fitted.judged is None else {"judged": fitted.judged}),
        },
        fitted.acts.count,
        fitted.acts.digest,
        board.question,
        board.methodology,
        fitted.rules,
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
            "count": int(fitted.votes.sum()) // 2,
            "columns": [*rows.COLUMNS, *(rows.FORM if board.question.style else ())],
            "digest": fitted.digest,
            "voters": standings.voters,
            "without_voter": fitted.unknown,
        },
        "exclusions": {"acts": fitted.acts.count, "digest": fitted.acts.digest},
        **({} if fitted.judged is None else {"judged": fitted.judged}),
        "previous": None if previous is None else records.hashed(previous),
    }


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
