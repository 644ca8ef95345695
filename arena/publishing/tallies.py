"""Tallies: the votes that releases counted, as arrays, with what the boards' questions make of them."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import numpy as np
from msgspec import Struct

from arena.db import Db, Pool, one
from arena.errors import ArenaError
from arena.evaluation import selections, style
from arena.integration.questions import Question
from arena.publishing.releases import NoSuchRelease, Release
from rating import Tally, weights
from rating.arrays import Codes, Flags, Vector
from rating.movement import Method, Shared
from rating.outcomes import CODES, Outcome

# A million votes take longer to read than any other statement may.
READ_SECONDS: Final = 120


class NotReadable(ArenaError):
    """This release was rated in a way that can't be followed vote by vote, so its numbers are not taken apart."""

    status = 409


class Source(Struct, frozen=True, kw_only=True):
    """A release as far as its votes are found by it; `number` is its snapshot's, `question` what that was asked."""

    id: str
    board_id: UUID
    number: int
    votes: int
    imported: bool
    question: Question


async def source(db: Db, release_id: str) -> Source:
    """Where the votes of this release are."""
    found = await one(
        db,
        Source,
        """
        SELECT releases.id, releases.board_id, number, votes, source = 'imported' AS imported, snapshots.question
        FROM releases JOIN snapshots ON snapshots.id = snapshot_id JOIN boards ON boards.id = releases.board_id
        WHERE releases.id = $1
        """,
        release_id,
    )
    if found is None:
        raise NoSuchRelease
    return found


async def shared(db: Pool, first: Source, second: Source) -> Shared:
    """The votes of two releases of one board, contenders by slug, with what they weigh and the form of their sides."""
    questions = first.question, second.question
    sql, ends = IMPORTED, (first.votes, second.votes)
    if not first.imported:
        styled = any(question.style for question in questions)
        form = f"LEFT {selections.FORM.strip()}" if styled else ""
        sql = COUNTED.format(form=form, features="form.features" if styled else "NULL")
        ends = first.number, second.number
    async with db.acquire() as connection, connection.transaction(readonly=True):
        await connection.execute(f"SET LOCAL statement_timeout = '{READ_SECONDS}s'")
        rows = await connection.fetch(sql, first.board_id, *ends, timeout=READ_SECONDS)
    return await asyncio.to_thread(_shared, rows, questions)


def method(release: Release, source: Source) -> Method:
    """How the release was rated, as its snapshot and its question say."""
    told, anchor = release.method, source.question.anchor
    if told["model"] != "bradley-terry":
        raise NotReadable
    reference = {} if anchor is None else {anchor.contender: 1.0}
    level = 1000.0 if anchor is None else anchor.rating
    return Method(told["ties"], told["prior"], tuple(source.question.style), reference, level)


def _shared(rows: Sequence[Iterable[Any]], questions: tuple[Question, Question]) -> Shared:
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [()] * 8
    outcome = np.array([CODES[Outcome(said)] for said in columns[2]], dtype=np.int8)
    tally = Tally.of(columns[0], columns[1], outcome, voter=[str(voter) for voter in columns[5]])
    first, second = (np.array(column, dtype=np.bool_) for column in columns[3:5])
    propensity = np.array(columns[6], dtype=np.float64)
    weighed = [
        _weight(question, tally, counted, propensity)
        for question, counted in zip(questions, (first, second), strict=True)
    ]
    features = _features(columns[7]) if any(question.style for question in questions) else {}
    return Shared(tally, (first, second), (weighed[0], weighed[1]), features)


def _weight(question: Question, tally: Tally, counted: Flags, propensity: Vector) -> Codes | None:
    """What the votes weigh in the release that counts these, as `integration.fits` has it."""
    units = np.zeros(len(tally), dtype=np.int64)
    if question.even_pairs:
        met = len(np.union1d(tally.first[counted], tally.second[counted]))
        units[counted] = weights.inverse_propensity(propensity[counted], pairs=max(1, met * (met - 1) // 2))
        return units
    if question.voter_cap is not None and tally.voter is not None:
        units[counted] = weights.capped(tally.voter[counted], question.voter_cap)
        return units
    return None


def _features(told: Sequence[Any]) -> dict[str, Vector]:
    """The style columns of both sides; what is not known of a vote is no number, which no fit at equal style takes."""
    unknown = [[np.nan] * len(style.FEATURES)] * 2
    every = np.array([unknown if sides is None else sides for sides in told], dtype=np.float64)
    every = every.reshape(len(told), 2, len(style.FEATURES))
    return {
        f"{feature}_{name}": every[:, side, place]
        for side, name in enumerate("ab")
        for place, feature in enumerate(style.FEATURES)
    }


# A vote that was left out and let in again has two spans, of which either may be a release's.
COUNTED: Final = """
        WITH counting AS (
            SELECT vote_id, bool_or(since <= $2 AND coalesce(until > $2, true)) AS first,
                   bool_or(since <= $3 AND coalesce(until > $3, true)) AS second
            FROM countings WHERE board_id = $1 GROUP BY vote_id
        )
        SELECT a.slug, b.slug, outcome, first, second, voter_id, propensity, {features}
        FROM counting
        JOIN votes ON votes.id = vote_id
        JOIN battles ON battles.id = votes.battle_id
        JOIN sides side_a ON side_a.battle_id = votes.battle_id AND side_a.position = 0
        JOIN sides side_b ON side_b.battle_id = votes.battle_id AND side_b.position = 1
        JOIN contenders a ON a.id = side_a.contender_id
        JOIN contenders b ON b.id = side_b.contender_id
        {form}
        WHERE first OR second"""
# A board of imported votes only grows, a file at a time, so that the number of its votes tells which files there were.
IMPORTED: Final = """
        WITH growing AS (
            SELECT id, sum(votes) OVER (ORDER BY number) AS votes FROM imports WHERE board_id = $1
        )
        SELECT a.slug, b.slug, outcome, votes <= $2 AS first, votes <= $3 AS second,
               voter_id, NULL, NULL
        FROM imported_votes
        JOIN growing ON growing.id = import_id
        JOIN contenders a ON a.id = contender_ids[1]
        JOIN contenders b ON b.id = contender_ids[2]
        WHERE votes <= greatest($2, $3)"""
