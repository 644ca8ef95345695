"""Boards: named questions put to the votes."""

import re
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct, structs

from arena.db import Connection, Db, Pool, Proxy, many, one
from arena.errors import ArenaError, NotFound
from arena.evaluation.pacing import Pace
from arena.integration import board_acts, questions, schedules
from arena.integration.questions import Question, QuestionRefused
from arena.integration.questions import Source as Source
from arena.nearest import nearest

COLUMNS = """
    id, slug, name, description, cron, source, attribution, pace, question, methodology, calendar, archived_at"""
IMPORTED = "Votes that were cast elsewhere and brought in; nobody cast them here."
HOURLY = "0 * * * *"
OFTEN: Final = "*/10 * * * *"
# Two hyphens part a board from a contender of it, and the rest of the contender's slug needs room.
SLUG: Final = re.compile(r"(?!.*--)[a-z0-9][a-z0-9.-]{0,59}")
OVERALL = "overall"  # The board that counts every vote here, and whose standings pairs are drawn by.


class NoSuchBoard(NotFound):
    """There is no board of this name."""


class BoardRefused(ArenaError):
    """A board can't be like this."""

    status = 400


class BoardExists(ArenaError):
    """There is such a board already."""

    status = 409


class NotAnArchive(ArenaError):
    """This board counts the votes of battles, so none can be brought in from outside."""

    status = 409


class Group(StrEnum):
    """What boards are listed together, in this order."""

    OVERALL = "overall"
    CATEGORIES = "categories"
    LANGUAGES = "languages"
    VIEWS = "views"
    JUDGES = "judges"
    IMPORTED = "imported"


class Board(Struct, frozen=True, kw_only=True):
    """A board: what it is called, what it asks, and when it is looked after; `attribution` credits imported votes.

    `methodology` counts the questions that the board has asked, so that whoever compares releases knows of a change.
    `calendar` says when it is released, as publishing/calendars.py reads it; `archived_at` since when it has been put
    away for want of votes.
    """

    id: UUID
    slug: str
    name: str
    description: str
    cron: str
    source: Source = Source.BATTLES
    attribution: str | None = None
    pace: Pace = Pace.LOCKSTEP
    question: Question = Question()
    methodology: int = 1
    calendar: str = "at once"
    archived_at: datetime | None = None

    @property
    def group(self) -> Group:
        """Where the board stands in a list of boards."""
        if self.source is Source.IMPORTED:
            return Group.IMPORTED
        if not self.source.released:
            return Group.JUDGES
        if self.slug == OVERALL:
            return Group.OVERALL
        if self.question == Question(category=self.question.category):
            return Group.CATEGORIES
        return Group.LANGUAGES if self.question == Question(language=self.question.language) else Group.VIEWS


class New(Struct, frozen=True, kw_only=True):
    """A board that is to be made of the votes of battles, of verdicts on them, or of both."""

    slug: str
    name: str
    description: str
    cron: str
    question: Question
    source: Source = Source.BATTLES


class Change(Struct, frozen=True, kw_only=True):
    """What is to be another way about a board; None stays as it is."""

    name: str | None = None
    description: str | None = None
    cron: str | None = None
    pace: Pace | None = None
    question: Question | None = None
    calendar: str | None = None


async def listed(db: Db) -> list[Board]:
    """Every board by its group, the oldest of each first."""
    found = await many(db, Board, f"SELECT {COLUMNS} FROM boards ORDER BY created_at, slug")  # noqa: S608 - a constant
    return sorted(found, key=lambda board: list(Group).index(board.group))


async def find(db: Db, slug: str) -> Board | None:
    """The board of this slug, if there is one."""
    return await one(db, Board, f"SELECT {COLUMNS} FROM boards WHERE slug = $1", slug)  # noqa: S608 - a constant


async def require(db: Db, slug: str) -> Board:
    """The board of this slug."""
    board = await find(db, slug)
    if board is None:
        raise await _missing(db, slug)
    return board


async def _missing(db: Db, slug: str) -> NoSuchBoard:
    names = {name: board.slug for board in await listed(db) for name in (board.name, board.slug)}
    near = nearest(slug, names)
    if near is None:
        return NoSuchBoard("There is no board called “{name}”.", name=slug[:100])
    return NoSuchBoard("There is no board called “{name}”. The nearest is {near}.", name=slug[:100], near=names[near])


def configuration(board: Board) -> dict[str, Any]:
    """What of a board makes its releases what they are, so that it is in their ids."""
    return {"methodology": board.methodology, "question": msgspec.to_builtins(board.question), "slug": board.slug}


async def open_archive(db: Connection | Proxy, slug: str, *, name: str | None, attribution: str | None) -> Board:
    """The board of imported votes of this slug, made if need be, and held until the caller's transaction ends.

    A name given replaces the one before; an attribution is added to those before, as all of them stay due.
    """
    board = await one(
        db,
        Board,
        f"""
        INSERT INTO boards (slug, name, description, cron, source, attribution)
        VALUES ($1, coalesce($2, $1), $3, $4, 'imported', $5)
        ON CONFLICT (slug) DO UPDATE SET
            name = coalesce($2, boards.name),
            attribution = CASE
                WHEN position($5 IN boards.attribution) > 0 THEN boards.attribution
                ELSE nullif(concat_ws(' ', boards.attribution, $5), '')
            END
        WHERE boards.source = 'imported'
        RETURNING {COLUMNS}
        """,  # noqa: S608 - a constant
        slug,
        name,
        IMPORTED,
        HOURLY,
        attribution,
    )
    if board is None:
        raise NotAnArchive(
            "“{slug}” counts the votes of battles. Choose another --board for votes from outside.", slug=slug
        )
    return board


async def make(db: Pool, new: New, *, reason: str, account_id: UUID | None) -> Board:
    """Make a board of what battles gave; the act is kept with its reason, and without an account is the arena's."""
    if not SLUG.fullmatch(new.slug):
        raise BoardRefused(
            "“{slug}” can't name a board: at most 60 of a–z, 0–9, dots and single hyphens, the first no hyphen or dot.",
            slug=new.slug[:100],
        )
    if new.source is Source.IMPORTED:
        raise BoardRefused("A board of imported votes is made by bringing them in: arena import votes.")
    async with db.acquire() as connection, connection.transaction():
        question = await _asked(connection, new.source, new.question)
        board = await one(
            connection,
            Board,
            f"""
            INSERT INTO boards (slug, name, description, cron, question, source) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (slug) DO NOTHING RETURNING {COLUMNS}
            """,  # noqa: S608 - a constant
            *(new.slug, new.name, new.description, schedules.read(new.cron), question, new.source),
        )
        if board is None:
            raise BoardExists("There is a board called “{slug}” already.", slug=new.slug)
        await board_acts.record(connection, board.id, "made", ("", question.canonical), reason, account_id)
    return board


async def change(db: Pool, slug: str, wanted: Change, *, reason: str, account_id: UUID) -> Board:
    """Change what is given of a board; each change is an act, kept with its reason, and what is so already is none.

    Another question is another methodology. Battles under way keep the pace that they began with.
    """
    async with db.acquire() as connection, connection.transaction():
        former = await one(connection, Board, f"SELECT {COLUMNS} FROM boards WHERE slug = $1 FOR UPDATE", slug)  # noqa: S608 - a constant
        if former is None:
            return await require(connection, slug)
        present = await _changed(connection, former, wanted)
        await connection.execute(
            """
            UPDATE boards SET name = $2, description = $3, cron = $4, pace = $5, question = $6, methodology = $7,
                              calendar = $8
            WHERE id = $1
            """,
            *(former.id, present.name, present.description, present.cron, present.pace),
            *(present.question, present.methodology, present.calendar),
        )
        for what in Change.__struct_fields__:
            told = _told(former, what), _told(present, what)
            if told[0] != told[1]:
                await board_acts.record(connection, former.id, what, told, reason, account_id)
    return present


async def _changed(db: Connection | Proxy, former: Board, wanted: Change) -> Board:
    given = {name: value for name, value in structs.asdict(wanted).items() if value is not None}
    if wanted.cron is not None:
        given["cron"] = schedules.read(wanted.cron)
    if wanted.question is not None:
        given["question"] = await _asked(db, former.source, wanted.question)
    present = structs.replace(former, **given)
    if wanted.calendar not in (None, former.calendar) and not former.source.released:
        raise BoardRefused("A board that judges have a part in is never released, so it has no calendar.")
    if present.question == former.question:
        return present
    if former.slug == OVERALL and not present.question.whole:
        raise BoardRefused(
            "“overall” counts every vote, and pairs are drawn by it. Make another board for some of them."
        )
    return structs.replace(present, methodology=former.methodology + 1)


async def _asked(db: Connection | Proxy, source: Source, question: Question) -> Question:
    """The question as it can be put to votes from there."""
    anchor = question.anchor
    if anchor and not await db.fetchval("SELECT true FROM contenders WHERE slug = $1", anchor.contender):
        raise QuestionRefused("There is no contender “{name}” to anchor the scale at.", name=anchor.contender[:100])
    return questions.asked_of(source, question)


def _told(board: Board, what: str) -> str:
    return board.question.canonical if what == "question" else str(getattr(board, what))


async def due(db: Db, now: datetime) -> list[str]:
    """The boards whose schedule has called since it last did, which is noted; a new one is called at once."""
    rows = await db.fetch("SELECT slug, cron, looked_at FROM boards")
    called = [
        row["slug"]
        for row in rows
        if row["looked_at"] is None or schedules.following(row["cron"], row["looked_at"]) <= now
    ]
    await db.execute("UPDATE boards SET looked_at = $2 WHERE slug = ANY($1)", called, now)
    return called


async def seen(db: Db, board: Board) -> str | None:
    """What the votes were like when the board was last found up to date."""
    mark: str | None = await db.fetchval("SELECT seen FROM boards WHERE id = $1", board.id)
    return mark


async def note(db: Db, board: Board, mark: str) -> None:
    """The board is up to date with votes that are like this."""
    await db.execute("UPDATE boards SET seen = $2 WHERE id = $1", board.id, mark)
