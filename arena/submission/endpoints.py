"""Endpoints: where one contender is reached at one provider, and which addresses it may use."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy, many
from arena.errors import Later
from arena.sealing import Sealed
from arena.submission import lifecycle
from arena.submission.lifecycle import ARENA, State
from arena.upstream import Dialect, Grants, Target

# Who may be called: drawn in its state, not about to retire, rested, and within all that its provider allows.
FREE = """
        state IN ('warming', 'listed') AND (retires_at IS NULL OR retires_at > now())
          AND (cooled_until IS NULL OR cooled_until <= now())
          AND (daily_calls IS NULL OR calls_today(endpoints.id) < daily_calls)
          AND (daily_budget IS NULL OR spent_today(endpoints.id) < daily_budget)
          AND (concurrency IS NULL OR battles_answering(endpoints.id) < concurrency)"""
# How long the one battle that tries an endpoint again after its rest has to itself.
TRIAL_SECONDS = 30.0


class Unavailable(Later):
    """One of the two contenders can't be called any more. Try again."""


class Endpoint(Struct, frozen=True, kw_only=True):
    """How one contender is reached."""

    contender_id: UUID
    provider_id: UUID
    base_url: str
    model: str
    dialect: Dialect
    parameters: dict[str, Any]
    system_prompt: str | None


class Grant(Struct, frozen=True):
    """A private address and port that one endpoint may use, and why."""

    address: str
    port: int
    reason: str


class Entrant(Struct, frozen=True):
    """A contender that can be met in a battle, where to reach it, and how often it is met beside others."""

    contender_id: UUID
    target: Target
    state: State
    rate: float


class _Row(Struct, frozen=True):
    id: UUID
    contender_id: UUID
    base_url: str
    model: str
    dialect: Dialect
    parameters: dict[str, Any]
    system_prompt: str | None
    sealed: bytes | None
    master: str | None
    state: State
    rate: float | None
    addresses: list[str]
    ports: list[int]


REACHED = """
        SELECT endpoints.id, contender_id, base_url, model, dialect, parameters, system_prompt, sealed, master,
               state, present_rate(state) AS rate,
               coalesce(array_agg(host(address)) FILTER (WHERE address IS NOT NULL), '{}') AS addresses,
               coalesce(array_agg(port) FILTER (WHERE address IS NOT NULL), '{}') AS ports
        FROM endpoints LEFT JOIN allowed_addresses ON endpoint_id = endpoints.id"""


async def enter(db: Connection | Proxy, endpoint: Endpoint, grants: list[Grant]) -> UUID:
    """List a contender's endpoint with its grants, in place of what stood there before."""
    async with db.transaction():
        former = await db.fetchval("SELECT state FROM endpoints WHERE contender_id = $1", endpoint.contender_id)
        endpoint_id: UUID = await db.fetchval(
            """
            INSERT INTO endpoints (contender_id, provider_id, base_url, model, dialect, parameters, system_prompt,
                                   state, listed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 'listed', now())
            ON CONFLICT (contender_id) DO UPDATE
            SET provider_id = EXCLUDED.provider_id, base_url = EXCLUDED.base_url, model = EXCLUDED.model,
                dialect = EXCLUDED.dialect, parameters = EXCLUDED.parameters,
                system_prompt = EXCLUDED.system_prompt, state = EXCLUDED.state,
                state_since = CASE endpoints.state WHEN 'listed' THEN endpoints.state_since ELSE now() END,
                reason = NULL, note = NULL, listed_at = coalesce(endpoints.listed_at, now()), retires_at = NULL,
                failures = 0, failed_at = NULL, cooled_until = NULL
            RETURNING id
            """,
            endpoint.contender_id,
            endpoint.provider_id,
            endpoint.base_url,
            endpoint.model,
            endpoint.dialect,
            endpoint.parameters,
            endpoint.system_prompt,
        )
        if former != State.LISTED:
            await lifecycle.record(db, endpoint_id, former and State(former), State.LISTED, actor=ARENA)
        await db.execute("DELETE FROM allowed_addresses WHERE endpoint_id = $1", endpoint_id)
        await db.executemany(
            "INSERT INTO allowed_addresses (endpoint_id, address, port, reason) VALUES ($1, $2, $3, $4)",
            [(endpoint_id, grant.address, grant.port, grant.reason) for grant in grants],
        )
    return endpoint_id


async def grant(db: Db, endpoint_id: UUID, given: Grant) -> None:
    """Let the endpoint use a private address and port."""
    await db.execute(
        """
        INSERT INTO allowed_addresses (endpoint_id, address, port, reason) VALUES ($1, $2, $3, $4)
        ON CONFLICT (endpoint_id, address, port) DO UPDATE SET reason = EXCLUDED.reason
        """,
        endpoint_id,
        given.address,
        given.port,
        given.reason,
    )


async def granted(db: Db, endpoint_id: UUID) -> Grants:
    """The private addresses and ports that the endpoint may use."""
    rows = await db.fetch(
        "SELECT host(address) AS address, port FROM allowed_addresses WHERE endpoint_id = $1", endpoint_id
    )
    return frozenset((row["address"], row["port"]) for row in rows)


async def pause(db: Connection | Proxy, provider_slug: str) -> None:
    """Take all listed endpoints of a provider out of new battles."""
    rows = await db.fetch(
        """
        SELECT endpoints.id FROM endpoints JOIN providers ON providers.id = provider_id
        WHERE state = 'listed' AND slug = $1
        """,
        provider_slug,
    )
    for row in rows:
        await lifecycle.move(db, row["id"], State.PAUSED, actor=ARENA)


async def entrants(db: Db) -> list[Entrant]:
    """Every contender that new battles may draw, in a fixed order: warming or listed, and free to be called."""
    rows = await many(
        db,
        _Row,
        f"""
        {REACHED}
        WHERE {FREE} AND present_rate(state) > 0
        GROUP BY endpoints.id
        ORDER BY contender_id
        """,
    )
    return [Entrant(row.contender_id, _target(row), row.state, row.rate) for row in rows if row.rate]


async def targets(db: Db, endpoint_ids: list[UUID]) -> list[Target]:
    """How to reach these endpoints, each time one is asked for; for a battle that has begun, whatever their state."""
    rows = await many(
        db,
        _Row,
        f"""
        {REACHED}
        WHERE endpoints.id = ANY($1)
        GROUP BY endpoints.id
        """,
        endpoint_ids,
    )
    found = {row.id: _target(row) for row in rows}
    return [found[endpoint_id] for endpoint_id in endpoint_ids]


async def claim(connection: Connection | Proxy, endpoint_ids: Collection[UUID]) -> None:
    """Make sure that these may be called, for a call that this transaction records; else Unavailable.

    Endpoints with a cap of any kind, and those that have failed, are called by one transaction after another: none is
    called more often than its caps allow, and one that has rested is tried by one battle before it is back. An endpoint
    that is named twice is called twice at the same time, and must have room for both.
    """
    twice = len(set(endpoint_ids)) < len(endpoint_ids)
    bound = await connection.fetch(
        """
        SELECT id FROM endpoints
        WHERE id = ANY($1::uuid[])
          AND (failures > 0 OR daily_calls IS NOT NULL OR daily_budget IS NOT NULL OR concurrency IS NOT NULL
               OR retires_at IS NOT NULL OR state NOT IN ('warming', 'listed'))
        ORDER BY id FOR NO KEY UPDATE
        """,
        endpoint_ids,
    )
    if not bound:
        return
    claimed = await connection.fetch(
        f"""
        UPDATE endpoints
        SET cooled_until = CASE WHEN failures > 0 THEN now() + make_interval(secs => $2) ELSE cooled_until END
        WHERE id = ANY($1::uuid[]) AND {FREE}
          AND (NOT $3 OR failures = 0
               AND coalesce(calls_today(id) + 2 <= daily_calls, true)
               AND coalesce(battles_answering(id) + 2 <= concurrency, true))
        RETURNING id
        """,  # noqa: S608 - a constant
        [row["id"] for row in bound],
        TRIAL_SECONDS,
        twice,
    )
    if len(claimed) < len(bound):
        raise Unavailable


async def allows(db: Db, endpoint_id: UUID) -> bool:
    """Whether its provider allows one more call today; judges ask it in whatever state it is but retired."""
    return bool(
        await db.fetchval(
            """
            SELECT state <> 'retired' AND (daily_calls IS NULL OR calls_today(id) < daily_calls)
                   AND (daily_budget IS NULL OR spent_today(id) < daily_budget)
            FROM endpoints WHERE id = $1
            """,
            endpoint_id,
        )
    )


async def second_free_in(db: Db) -> float | None:
    """The seconds until a second endpoint can be called, None where fewer than two are drawn at all."""
    seconds: float | None = await db.fetchval(
        """
        SELECT greatest(0, extract(epoch FROM greatest(
            cooled_until,
            CASE WHEN calls_today(id) >= daily_calls OR spent_today(id) >= daily_budget
                 THEN date_trunc('day', now(), 'UTC') + interval '1 day' END
        ) - now()))::double precision AS seconds
        FROM endpoints
        WHERE state IN ('warming', 'listed') AND present_rate(state) > 0 AND (retires_at IS NULL OR retires_at > now())
        ORDER BY seconds OFFSET 1 LIMIT 1
        """
    )
    return seconds


def _target(row: _Row) -> Target:
    return Target(
        endpoint_id=row.id,
        base_url=row.base_url,
        model=row.model,
        dialect=row.dialect,
        parameters=row.parameters,
        system_prompt=row.system_prompt,
        allowed=frozenset(zip(row.addresses, row.ports, strict=True)),
        sealed=Sealed(row.master, row.sealed) if row.master and row.sealed else None,
    )
