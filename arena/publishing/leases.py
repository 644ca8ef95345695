"""Leases: one worker at a time releases a board, and one that stands still is passed by."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from arena.db import Proxy
from arena.errors import ArenaError
from arena.integration.boards import Board

# A worker that refits says so every five seconds; after four silences it does not refit any more.
LEASE_SECONDS = 20.0

T = TypeVar("T")


class Busy(ArenaError):
    """This board is being released already."""

    status = 409


async def take(connection: Proxy, board: Board) -> None:
    """Hold the board until the caller's transaction ends; Busy while another one does."""
    if not await connection.fetchval("SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))", str(board.id)):
        await _end_if_stopped(connection, board)
        raise Busy


async def _end_if_stopped(connection: Proxy, board: Board) -> None:
    """End the session that has the board's lock, if nothing has been heard from it for as long as that means something.

    No timeout of PostgreSQL's does that wherever the worker was stopped: between the parts of one statement the session
    is not idle to it.
    """
    await connection.execute(
        """
        SELECT pg_terminate_backend(pid)
        FROM pg_locks JOIN pg_database ON pg_database.oid = database JOIN pg_stat_activity USING (pid)
        WHERE locktype = 'advisory' AND granted AND pg_database.datname = current_database()
          AND (classid::bigint << 32 | objid::bigint) = hashtextextended($1, 0) AND objsubid = 1
          AND state_change < clock_timestamp() - make_interval(secs => $2)
        """,
        str(board.id),
        LEASE_SECONDS,
    )


async def awake(connection: Proxy, work: Coroutine[Any, Any, T]) -> T:
    """What the work gives; while it is under way, the connection shows again and again that somebody is there."""
    working = asyncio.create_task(work)
    try:
        while not working.done():
            await asyncio.wait([working], timeout=LEASE_SECONDS / 4)
            await connection.execute("SELECT 1")
        return working.result()
    finally:
        working.cancel()
