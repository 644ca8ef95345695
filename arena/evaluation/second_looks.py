"""Second looks: a stored battle that nobody voted on is shown to another voter, blind, and they say which is better.

Who the sides were is told to nobody, as of every battle that was left without a vote.

A second look is a person's outcome and no vote: the battle was chosen because judges did not settle it, so its outcomes
are on no board of people. They are not on the combined board either. Its weights are those of verdicts against votes on
battles that the draw of pairs and the coming of voters chose; a battle on which judges agree is never in this queue, so
its probability of being looked at is 0 and no weight by 1/probability makes the looked at stand for all that were
judged. What they serve is to hold judges against people where judges differ (arena/integration/contested.py), with
the probability of each draw kept beside it.
"""

import random
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena import outbox
from arena.db import Db, Pool, Proxy, one
from arena.errors import ArenaError, NotFound
from arena.evaluation.selections import COUNTS
from arena.people import voters
from rating import Outcome

# This part of each draw is shared evenly, so that no battle that waits is nearly never drawn.
EVEN: Final = 0.5
# An open look holds one of its battle's places for so long; whoever has left by then does not come back.
HELD_MINUTES: Final = 60

# What a judge may be shown of the texts (see dockets), and besides only what may be published: whoever asked has had
# that long to delete it, and no gate found anything in it. Reads `battles`; $1 are days.
SHOWABLE: Final = f"""
        battles.state IN ('skipped', 'expired') AND deleted_at IS NULL
        AND battles.closed_at <= now() - make_interval(days => $1)
        AND EXISTS (SELECT FROM turns WHERE turns.battle_id = battles.id AND turns.content <> '[]')
        AND NOT EXISTS (
            SELECT FROM turns WHERE turns.battle_id = battles.id
            AND (SELECT count(*) FROM answers WHERE answers.battle_id = battles.id AND answers.turn = turns.turn) < 2)
        AND NOT EXISTS (SELECT FROM gate_findings WHERE gate_findings.battle_id = battles.id)
        AND {COUNTS}"""  # noqa: S608 - a constant
# Whether it has a place left; $2 is how many people look at a battle at most.
FREE: Final = f"""
        (SELECT count(*) FROM second_looks AS had WHERE had.battle_id = battles.id
         AND (had.state = 'voted' OR had.state = 'open'
              AND had.shown_at > now() - make_interval(mins => {HELD_MINUTES}))) < $2"""  # noqa: S608 - a constant


class State(StrEnum):
    """Where a second look stands; void is one whose texts were deleted meanwhile."""

    OPEN = "open"
    VOTED = "voted"
    SKIPPED = "skipped"
    VOID = "void"


class NothingWaits(NotFound):
    """No stored pair waits for your judgement at the moment. Hold a battle of your own, or come again later."""


class NotOffered(NotFound):
    """This arena shows no stored pairs again. Hold a battle of your own."""


class NoSuchLook(NotFound):
    """There is no such second look, or it is not yours."""


class LookClosed(ArenaError):
    """This second look is over and takes no other outcome. Ask for another pair."""

    status = 409


class Look(Struct, frozen=True, kw_only=True):
    """A second look; `turned` says that its voter saw the battle's sides the other way round."""

    id: UUID
    battle_id: UUID
    turned: bool
    state: State
    outcome: Outcome | None
    propensity: float
    shown_at: datetime


COLUMNS: Final = "id, battle_id, turned, state, outcome, propensity, shown_at"


def shares(gains: Mapping[UUID, float]) -> dict[UUID, float]:
    """How probable each of the battles that wait is to be drawn: half evenly, half by what a vote on it would tell."""
    whole = sum(gains.values())
    even = EVEN if whole > 0 else 1.0
    return {
        battle: even / len(gains) + ((1 - even) * gain / whole if whole > 0 else 0.0) for battle, gain in gains.items()
    }


async def open(  # noqa: A001 - second_looks.open(…) is how callers say it.
    db: Pool, voter_id: UUID, gains: Mapping[UUID, float], *, days: int, most: int, chance: random.Random
) -> Look:
    """The voter's open look, or a new one at a battle drawn from those that wait; NothingWaits where there is none.

    `gains` are what a vote on each battle would tell. The shares follow from those that wait for this voter at this
    moment; the positions are drawn anew. With `most` 0 the arena shows none (NotOffered).
    """
    if not most:
        raise NotOffered
    async with db.acquire() as connection, connection.transaction():
        await voters.hold(connection, voter_id)
        going_on = await _open(connection, voter_id, days)
        if going_on is not None:
            return going_on
        rows = await connection.fetch(
            f"""
            SELECT id FROM battles
            WHERE id = ANY($4) AND voter_id <> $3 AND {SHOWABLE} AND {FREE}
              AND NOT EXISTS (SELECT FROM second_looks AS own WHERE own.battle_id = battles.id AND own.voter_id = $3)
            ORDER BY id
            """,  # noqa: S608 - constants
            *(days, most, voter_id, list(gains)),
        )
        waiting = shares({row["id"]: gains[row["id"]] for row in rows})
        if not waiting:
            raise NothingWaits
        [battle_id] = chance.choices(list(waiting), list(waiting.values()))
        turned = chance.random() < 0.5
        drawn = (days, most, voter_id, battle_id, turned, waiting[battle_id], len(waiting))
        return await _begin(connection, drawn)


async def _open(db: Db, voter_id: UUID, days: int) -> Look | None:
    """The voter's open look; one at what may not be shown any more is over."""
    await db.execute(
        f"""
        UPDATE second_looks SET state = 'void', closed_at = now() FROM battles
        WHERE battles.id = battle_id AND second_looks.voter_id = $2 AND second_looks.state = 'open' AND NOT ({SHOWABLE})
        """,  # noqa: S608 - a constant
        *(days, voter_id),
    )
    return await one(
        db,
        Look,
        f"SELECT {COLUMNS} FROM second_looks WHERE voter_id = $1 AND state = 'open'",  # noqa: S608 - a constant
        voter_id,
    )


async def _begin(connection: Proxy, drawn: tuple[object, ...]) -> Look:
    # Whoever draws the same battle at the same moment waits here, and whoever deletes it has done so or waits for us.
    await connection.execute("SELECT FROM battles WHERE id = $1 FOR NO KEY UPDATE", drawn[3])
    look = await one(
        connection,
        Look,
        f"""
        INSERT INTO second_looks (battle_id, voter_id, turned, propensity, waiting)
        SELECT id, $3, $5, $6, $7 FROM battles WHERE id = $4 AND {SHOWABLE} AND {FREE}
        RETURNING {COLUMNS}
        """,  # noqa: S608 - constants
        *drawn,
    )
    if look is None:
        raise NothingWaits
    return look


async def require(db: Db, look_id: UUID, voter_id: UUID | None) -> Look:
    """The voter's own second look."""
    look = await one(
        db,
        Look,
        f"SELECT {COLUMNS} FROM second_looks WHERE id = $1 AND voter_id = $2",  # noqa: S608 - a constant
        *(look_id, voter_id),
    )
    if look is None:
        raise NoSuchLook
    return look


async def shows(db: Db, look: Look, *, days: int) -> bool:
    """Whether the battle's texts may be shown still."""
    return bool(
        await db.fetchval(f"SELECT true FROM battles WHERE id = $2 AND {SHOWABLE}", days, look.battle_id)  # noqa: S608
    )


async def cast(
    db: Pool, look_id: UUID, voter_id: UUID | None, outcome: Outcome, *, seconds: float | None = None
) -> tuple[Look, bool]:
    """Record what the voter said, and whether that is new; the same again is the same, another is refused.

    `seconds` is how long they read, as far as is known.
    """
    async with db.acquire() as connection, connection.transaction():
        look = await one(
            connection,
            Look,
            f"""
            UPDATE second_looks SET state = 'voted', outcome = $3, seconds = $4, closed_at = now()
            WHERE id = $1 AND voter_id = $2 AND state = 'open' RETURNING {COLUMNS}
            """,  # noqa: S608 - a constant
            *(look_id, voter_id, outcome, seconds),
        )
        if look is not None:
            said = {"battle": look.battle_id, "outcome": look.outcome, "turned": look.turned}
            await outbox.note(connection, "second_look", said | {"propensity": look.propensity}, subject=str(look.id))
            return look, True
    look = await require(db, look_id, voter_id)
    if look.outcome is not outcome:
        raise LookClosed
    return look, False


async def skip(db: Db, look_id: UUID, voter_id: UUID | None) -> None:
    """The voter leaves without an outcome; nobody is told who the sides were."""
    skipped = await db.fetchval(
        """
        UPDATE second_looks SET state = 'skipped', closed_at = coalesce(closed_at, now())
        WHERE id = $1 AND voter_id = $2 AND state IN ('open', 'skipped') RETURNING id
        """,
        *(look_id, voter_id),
    )
    if skipped is None:
        await require(db, look_id, voter_id)
        raise LookClosed


async def forget(connection: Proxy, voter_id: UUID) -> None:
    """What this voter said in second looks stays, tied to nobody; no battle of theirs is looked at any more."""
    await connection.execute(
        """
        UPDATE second_looks SET voter_id = NULL, closed_at = coalesce(closed_at, now()),
               state = CASE state WHEN 'open' THEN 'skipped' ELSE state END
        WHERE voter_id = $1
        """,
        voter_id,
    )
    await connection.execute(
        """
        UPDATE second_looks SET state = 'void', closed_at = now() FROM battles
        WHERE battles.id = battle_id AND battles.voter_id = $1 AND second_looks.state = 'open'
        """,
        voter_id,
    )
