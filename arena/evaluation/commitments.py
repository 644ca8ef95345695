"""Commitments: what the arena promises of a battle before it is answered, and what opens the promise after the vote.

The hash says nothing of what it was made from until the nonce is told; then nobody can have been shown another pair.
"""

import hashlib
import os
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from arena.db import Db
from arena.evaluation.pairing import Pairing

PAIR: Final = b"\x02"
VOTER: Final = b"\x03"
PROMPT: Final = b"\x04"
SECRET_BYTES: Final = 32


class Pledge(Struct, frozen=True):
    """A battle's pair in position order: contenders, the endpoints that answer for them (`sides`), how it was drawn.

    `draw` is None where nothing was drawn, `propensity` where somebody chose; it is written as `spelled` does, since
    not every JSON library writes a number alike.
    """

    battle: UUID
    contenders: list[UUID]
    sides: list[UUID]
    propensity: str | None
    draw: UUID | None


class Disclosed(Pledge, frozen=True):
    """What opens a commitment: the pledge and the nonce, in hexadecimal digits."""

    nonce: str


class Commitment(Struct, frozen=True):
    """What is kept of a battle's promise, and what the ledger records of it; hashes in hexadecimal digits.

    Voter and prompt are hashed with a salt that is destroyed when the voter's data are deleted: from then on the
    hashes are those of nobody and nothing, and every proof that goes over them still holds.
    """

    hash: bytes
    nonce: bytes
    salt: bytes
    leaf: dict[str, str]


def pledged(battle_id: UUID, pairing: Pairing, draw_id: UUID | None) -> Pledge:
    """What is promised of this battle, drawn from that draw."""
    return Pledge(
        battle_id,
        [entrant.contender_id for entrant in pairing.entrants],
        [entrant.target.endpoint_id for entrant in pairing.entrants],
        spelled(pairing.propensity),
        draw_id,
    )


def spelled(propensity: float | None) -> str | None:
    """A probability in the fewest digits that no other number has, with a point or an exponent."""
    return None if propensity is None else repr(float(propensity))


def make(pledge: Pledge, voter_id: UUID, prompt: str) -> Commitment:
    """Promise this pair in these positions, with a new nonce and a new salt."""
    nonce, salt = os.urandom(SECRET_BYTES), os.urandom(SECRET_BYTES)
    hashed = of(pledge, nonce)
    leaf = {
        "battle": str(pledge.battle),
        "commitment": hashed.hex(),
        "voter": hashlib.sha256(VOTER + salt + voter_id.bytes).hexdigest(),
        "prompt": hashlib.sha256(PROMPT + salt + prompt.encode()).hexdigest(),
    }
    return Commitment(hashed, nonce, salt, leaf)


def of(pledge: Pledge, nonce: bytes) -> bytes:
    """SHA-256(0x02 || nonce || canonical pledge), canonical being JSON without spaces and with keys in order."""
    plain = Pledge(pledge.battle, pledge.contenders, pledge.sides, pledge.propensity, pledge.draw)
    return hashlib.sha256(PAIR + nonce + msgspec.json.encode(plain, order="sorted")).digest()


async def disclose(db: Db, battle_id: UUID) -> Disclosed | None:
    """What opens the battle's commitment; None before the vote, and where none was made."""
    row = await db.fetchrow(
        """
        SELECT battles.id AS battle, met.contenders, met.sides, propensity, draw_id AS draw,
               encode(nonce, 'hex') AS nonce
        FROM battles
        CROSS JOIN LATERAL (
            SELECT coalesce(array_agg(contender_id ORDER BY position), '{}') AS contenders,
                   coalesce(array_agg(endpoint_id ORDER BY position), '{}') AS sides
            FROM sides WHERE battle_id = battles.id
        ) AS met
        WHERE battles.id = $1 AND state = 'voted' AND nonce IS NOT NULL
        """,
        battle_id,
    )
    return None if row is None else opened(dict(row))


def opened(row: dict[str, Any]) -> Disclosed:
    """An opening out of what is kept of the battle."""
    return msgspec.convert({**row, "propensity": spelled(row["propensity"])}, Disclosed)
