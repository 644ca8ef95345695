"""Real servers for tests: PostgreSQL and Valkey, each on a folder of its own that is gone afterwards."""

import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from arena.local import ground
from arena.local.ground import Ground
from arena.local.postgres import Postgres
from arena.local.valkey import Valkey


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
    """A PostgreSQL, fast unless it has to be durable.

    `url` is its database, `url_of(name)` another one that the test has created.
    """
    with site() as here:
        server = Postgres(here, durable=durable)
        try:
            await server.start()
            await server.ready()
            yield server
        finally:
            await server.stop()


@asynccontextmanager
async def valkey() -> AsyncIterator[Valkey]:
    """A Valkey; `url` is its address."""
    with site() as here:
        server = Valkey(here)
        try:
            await server.start()
            await server.ready()
            yield server
        finally:
            await server.stop()
