"""Endpoints: where one contender is reached at one provider, and which addresses it may use."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy, many
from arena.upstream import Dialect, Target


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
    """A contender that can be met in a battle, and where to reach it."""

    contender_id: UUID
    target: Target


class _Row(Struct, frozen=True):
    id: UUID
    contender_id: UUID
    base_url: str
    model: str
    dialect: Dialect
    parameters: dict[str, Any]
    system_prompt: str | None
    addresses: list[str]
    ports: list[int]


async def enter(db: Connection | Proxy, endpoint: Endpoint, grants: list[Grant]) -> UUID:
    """List a contender's endpoint with its grants, in place of what stood there before."""
    async with db.transaction():
        endpoint_id: UUID = await db.fetchval(
            """
            INSERT INTO endpoints (contender_id, provider_id, base_url, model, dialect, parameters, system_prompt,
                                   state)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 'listed')
            ON CONFLICT (contender_id) DO UPDATE
            SET provider_id = EXCLUDED.provider_id, base_url = EXCLUDED.base_url, model = EXCLUDED.model,
                dialect = EXCLUDED.dialect, parameters = EXCLUDED.parameters,
                system_prompt = EXCLUDED.system_prompt, state = EXCLUDED.state
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
        await db.execute("DELETE FROM allowed_addresses WHERE endpoint_id = $1", endpoint_id)
        await db.executemany(
            "INSERT INTO allowed_addresses (endpoint_id, address, port, reason) VALUES ($1, $2, $3, $4)",
            [(endpoint_id, grant.address, grant.port, grant.reason) for grant in grants],
        )
    return endpoint_id


async def pause(db: Db, provider_slug: str) -> None:
    """Take all listed endpoints of a provider out of new battles."""
    await db.execute(
        """
        UPDATE endpoints SET state = 'paused'
        WHERE state = 'listed' AND provider_id = (SELECT id FROM providers WHERE slug = $1)
        """,
        provider_slug,
    )


async def entrants(db: Db) -> list[Entrant]:
    """Every contender that new battles may draw, in a fixed order."""
    rows = await many(
        db,
        _Row,
        """
        SELECT endpoints.id, contender_id, base_url, model, dialect, parameters, system_prompt,
               coalesce(array_agg(host(address)) FILTER (WHERE address IS NOT NULL), '{}') AS addresses,
               coalesce(array_agg(port) FILTER (WHERE address IS NOT NULL), '{}') AS ports
        FROM endpoints LEFT JOIN allowed_addresses ON endpoint_id = endpoints.id
        WHERE state = 'listed'
        GROUP BY endpoints.id
        ORDER BY contender_id
        """,
    )
    return [Entrant(row.contender_id, _target(row)) for row in rows]


async def targets(db: Db, endpoint_ids: list[UUID]) -> list[Target]:
    """How to reach these endpoints, in the order asked for; for a battle that has begun, whatever their state."""
    rows = await many(
        db,
        _Row,
        """
        SELECT endpoints.id, contender_id, base_url, model, dialect, parameters, system_prompt,
               coalesce(array_agg(host(address)) FILTER (WHERE address IS NOT NULL), '{}') AS addresses,
               coalesce(array_agg(port) FILTER (WHERE address IS NOT NULL), '{}') AS ports
        FROM endpoints LEFT JOIN allowed_addresses ON endpoint_id = endpoints.id
        WHERE endpoints.id = ANY($1)
        GROUP BY endpoints.id
        ORDER BY array_position($1, endpoints.id)
        """,
        endpoint_ids,
    )
    return [_target(row) for row in rows]


def _target(row: _Row) -> Target:
    return Target(
        endpoint_id=row.id,
        base_url=row.base_url,
        model=row.model,
        dialect=row.dialect,
        parameters=row.parameters,
        system_prompt=row.system_prompt,
        allowed=frozenset(zip(row.addresses, row.ports, strict=True)),
    )
