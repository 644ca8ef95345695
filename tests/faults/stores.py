"""Stores that are stopped, crashed, frozen and brought back at the same address."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from arena.local.postgres import Postgres
from arena.local.valkey import Valkey

FAST = signal.SIGINT
IMMEDIATE = signal.SIGQUIT


async def start(store: Postgres | Valkey) -> None:
    """Start the store and wait until it answers."""
    await store.start()
    await store.ready()


async def stop(store: Postgres | Valkey, how: signal.Signals = FAST) -> None:
    """Stop the store; its socket's place stays its own, so that it comes back at the same address."""
    store.child.process.send_signal(how)
    await store.child.wait()


@asynccontextmanager
async def away(store: Postgres | Valkey, how: signal.Signals = FAST) -> AsyncIterator[None]:
    """Without the store for as long as the block lasts; back, and ready, when it is left."""
    await stop(store, how)
    try:
        yield
    finally:
        await start(store)


@contextmanager
def frozen(store: Postgres | Valkey) -> Iterator[None]:
    """The store takes connections and answers nothing for as long as the block lasts."""
    processes = [store.child.process.pid, *_children(store.child.process.pid)]
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in reversed(processes):
            os.kill(process, signal.SIGCONT)


def _children(parent: int) -> list[int]:
    """The processes that PostgreSQL has made for its sessions and its own work."""
    told = (path.read_text() for path in Path(f"/proc/{parent}/task").glob("*/children"))
    return [int(child) for text in told for child in text.split()]
