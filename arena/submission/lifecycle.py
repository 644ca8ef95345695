"""Life cycles: the states of an endpoint, who may go where, and a row for every step."""

from enum import StrEnum
from typing import Final, Literal
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy
from arena.errors import ArenaError, NotFound


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


class Actor(Struct, frozen=True):
    """Who acts: an account of the provider's, an operator's, or the arena's worker by itself, which has none.

    The public is told the label alone.
    """

    account_id: UUID | None
    label: Literal["provider", "operator", "arena"]


ARENA: Final = Actor(None, "arena")


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
) -> None:
    """Bring the endpoint into another state and keep who did it and why; NoSuchWay where none leads there.

    `reason` is a code, `note` a sentence for people.
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
            [state for state, ways in WAYS.items() if to in ways],
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
