"""Real servers for tests: PostgreSQL and Valkey, each on a folder of its own that is gone afterwards."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

from arena.local import ground
from arena.local.ground import Ground
from arena.local.postgres import Postgres
from arena.local.valkey import Valkey

Server = TypeVar("Server", Postgres, Valkey)


@contextmanager
def site() -> Iterator[Ground]:
    """A data folder below /tmp, where the servers' account gets to, unlike to pytest's folders of root."""
    folder = Path(tempfile.mkdtemp(prefix="arena-test-", dir="/tmp"))
    folder.chmod(0o711)
    try:
        yield ground.prepare(folder)
    finally:
        shutil.rmtree(folder)


@asynccontextmanager
async def postgres(*, durable: bool = False) -> AsyncIterator[Postgres]:
    """A fast PostgreSQL, or one that outlives a crash; `url` is its database, `url_of(name)` one that is created."""
    with site() as here:
        async with _running(Postgres(here, durable=durable)) as server:
            yield server


@asynccontextmanager
async def valkey() -> AsyncIterator[Valkey]:
    """A Valkey; `url` is its address."""
    with site() as here:
        async with _running(Valkey(here)) as server:
            yield server


@asynccontextmanager
async def _running(server: Server) -> AsyncIterator[Server]:
    try:
        await server.start()
        await server.ready()
        yield server
    finally:
        await server.stop()
