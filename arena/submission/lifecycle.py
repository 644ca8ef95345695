"""Life cycles: the states of an endpoint, who may go where, and a row for every step."""

from datetime import date
from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Pool, Proxy
from arena.errors import ArenaError, NotFound
from arena.submission import contenders


class State(StrEnum):
    """Where an endpoint stands."""

    DRAFT = "draft"
    CHECKING = "checking"
    REJECTED = "rejected"
    WARMING = "warming"
    LISTED = "listed"
    PAUSED = "paused"
    RETIRED = "retired"


# From where to where. Who pauses comes back to where it was: listed once it ever was, else warming.
WAYS: Final[dict[State, tuple[State, ...]]] = {
    State.DRAFT: (State.CHECKING, State.RETIRED),
    State.CHECKING: (State.WARMING, State.REJECTED),
    State.REJECTED: (State.CHECKING, State.RETIRED),
    State.WARMING: (State.LISTED, State.PAUSED, State.RETIRED),
    State.LISTED: (State.PAUSED, State.RETIRED),
    State.PAUSED: (State.LISTED, State.WARMING, State.RETIRED),
    State.RETIRED: (),
}
NOT_FROM_HERE: Final[dict[State, str]] = {
    State.DRAFT: "This endpoint is a draft. It can be checked or retired.",
    State.CHECKING: "This endpoint is being checked. Wait until the check has ended, within a few minutes.",
    State.REJECTED: "This endpoint was rejected. It can be mended and checked again, or retired.",
    State.WARMING: "This endpoint is warming up. It can be paused or retired, and is listed by itself.",
    State.LISTED: "This endpoint is listed. It can be paused or retired.",
    State.PAUSED: "This endpoint is paused. It can be resumed or retired.",
    State.RETIRED: "This endpoint is retired, for good. Bring what follows it as a new version.",
}


class NoSuchWay(ArenaError):
    """This endpoint's state does not allow that."""

    status = 409


class PausedByOperator(ArenaError):
    """An operator of this arena has paused this endpoint and is the one to resume it. The note says why."""

    status = 409


class Actor(Struct, frozen=True):
    """Who acts: an account of the provider's, an operator's, or the arena's worker by itself, which has none.

    The public is told the label alone.
    """

    account_id: UUID | None
    label: Literal["provider", "operator", "arena"]


ARENA: Final = Actor(None, "arena")
# The reason code of a pause, by who asked for it.
ASKED: Final = {"provider": "asked", "operator": "operator", "arena": "arena"}


async def begin(db: Connection | Proxy, endpoint_id: UUID, *, actor: Actor) -> None:
    """The endpoint's first event: it was registered, as a draft."""
    await record(db, endpoint_id, None, State.DRAFT, actor=actor)


async def move(
    db: Connection | Proxy,
    endpoint_id: UUID,
    to: State,
    *,
    actor: Actor,
    reason: str | None = None,
    note: str | None = None,
    out_of: State | None = None,
) -> None:
    """Bring the endpoint into another state and keep who did it and why; NoSuchWay where none leads there.

    `reason` is a code, `note` a sentence for people; `out_of` is the one state that it may come from, where not any.
    """
    async with db.transaction():
        former = await db.fetchval(
            """
            WITH present AS (SELECT id, state FROM endpoints WHERE id = $1 FOR NO KEY UPDATE)
            UPDATE endpoints
            SET state = $2, state_since = now(), reason = $3, note = $4,
                listed_at = CASE WHEN $2 = 'listed' THEN coalesce(listed_at, now()) ELSE listed_at END
            FROM present WHERE endpoints.id = present.id AND present.state = ANY($5::text[])
            RETURNING present.state
            """,
            endpoint_id,
            to,
            reason,
            note,
            [state for state, ways in WAYS.items() if to in ways and out_of in (None, state)],
        )
        if former is None:
            raise await _refusal(db, endpoint_id)
        await record(db, endpoint_id, State(former), to, actor=actor, reason=reason, note=note)


async def record(
    db: Db,
    endpoint_id: UUID,
    former: State | None,
    state: State,
    *,
    actor: Actor,
    reason: str | None = None,
    note: str | None = None,
) -> None:
    """Keep what happened to the endpoint."""
    await db.execute(
        """
        INSERT INTO endpoint_events (endpoint_id, former, state, reason, note, actor, account_id)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        *(endpoint_id, former, state, reason, note, actor.label, actor.account_id),
    )


async def _refusal(db: Db, endpoint_id: UUID) -> ArenaError:
    state = await db.fetchval("SELECT state FROM endpoints WHERE id = $1", endpoint_id)
    return (
        NotFound("There is no such endpoint, or it is not yours.")
        if state is None
        else NoSuchWay(NOT_FROM_HERE[State(state)])
    )


async def pause(db: Connection | Proxy, endpoint_id: UUID, *, actor: Actor, note: str) -> None:
    """Take the endpoint out of new battles until it is resumed."""
    await move(db, endpoint_id, State.PAUSED, actor=actor, reason=ASKED[actor.label], note=note)


async def resume(db: Connection | Proxy, endpoint_id: UUID, *, actor: Actor, note: str) -> None:
    """Bring a paused endpoint back to where it was; what an operator has paused only an operator resumes."""
    async with db.transaction():
        row = await db.fetchrow(
            "SELECT state, reason, listed_at FROM endpoints WHERE id = $1 FOR NO KEY UPDATE", endpoint_id
        )
        if row is not None and row["reason"] == ASKED["operator"] and actor.label != "operator":
            raise PausedByOperator
        to = State.LISTED if row and row["listed_at"] else State.WARMING
        await move(db, endpoint_id, to, actor=actor, reason="resumed", note=note, out_of=State.PAUSED)


async def retire(
    db: Connection | Proxy, endpoint_id: UUID, *, actor: Actor, note: str, from_day: date | None = None
) -> None:
    """Draw the endpoint no more, for good: at once, or from the first moment of that day on (UTC).

    Its contender keeps its name, its rows and its votes.
    """
    async with db.transaction():
        row = await db.fetchrow(
            """
            SELECT state, listed_at, $2::date > (now() AT TIME ZONE 'UTC')::date AS later FROM endpoints
            WHERE id = $1 FOR NO KEY UPDATE
            """,
            *(endpoint_id, from_day),
        )
        if row is None or not row["later"]:
            reason = "retired" if row and row["listed_at"] else "withdrawn"
            await move(db, endpoint_id, State.RETIRED, actor=actor, reason=reason, note=note)
            return
        state = State(row["state"])
        if State.RETIRED not in WAYS[state]:
            raise await _refusal(db, endpoint_id)
        await db.execute(
            "UPDATE endpoints SET retires_at = $2::date::timestamp AT TIME ZONE 'UTC' WHERE id = $1",
            *(endpoint_id, from_day),
        )
        await record(db, endpoint_id, state, state, actor=actor, reason="notice", note=note)


async def retire_due(db: Pool) -> int:
    """Retire the endpoints whose notice is over; how many there were."""
    rows = await db.fetch(
        """
        SELECT DISTINCT ON (endpoint_id) endpoint_id, endpoint_events.note
        FROM endpoints JOIN endpoint_events ON endpoint_id = endpoints.id
        WHERE retires_at <= now() AND endpoints.state = ANY($1::text[]) AND endpoint_events.reason = 'notice'
        ORDER BY endpoint_id, endpoint_events.id DESC
        """,
        [state for state, ways in WAYS.items() if State.RETIRED in ways],
    )
    async with db.acquire() as connection:
        for row in rows:
            await move(connection, row["endpoint_id"], State.RETIRED, actor=ARENA, reason="retired", note=row["note"])
    return len(rows)


async def publish(db: Connection | Proxy, endpoint_id: UUID, *, actor: Actor) -> None:
    """End the private test of the endpoint's contender: the public is told of it, and its votes begin to count."""
    async with db.transaction():
        row = await db.fetchrow("SELECT contender_id, state FROM endpoints WHERE id = $1 FOR SHARE", endpoint_id)
        assert row is not None
        await contenders.commit(db, row["contender_id"])
        state = State(row["state"])
        await record(db, endpoint_id, state, state, actor=actor, reason="published")
