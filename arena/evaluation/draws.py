"""Draws: among whom a pair was drawn, and how likely each of them was to be one of the two."""

import hashlib
import struct
from collections.abc import Mapping
from uuid import UUID

from msgspec import Struct


class Draw(Struct, frozen=True):
    """The endpoints of a draw and their probabilities; equal draws have the same id."""

    id: UUID
    endpoint_ids: list[UUID]
    shares: list[float]


def of(shares: Mapping[UUID, float]) -> Draw:
    """The draw of these endpoints with these probabilities."""
    ids = sorted(shares)
    told = b"".join(one.bytes + struct.pack(">d", shares[one]) for one in ids)
    return Draw(UUID(bytes=hashlib.sha256(told).digest()[:16]), ids, [shares[one] for one in ids])
