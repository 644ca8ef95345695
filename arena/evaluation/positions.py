"""Positions: who of a pair is shown as A, in blocks of random length that nobody can foresee."""

import hmac
from itertools import permutations, product
from typing import Final
from uuid import UUID

from msgspec import structs

from arena.db import Db
from arena.evaluation.pairing import Pairing

# Four battles of a pair are two blocks of two or one of four; in every block both are A equally often.
BATTLES: Final = 4
TWOS: Final = tuple(one + other for one, other in product(((True, False), (False, True)), repeat=2))
FOURS: Final = tuple(sorted(set(permutations((True, True, False, False)))))


def low_first(key: UUID, battle: int) -> bool:
    """Whether the contender with the lower id is A in this battle of the pair, counted from 0.

    Blocks follow from the pair's key by HMAC-SHA-256, so that every server comes to the same ones.
    """
    digest = hmac.digest(key.bytes, (battle // BATTLES).to_bytes(8, "big"), "sha256")
    blocks = FOURS if digest[0] & 1 else TWOS
    return blocks[int.from_bytes(digest[1:9], "big") % len(blocks)][battle % BATTLES]


async def balance(db: Db, pairing: Pairing) -> Pairing:
    """The pairing with its contenders in the next positions of their blocks; a place that was given is used.

    One statement, so that battles that open at the same moment get places one after another, on whatever server.
    """
    low, high = sorted(pairing.entrants, key=lambda entrant: entrant.contender_id)
    row = await db.fetchrow(
        """
        INSERT INTO position_blocks (low_id, high_id) VALUES ($1, $2)
        ON CONFLICT (low_id, high_id) DO UPDATE SET used = position_blocks.used + 1
        RETURNING key, used
        """,
        low.contender_id,
        high.contender_id,
    )
    assert row is not None
    first = low_first(row["key"], row["used"] - 1)
    return structs.replace(pairing, entrants=(low, high) if first else (high, low))
