"""Boards whose tables are out of date and still shown as if they were not."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from arena.db import many
from arena.integration import schedules
from arena.publishing import calendars
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
# What the clock does may be so late.
LATE: Final = timedelta(minutes=10)
# So long votes are fresh, and with fewer fresh ones a board tells of the past.
FRESH: Final = timedelta(days=30)
FEWEST_FRESH: Final = 30
STALE: Final = "D3"


class _Board(Struct, frozen=True):
    slug: str
    name: str
    votes: int


@check(
    STALE,
    Smell.DEPRECATED,
    Entity.TASK,
    Entity.RANKING_TABLE,
    severity=Severity.WARN,
    every=timedelta(hours=6),
    seconds=60,
    threshold="Fewer than 30 votes that count in 30 days, on a board that has had 30.",
)
async def stale_boards(scene: Scene) -> list[Sighting]:
    """Every board that is shown as current rests on votes of the last 30 days, too."""
    found = await many(
        scene.db,
        _Board,
        """
        SELECT slug, boards.name, recent.votes
        FROM boards
        JOIN LATERAL (
            SELECT snapshot_id FROM releases WHERE board_id = boards.id ORDER BY published_at DESC LIMIT 1
        ) AS last ON true
        JOIN snapshots ON snapshots.id = last.snapshot_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS votes FROM (
                SELECT FROM countings JOIN votes ON votes.id = vote_id
                WHERE countings.board_id = boards.id AND until IS NULL AND cast_at > $1 LIMIT $2
            ) AS fresh
        ) AS recent
        -- A board that asks for votes until a day is not meant to have later ones.
        WHERE source = 'battles' AND archived_at IS NULL AND boards.question->>'until' IS NULL
          AND boards.created_at < $1 AND snapshots.votes >= $2 AND recent.votes < $2
        ORDER BY slug
        """,
        scene.now - FRESH,
        FEWEST_FRESH,
    )
    return [
        Sighting(
            subject=f"board {one.slug}",
            sentence="The board “{board}” had {votes} votes in {days} days.",
            values={"board": one.name, "votes": one.votes, "days": FRESH.days},
            observed=f"votes: {one.votes}",
            expected=f"votes: {FEWEST_FRESH} or more",
            evidence=f"/leaderboard/{one.slug}",
            board=one.slug,
        )
        for one in found
    ]


class _Looked(Struct, frozen=True):
    slug: str
    name: str
    cron: str
    looked_at: datetime


@check(
    "D4",
    Smell.DEPRECATED,
    Entity.RANKING_TABLE,
    severity=Severity.MAJOR,
    hits=2,  # The first look after the arena was down may come before the boards' own turn.
    threshold="Once and a half as long as its schedule says, and ten minutes.",
)
async def overdue_boards(scene: Scene) -> list[Sighting]:
    """Every board is looked after as often as its schedule says."""
    rows = await many(
        scene.db,
        _Looked,
        "SELECT slug, name, cron, coalesce(looked_at, created_at) AS looked_at FROM boards"
        " WHERE archived_at IS NULL ORDER BY slug",
    )
    return [
        Sighting(
            subject=f"board {one.slug}",
            sentence="The board “{board}” was last looked after on {time}, which its schedule has passed.",
            values={"board": one.name, "time": f"{one.looked_at:%Y-%m-%d %H:%M} UTC"},
            observed=one.looked_at.isoformat(),
            expected=_due(one).isoformat(),
            evidence=f"/leaderboard/{one.slug}",
            board=one.slug,
        )
        for one in rows
        if scene.now > _due(one)
    ]


def _due(board: _Looked) -> datetime:
    """When it should have been looked after at the latest."""
    first = schedules.following(board.cron, board.looked_at)
    return first + (schedules.following(board.cron, first) - first) / 2 + LATE


class _Changed(Struct, frozen=True):
    slug: str
    name: str
    calendar: str
    shown: int
    present: int
    changed_at: datetime


@check(
    "D5",
    Smell.DEPRECATED,
    Entity.METRIC,
    Entity.RANKING_TABLE,
    severity=Severity.MAJOR,
    hits=2,
    threshold="The release after a change of the question was due, and the table still answers the one before.",
)
async def former_methods(scene: Scene) -> list[Sighting]:
    """Every table answers the question that its board asks today."""
    rows = await many(
        scene.db,
        _Changed,
        """
        SELECT slug, boards.name, calendar, snapshots.methodology AS shown, boards.methodology AS present,
               max(happened_at) AS changed_at
        FROM boards
        JOIN LATERAL (
            SELECT snapshot_id FROM releases WHERE board_id = boards.id ORDER BY published_at DESC LIMIT 1
        ) AS last ON true
        JOIN snapshots ON snapshots.id = last.snapshot_id AND snapshots.methodology <> boards.methodology
        JOIN board_acts ON board_acts.board_id = boards.id AND what = 'question'
        WHERE archived_at IS NULL GROUP BY boards.id, snapshots.id ORDER BY slug
        """,
    )
    return [
        Sighting(
            subject=f"board {one.slug}",
            sentence="The table of the board “{board}” answers an earlier question than the one that it asks now.",
            values={"board": one.name},
            observed=f"methodology: {one.shown}",
            expected=f"methodology: {one.present}",
            evidence=f"/leaderboard/{one.slug}",
            board=one.slug,
        )
        for one in rows
        if scene.now > _slot(one.calendar, one.changed_at) + HOUR
    ]


def _slot(calendar: str, moment: datetime) -> datetime:
    """When the calendar's first release after this moment is due; its votes may have been frozen before that."""
    read = calendars.read(calendar)
    return moment if read.cron is None else calendars.following(read, moment + read.cut_off)


class _Latest(Struct, frozen=True):
    slug: str
    name: str
    calendar: str
    release_id: str
    published_at: datetime
    taken_at: datetime


@check(
    "D7",
    Smell.DEPRECATED,
    Entity.RELEASE,
    Entity.RAW_DATA,
    severity=Severity.MAJOR,
    hits=2,
    threshold="Two slots of the calendar have passed, or a day where there is none, with other votes counted since.",
)
async def old_releases(scene: Scene) -> list[Sighting]:
    """What is called the latest release is the latest that there should be."""
    rows = await many(
        scene.db,
        _Latest,
        """
        SELECT slug, boards.name, calendar, last.id AS release_id, last.published_at, newest.taken_at
        FROM boards
        JOIN LATERAL (
            SELECT id, snapshot_id, published_at FROM releases
            WHERE board_id = boards.id ORDER BY published_at DESC LIMIT 1
        ) AS last ON true
        JOIN snapshots AS shown ON shown.id = last.snapshot_id
        JOIN LATERAL (
            SELECT digest, taken_at FROM snapshots WHERE board_id = boards.id ORDER BY taken_at DESC LIMIT 1
        ) AS newest ON newest.digest <> shown.digest AND newest.taken_at > last.published_at
        WHERE archived_at IS NULL ORDER BY slug
        """,
    )
    return [
        Sighting(
            subject=f"board {one.slug}",
            sentence="The latest release of the board “{board}” is of {date}, and its calendar has called twice since.",
            values={"board": one.name, "date": one.published_at.date().isoformat()},
            observed=one.published_at.isoformat(),
            expected=f"a release after {one.taken_at.isoformat()}",
            evidence=f"/releases/{one.release_id}",
            board=one.slug,
        )
        for one in rows
        if scene.now > _second(one) + LATE
    ]


def _second(latest: _Latest) -> datetime:
    if calendars.read(latest.calendar).cron is None:
        return latest.taken_at + DAY
    return _slot(latest.calendar, _slot(latest.calendar, latest.published_at))
