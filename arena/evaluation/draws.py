"""Draws: among whom a pair was drawn, and how likely each of them was to be one of the two."""

import hashlib
import struct
from collections.abc import Mapping
from uuid import UUID

from arena.db import Connection, Proxy


async def keep(connection: Connection | Proxy, shares: Mapping[UUID, float]) -> UUID:
    """The draw of these endpoints with these probabilities, kept once however often it comes."""
    ids = sorted(shares)
    told = b"".join(one.bytes + struct.pack(">d", shares[one]) for one in ids)
    draw_id = UUID(bytes=hashlib.sha256(told).digest()[:16])
    await connection.execute(
        "INSERT INTO draws (id, endpoint_ids, shares) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING",
        draw_id,
        ids,
        [shares[one] for one in ids],
    )
    return draw_id
