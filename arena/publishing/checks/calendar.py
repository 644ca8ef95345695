"""Whether releases come when they are promised, and from the votes that they are promised from."""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from arena.db import many
from arena.publishing.checkup import Entity, Scene, Severity, Sighting, Smell, check

LATE: Final = timedelta(hours=1)
MOST: Final = 100


class _Slot(Struct, frozen=True):
    board: str
    due_at: datetime


@check(
    "N8",
    Smell.MISSING,
    Entity.RELEASE,
    severity=Severity.MAJOR,
    threshold="A release that is due for more than an hour, and neither out nor held.",
)
async def missed_slots(scene: Scene) -> list[Sighting]:
    """At every slot of a board's calendar its release comes out or is held."""
    found = await many(
        scene.db,
        _Slot,
        """
        SELECT slug AS board, due_at FROM candidates JOIN boards ON boards.id = board_id
        WHERE state IN ('scheduled', 'self-testing') AND due_at < $1 AND boards.calendar <> 'at once' LIMIT $2
        """,
        *(scene.now - LATE, MOST),
    )
    return [
        Sighting(
            subject=f"{one.board} {one.due_at:%Y-%m-%dT%H:%M}",
            sentence="The release of {board} that was due on {due} is neither out nor held.",
            values={"board": one.board, "due": f"{one.due_at:%Y-%m-%d %H:%M} UTC"},
            observed="nothing",
            expected="published or held",
            evidence="/releases",
            board=one.board,
        )
        for one in found
    ]


class _Late(Struct, frozen=True):
    board: str
    release: str
    due_at: datetime
    out_at: datetime


@check(
    "X3",
    Smell.MISMATCHED,
    Entity.RELEASE,
    Entity.PROTOCOL,
    severity=Severity.MAJOR,
    threshold="A last release that came more than an hour after its slot, or before it.",
)
async def other_than_planned(scene: Scene) -> list[Sighting]:
    """A release by calendar comes when its slot says, unless an operator asked for it."""
    found = await many(
        scene.db,
        _Late,
        """
        SELECT slug AS board, last.id AS release, due_at, happened_at AS out_at
        FROM boards
        JOIN LATERAL (
            SELECT id FROM releases WHERE board_id = boards.id ORDER BY published_at DESC LIMIT 1
        ) AS last ON true
        JOIN candidates ON release_id = last.id AND candidates.state = 'published'
        JOIN candidate_events steps ON candidate_id = candidates.id AND steps.state = 'published' AND actor = 'arena'
        WHERE candidates.calendar <> 'at once'
          AND (happened_at > due_at + $1::interval OR happened_at < due_at - interval '1 minute')
        LIMIT $2
        """,
        *(LATE, MOST),
    )
    return [
        Sighting(
            subject=one.release[:12],
            sentence="The release of {board} was due on {due} and came on {out}.",
            values={
                "board": one.board,
                "due": f"{one.due_at:%Y-%m-%d %H:%M} UTC",
                "out": f"{one.out_at:%Y-%m-%d %H:%M} UTC",
            },
            observed=one.out_at.isoformat(),
            expected=one.due_at.isoformat(),
            evidence=f"/releases/{one.release}",
            board=one.board,
        )
        for one in found
    ]
