"""Warming: a newcomer is met rarely until it has answered in enough battles, and is then listed or paused."""

from uuid import UUID

from msgspec import Struct

from arena.db import Pool, Proxy, many
from arena.submission import lifecycle
from arena.submission.lifecycle import ARENA, NoSuchWay, State


class Tried(Struct, frozen=True):
    """A warming endpoint: in how many battles it has been asked and these have ended, and in how many it failed."""

    endpoint_id: UUID
    battles: int
    failed: int


async def settle(db: Pool, *, battles: int, failures: float) -> list[UUID]:
    """List the newcomers that answered in so many battles and failed in less than this share; pause who can't any more.

    A battle counts where the endpoint answered, refused or failed, not where it was broken off by us.
    """
    settled = []
    for tried in await _warming(db):
        failing = tried.failed >= failures * max(battles, tried.battles)
        if not failing and tried.battles < battles:
            continue
        async with db.acquire() as connection:
            await _settle(connection, tried, failing)
        settled.append(tried.endpoint_id)
    return settled


async def _settle(connection: Proxy, tried: Tried, failing: bool) -> None:
    to, reason = (State.PAUSED, "failing") if failing else (State.LISTED, "warm")
    note = f"It failed in {tried.failed} of {tried.battles} battles."
    try:
        await lifecycle.move(
            connection, tried.endpoint_id, to, actor=ARENA, reason=reason, note=note, out_of=State.WARMING
        )
    except NoSuchWay:
        # Its provider was faster, or another worker.
        return


async def _warming(db: Pool) -> list[Tried]:
    return await many(
        db,
        Tried,
        """
        SELECT endpoint_id, count(*) AS battles, count(*) FILTER (WHERE failed) AS failed
        FROM (
            SELECT sides.endpoint_id, battle_id, bool_or(coalesce(failure <> 'refused', false)) AS failed
            FROM endpoints JOIN sides ON endpoint_id = endpoints.id
            JOIN battles ON battles.id = battle_id JOIN answers USING (battle_id, position)
            WHERE endpoints.state = 'warming' AND opened_at >= state_since
              AND battles.state NOT IN ('open', 'streaming') AND (failure IS NOT NULL OR finish IS NOT NULL)
            GROUP BY sides.endpoint_id, battle_id
        ) AS asked
        GROUP BY endpoint_id
        """,
    )
