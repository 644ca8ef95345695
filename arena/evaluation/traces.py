"""Traces: which battles came from one network or one browser, in codes that are others every week and soon deleted."""

import hmac
from datetime import UTC, datetime
from ipaddress import IPv6Network, ip_network
from typing import Final
from uuid import UUID

from msgspec import Struct

from arena.db import Connection, Db, Proxy

CODE_BYTES: Final = 8
# A household or an office has a /48 of IPv6 at most.
IPV6_BITS: Final = 48


class Trace(Struct, frozen=True):
    """A network and a browser, as this week's codes for them."""

    network: bytes
    agent: bytes


def of(network: str, agent: str, secret: str, *, now: datetime | None = None) -> Trace:
    """The week's codes for a block of addresses and a browser's name for itself; neither can be had back from them.

    The key is HMAC-SHA-256 of the secret and the ISO week, and a code is the first 64 bits of one of that key, so that
    codes of different weeks have nothing in common.
    """
    year, week, _ = (now or datetime.now(UTC)).isocalendar()
    key = hmac.digest(secret.encode(), f"traces {year}-{week}".encode(), "sha256")
    return Trace(_code(key, "network", _block(network)), _code(key, "agent", agent))


def _code(key: bytes, kind: str, text: str) -> bytes:
    return hmac.digest(key, f"{kind} {text}".encode(errors="surrogatepass"), "sha256")[:CODE_BYTES]


def _block(network: str) -> str:
    try:
        block = ip_network(network)
    except ValueError:
        return network
    return str(block.supernet(new_prefix=IPV6_BITS) if isinstance(block, IPv6Network) else block)


# A part of the statement that records votes, which reads `given` (battle_id, network, agent) and `recorded`.
KEPT: Final = """
        trace AS (
            INSERT INTO traces (battle_id, moment, network, agent)
            SELECT battle_id, 'voted', network, agent FROM recorded JOIN given USING (battle_id)
            WHERE network IS NOT NULL AND agent IS NOT NULL
            ON CONFLICT (battle_id, moment) DO NOTHING
        )"""


async def sweep(db: Db, *, days: int, now: datetime | None = None) -> int:
    """Delete what is older than so many days; how many that were. `now` is the database's unless told otherwise."""
    status = await db.execute(
        "DELETE FROM traces WHERE kept_at < coalesce($2::timestamptz, now()) - make_interval(days => $1)", days, now
    )
    return int(status.split()[-1])


async def forget(connection: Connection | Proxy, voter_id: UUID) -> None:
    """Delete where this voter's battles came from."""
    await connection.execute(
        "DELETE FROM traces USING battles WHERE battles.id = battle_id AND voter_id = $1", voter_id
    )
