"""Processes to be measured: started on a core of their own, asked what they have used, and ended."""

import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from arena import db as database
from tests import servers

START_SECONDS = 30.0
STOP_SECONDS = 30.0
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
MEGABYTE = 1 << 20

# What is measured has this core to itself, as far as the machine allows; who measures it has the others.
MEASURED = min(os.sched_getaffinity(0))
OTHERS = os.sched_getaffinity(0) - {MEASURED} or {MEASURED}


@dataclass(frozen=True)
class Running:
    """A process that serves: its number and where it listens."""

    pid: int
    port: int

    def cpu_seconds(self) -> float:
        """Processor time that it has used so far, its threads' included."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def megabytes(self) -> float:
        """Memory that it occupies now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / MEGABYTE


@asynccontextmanager
async def running(
    *arguments: str, cores: set[int], environment: Mapping[str, str] | None = None
) -> AsyncIterator[Running]:
    """A Python module as a process of its own; it prints an address with a port when it listens."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        *arguments,
        stdout=PIPE,
        env={**os.environ, **(environment or {})},
        preexec_fn=partial(os.sched_setaffinity, 0, cores),
    )
    try:
        async with asyncio.timeout(START_SECONDS):
            port = await _port(process)
        yield Running(process.pid, port)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()


async def _port(process: asyncio.subprocess.Process) -> int:
    assert process.stdout is not None
    async for line in process.stdout:
        if found := re.search(rb"http://\S+:([0-9]+)", line):
            return int(found[1])
    raise RuntimeError("The process ended before it listened; its own words are above.")


@dataclass(frozen=True)
class House:
    """An arena to be measured: its server, where its database is, and the secret of its cookies."""

    server: Running
    database_url: str
    secret: str


@asynccontextmanager
async def house(*, durable: bool, cores: set[int], **settings: str) -> AsyncIterator[House]:
    """`arena serve` as it is run in production, on servers of its own."""
    secret = "s" * 32
    async with AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(servers.postgres(durable=durable))
        valkey = await stack.enter_async_context(servers.valkey())
        await database.migrate(postgres.url)
        own = {"ARENA_DATABASE_URL": postgres.url, "ARENA_REDIS_URL": valkey.url, "ARENA_SECRET": secret}
        environment = {**own, "ARENA_PORT": "0", "ARENA_DRAIN_SECONDS": "0", **settings}
        server = await stack.enter_async_context(running("arena", "serve", cores=cores, environment=environment))
        yield House(server, postgres.url, secret)


def watch_from_the_others() -> None:
    """Keep this process, and whatever it starts without a core of its own, off the core of what is measured."""
    os.sched_setaffinity(0, OTHERS)
