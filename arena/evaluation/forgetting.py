"""Forgetting: a voter's data are deleted. What they voted stays in the count, tied to nobody."""

from collections.abc import Awaitable, Callable
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Pool, Proxy
from arena.evaluation import (
    appeals,
    cases,
    exclusions,
    findings,
    opinions,
    readings,
    second_looks,
    shares,
    tags,
    traces,
    turns,
    verdicts,
    votes,
)
from arena.people import voters

# No statement, and no battle's answer, is under way for longer than this.
RACING_MINUTES: Final = 10
# Every noun that keeps something that a voter wrote, read or did, beside the vote itself.
HOLDERS: Final[tuple[Callable[[Proxy, UUID], Awaitable[None]], ...]] = (
    turns.forget,
    exclusions.forget,
    tags.forget,
    findings.forget,
    opinions.forget,
    shares.forget,
    appeals.forget,
    cases.forget,
    readings.forget,
    traces.forget,
    verdicts.forget,
    second_looks.forget,
)


class Forgotten(Struct, frozen=True):
    """How many battles were emptied, how many votes stay in the count, and which battles were being answered."""

    battles: int
    votes: int
    answering: list[UUID]


async def forget(db: Pool, voter_id: UUID) -> Forgotten:
    """Delete what is kept of this voter, and tie what stays to a new number that nobody has. Again, it does nothing.

    The number is a voter's still, so that votes of one person are counted as such. A battle that is being answered
    is skipped: its answers are kept by nobody, whenever they come.
    """
    async with db.acquire() as connection, connection.transaction():
        if not await voters.forget(connection, voter_id):
            return Forgotten(0, 0, [])
        nobody = voters.invite()
        await voters.hold(connection, nobody)
        await voters.hand_over(connection, voter_id, nobody)
        await turns.hold(connection, voter_id)
        answering = await _close(connection, voter_id)
        for forgets in HOLDERS:
            await forgets(connection, voter_id)
        staying = await votes.count_of(connection, voter_id)
        return Forgotten(await _give_away(connection, voter_id, nobody), staying, answering)


async def sweep(db: Pool) -> None:
    """Delete once more what was written while it was being deleted: whoever wrote it had begun before."""
    rows = await db.fetch(
        "SELECT DISTINCT voter_id FROM battles WHERE deleted_at > now() - make_interval(mins => $1)", RACING_MINUTES
    )
    for row in rows:
        async with db.acquire() as connection, connection.transaction():
            await turns.hold(connection, row["voter_id"])
            for forgets in HOLDERS:
                await forgets(connection, row["voter_id"])


async def _close(connection: Proxy, voter_id: UUID) -> list[UUID]:
    """Mark all texts of this voter as deleted and skip what is not over; the battles that are being answered.

    With the salt goes what the ledger tells of the voter and their prompts: nobody can make its hashes again.
    """
    rows = await connection.fetch(
        """
        WITH mine AS (SELECT id, state FROM battles WHERE voter_id = $1 ORDER BY id FOR NO KEY UPDATE)
        UPDATE battles
        SET state = CASE WHEN mine.state IN ('open', 'streaming', 'ready') THEN 'skipped' ELSE mine.state END,
            reason = CASE WHEN mine.state IN ('void', 'expired') THEN reason END,
            closed_at = coalesce(closed_at, now()), deleted_at = now(), salt = NULL
        FROM mine WHERE battles.id = mine.id
        RETURNING battles.id, mine.state IN ('open', 'streaming') AS answering
        """,
        voter_id,
    )
    return [row["id"] for row in rows if row["answering"]]


async def _give_away(connection: Proxy, voter_id: UUID, nobody: UUID) -> int:
    """Make all battles of a voter those of a number that nobody has; how many they are."""
    status = await connection.execute("UPDATE battles SET voter_id = $2 WHERE voter_id = $1", voter_id, nobody)
    return int(status.split()[-1])
