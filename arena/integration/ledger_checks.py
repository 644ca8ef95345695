"""Checks of the ledger: whether what is stored is what was signed. While it is not, nothing is released."""

import asyncio
import logging
from typing import Final

import asyncpg

from arena.db import Db, Pool, Proxy
from arena.integration import heads, merkle
from arena.integration.merkle import Growth

log = logging.getLogger(__name__)

BATCH: Final = 5_000
READ_SECONDS: Final = 600
CHANGED: Final = "The ledger's leaf {leaf} is not what it was when it was recorded."
GONE: Final = "The ledger's leaf {leaf} is gone."
HASHES: Final = "The ledger's hashes do not make the root that was signed for {leaf} leaves."
NOTE: Final = "The ledger's head of {leaf} leaves is not signed by its key."
VOTE: Final = "The vote of the ledger's leaf {leaf} is not what it was when it was recorded."


async def check(db: Pool) -> str | None:
    """Read the whole ledger, keep what was found and say it: a sentence about the first fault, or None.

    Each leaf must have the hash that was kept of it, these hashes must make every root that was signed, and each vote
    must be the one that its leaf tells of.
    """
    async with db.acquire() as connection:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            # Reading all of it takes longer than any other statement may.
            await connection.execute(f"SET LOCAL statement_timeout = '{READ_SECONDS}s'")
            size, fault = await _read(connection)
            fault = fault or await _votes(connection)
        await connection.execute("INSERT INTO ledger_checks (size, fault) VALUES ($1, $2)", size, fault)
    if fault:
        log.error("ledger broken size=%d fault=%s", size, fault)
    return fault


async def fault(db: Db) -> str | None:
    """What the last check found, None where all was well or nothing was checked yet."""
    found: str | None = await db.fetchval("SELECT fault FROM ledger_checks ORDER BY id DESC LIMIT 1")
    return found


async def _read(connection: Proxy) -> tuple[int, str | None]:
    signed = {row["size"]: row for row in await connection.fetch("SELECT size, root, note, key FROM ledger_heads")}
    growth, last = Growth(), max(signed, default=0)
    cursor = await connection.cursor(
        """
        SELECT leaves.index, data, hash FROM ledger_leaves AS leaves
        LEFT JOIN ledger_nodes AS nodes ON level = 0 AND nodes.index = leaves.index
        ORDER BY leaves.index
        """,
        timeout=READ_SECONDS,
    )
    while batch := await cursor.fetch(BATCH, timeout=READ_SECONDS):
        # Hashing holds everything else up for as long as it takes, so it is done beside it.
        found = await asyncio.to_thread(_fault, batch, growth, signed)
        if found:
            return last, found
    return last, None if growth.size == last else GONE.format(leaf=growth.size)


def _fault(batch: list[asyncpg.Record], growth: Growth, signed: dict[int, asyncpg.Record]) -> str | None:
    for row in batch:
        if row["index"] != growth.size:
            return GONE.format(leaf=growth.size)
        hashed = merkle.leaf(row["data"])
        if hashed != row["hash"]:
            return CHANGED.format(leaf=row["index"])
        for _ in growth.append(hashed):
            pass
        head = signed.get(growth.size)
        if head is not None and (told := _unsigned(head, growth.root)):
            return told.format(leaf=growth.size)
    return None


def _unsigned(head: asyncpg.Record, root: bytes) -> str | None:
    if head["root"] != root:
        return HASHES
    signed = heads.opened(head["note"], head["key"])
    return None if signed and (signed.size, signed.root) == (head["size"], root) else NOTE


async def _votes(connection: Proxy) -> str | None:
    """A vote that was rewritten, or taken away, after it was recorded."""
    index: int | None = await connection.fetchval(
        """
        SELECT min(index) FROM ledger_leaves LEFT JOIN votes ON votes.id = subject::uuid
        WHERE ledger_leaves.kind = 'vote'
          AND (outcome, battle_id::text) IS DISTINCT FROM (
              convert_from(data, 'UTF8')::jsonb->>'outcome', convert_from(data, 'UTF8')::jsonb->>'battle')
        """,
        timeout=READ_SECONDS,
    )
    return None if index is None else VOTE.format(leaf=index)
