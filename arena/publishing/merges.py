"""Merges: contenders that a check takes for one and the same, proposed to an operator, and what was decided.

A merged contender retires and its page leads to the other's. The battles, votes and ratings of both stay as they are:
nothing that was counted for one is counted for the other.
"""

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Db, Pool, Proxy, many
from arena.errors import ArenaError, Refused
from arena.publishing import smells
from arena.publishing.checks import redundant
from arena.publishing.smells import Finding
from arena.submission import lifecycle, names
from arena.submission.lifecycle import Actor

MOST: Final = 1000


class State(StrEnum):
    """What an operator said to a proposal."""

    ACCEPTED = "accepted"
    DECLINED = "declined"


class NoProposal(ArenaError):
    """This finding proposes no contenders for merging, or it is over."""

    status = 409


class DecidedAlready(ArenaError):
    """These contenders were decided on already, or one of them has been merged into another."""

    status = 409


class Proposal(Struct, frozen=True, kw_only=True):
    """Two contenders that may be one: the older would stay. `smell` is the finding that says why."""

    smell: int
    check: str
    kept: str
    merged: str
    sentence: str
    values: dict[str, str | int]
    since: datetime


class Merge(Struct, frozen=True, kw_only=True):
    """What was decided of two contenders, why and when."""

    kept: str
    merged: str
    merged_name: str
    state: State
    reason: str
    decided_at: datetime


READ: Final = """
        SELECT kept.slug AS kept, merged.slug AS merged, merged.name AS merged_name, state, reason, decided_at
        FROM merges JOIN contenders AS kept ON kept.id = kept_id JOIN contenders AS merged ON merged.id = merged_id"""


async def proposed(db: Db) -> list[Proposal]:
    """What waits for an operator, the latest first."""
    found = [
        each
        for check in redundant.PAIRS
        for each in await smells.listed(db, states=smells.PRESENT, check=check, most=MOST)
    ]
    return [_proposal(each) for each in sorted(found, key=lambda each: -each.id)]


def _proposal(found: Finding) -> Proposal:
    _, kept, merged = found.subject.split(" ")
    return Proposal(
        smell=found.id,
        check=found.check,
        kept=kept,
        merged=merged,
        sentence=found.sentence,
        values=found.values,
        since=found.opened_at,
    )


async def decided(db: Db) -> list[Merge]:
    """What was decided, the latest first."""
    return await many(db, Merge, f"{READ} ORDER BY merges.id DESC LIMIT $1", MOST)


async def into(db: Db, slug: str) -> str | None:
    """The contender that this one was merged into, itself not merged; None for one that stands by itself."""
    found: str | None = await db.fetchval(
        """
        WITH RECURSIVE led AS (
            SELECT kept_id FROM merges JOIN contenders ON contenders.id = merged_id
            WHERE slug = $1 AND state = 'accepted'
            UNION SELECT merges.kept_id FROM led JOIN merges ON merged_id = led.kept_id AND state = 'accepted'
        )
        SELECT slug FROM led JOIN contenders ON contenders.id = kept_id
        WHERE NOT EXISTS (SELECT FROM merges WHERE merged_id = led.kept_id AND state = 'accepted')
        """,
        slug,
    )
    return found


async def of(db: Db, slug: str) -> list[Merge]:
    """The contenders that were merged into this one, the latest first."""
    return await many(db, Merge, f"{READ} WHERE kept.slug = $1 AND state = 'accepted' ORDER BY merges.id DESC", slug)


async def decide(
    db: Pool, smell_id: int, state: State, *, keep: str | None, reason: str, account_id: UUID, now: datetime
) -> Merge:
    """Accept a proposal, keeping the older or the one that is named, or decline it; the finding is over by that."""
    found = await smells.require(db, smell_id)
    if found.check not in redundant.PAIRS or found.state not in smells.PRESENT:
        raise NoProposal
    proposal = _proposal(found)
    kept, merged = proposal.kept, proposal.merged
    if keep not in (None, kept, merged):
        raise Refused("Say which of the two shall stay: {kept} or {merged}.", kept=kept, merged=merged, field="keep")
    if keep == merged:
        kept, merged = merged, kept
    async with db.acquire() as connection, connection.transaction():
        ids = [await names.known(connection, slug) for slug in (kept, merged)]
        await _keep(connection, ids, smell_id, state, reason, account_id, now)
        if state is State.ACCEPTED:
            await _retire(connection, ids[1], account_id, reason)
    await smells.resolve(db, smell_id, text=reason, account_id=account_id, now=now)
    return (await many(db, Merge, f"{READ} WHERE smell_id = $1 ORDER BY merges.id DESC LIMIT 1", smell_id))[0]


async def _keep(
    connection: Proxy, ids: list[UUID], smell_id: int, state: State, reason: str, account_id: UUID, now: datetime
) -> None:
    # Neither may have been merged before, so that no way of pages leads in a circle.
    kept = await connection.fetchval(
        """
        INSERT INTO merges (kept_id, merged_id, smell_id, state, reason, account_id, decided_at)
        SELECT $1, $2, $3, $4, $5, $6, $7
        WHERE NOT EXISTS (SELECT FROM merges WHERE merged_id IN ($1, $2) AND state = 'accepted')
        ON CONFLICT DO NOTHING RETURNING id
        """,
        *(*ids, smell_id, state, reason, account_id, now),
    )
    if kept is None:
        raise DecidedAlready


async def _retire(connection: Proxy, contender_id: UUID, account_id: UUID, reason: str) -> None:
    endpoint_id = await connection.fetchval(
        "SELECT id FROM endpoints WHERE contender_id = $1 AND state <> 'retired'", contender_id
    )
    if endpoint_id is not None:
        await lifecycle.retire(connection, endpoint_id, actor=Actor(account_id, "operator"), note=reason)
