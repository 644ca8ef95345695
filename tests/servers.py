"""Real servers for tests: PostgreSQL and Valkey, each on a folder of its own that is gone afterwards."""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from arena.local import ground
from arena.local.ground import Ground
from arena.local.postgres import Postgres
from arena.local.valkey import Valkey

Server = TypeVar("Server", Postgres, Valkey)

DISK = Path("/tmp")
# A database of a test's own is a thousand small files, which a disk takes ten times as long to make and to remove.
MEMORY = Path("/dev/shm")
# Two servers at most run beside each other in a check, and each needs less than half of this.
ROOM = 4 * 2**30
PREFIX = "arena-test-"
# As long as a folder that was just made may be without its lock.
YOUNG_SECONDS = 60


@contextmanager
def site(above: Path = DISK) -> Iterator[Ground]:
    """A data folder where the servers' account gets to, unlike to pytest's folders of root."""
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=above))
    # Whoever was killed before they could remove their folder has it locked no longer.
    lock = os.open(folder, os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    folder.chmod(0o711)
    try:
        yield ground.prepare(folder)
    finally:
        shutil.rmtree(folder)
        os.close(lock)


def quickest() -> Path:
    """Where a server that may lose everything is put: in memory, where there is plenty, or else on the disk."""
    if not os.access(MEMORY, os.W_OK | os.X_OK):
        return DISK
    remove_left(MEMORY)
    return MEMORY if shutil.disk_usage(MEMORY).free >= ROOM else DISK


def remove_left(above: Path) -> None:
    """Remove the folders of runs that were killed: in memory they would stay until the machine is started anew."""
    for folder in above.glob(f"{PREFIX}*"):
        with suppress(OSError):  # Somebody else's, in use, or removed by others meanwhile.
            lock = os.open(folder, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if time.time() - folder.stat().st_ctime > YOUNG_SECONDS:
                    shutil.rmtree(folder)
            finally:
                os.close(lock)


@asynccontextmanager
async def postgres(*, durable: bool = False) -> AsyncIterator[Postgres]:
    """A fast PostgreSQL, or one that outlives a crash; `url` is its database, `url_of(name)` one that is created."""
    with site(DISK if durable else quickest()) as here:
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
