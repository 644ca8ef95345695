"""The other way: the tests that face the stores, on a PostgreSQL and a Redis started apart, as in production.

`python -m tests.apart [options of pytest]` takes this machine's own programs, the oldest PostgreSQL from 15 on. They
listen on ports and ask for a password; the database's role may make databases and nothing else, and texts are ordered
as in English. Where there are none, it takes those of `arena up` and says so.
"""

import asyncio
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from arena import db as database
from arena import ports
from arena.local import binaries, children, ground
from arena.local.children import Command
from arena.local.ground import Ground
from arena.local.postgres import NOT_DURABLE
from tests import servers

FACING = [
    *(f"tests/arena/{room}" for room in ("api", "evaluation", "integration", "people", "publishing", "submission")),
    *(f"tests/arena/{room}" for room in ("workers", "test_app.py", "test_cli.py", "test_db.py", "test_production.py")),
]
# What upstream does beside the stores' own faults is the same on any of them, and takes minutes; so do the long tests.
LEFT_OUT = "--ignore=tests/arena/evaluation/test_beside_faults.py"
OLDEST = 15
READY_SECONDS = 60.0
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
ENGLISH = ("--locale-provider=icu", "--icu-locale=en-US")
OURS = ("--locale-provider=builtin", "--locale=C.UTF-8")
ALIKE = "*** NOT RUN on another {name} than that of `arena up`: there is none of its own on this machine. ***"


@dataclass(frozen=True)
class Programs:
    """What is started: a folder with initdb and postgres, how texts are ordered there, and a Redis server."""

    postgres: Path
    order: tuple[str, ...]
    redis: Path
    missing: list[str]


def _found(owned: bool) -> Programs:
    postgres, redis = _postgres_of_the_machine(), shutil.which("redis-server") or shutil.which("valkey-server")
    return Programs(
        postgres or binaries.postgres(copied=owned) / "bin",
        ENGLISH if postgres else OURS,
        Path(redis) if redis else binaries.valkey(copied=owned),
        [ALIKE.format(name=name) for name, found in (("PostgreSQL", postgres), ("Redis", redis)) if not found],
    )


def _postgres_of_the_machine() -> Path | None:
    on_path = shutil.which("initdb")
    folders = {*Path("/usr/lib/postgresql").glob("*/bin"), *([Path(on_path).resolve().parent] if on_path else [])}
    versions = {folder: _version(folder / "postgres") for folder in folders if (folder / "postgres").exists()}
    return min((folder for folder in versions if versions[folder] >= OLDEST), key=lambda it: versions[it], default=None)


def _version(program: Path) -> int:
    told = re.search(r"\) (\d+)", _says(program))
    return int(told[1]) if told else 0


def _says(program: Path) -> str:
    return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()


@asynccontextmanager
async def _running(command: Command, answers: Callable[[], Awaitable[bool]]) -> AsyncIterator[None]:
    child = await children.start(command)
    try:
        await children.until(answers, child, seconds=READY_SECONDS)
        yield
    finally:
        await child.stop()


def _command(site: Ground, name: str, *arguments: str | Path) -> Command:
    log, lock = site.log(name), site.lock(name)
    return Command(name=name, arguments=arguments, log=log, lock=lock, environment=ENVIRONMENT, owner=site.owner)


@asynccontextmanager
async def _postgres(site: Ground, programs: Programs) -> AsyncIterator[str]:
    """A PostgreSQL on a port; the address of a role of it that may make databases, and nothing else."""
    home, port, superuser = site.server("postgres"), _free_port(), secrets.token_hex(16)
    note = home / "password"
    ground.write(note, superuser)
    site.give(note)
    cluster = (
        "-D",
        home / "data",
        f"--pwfile={note}",
        "--username=postgres",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
    )
    made = await children.start(_command(site, "initdb", programs.postgres / "initdb", *cluster, *programs.order))
    if await made.wait() != 0:
        raise children.failed(made, "could not make its cluster")
    options = (f"--port={port}", "--listen_addresses=127.0.0.1", "--unix_socket_directories=", *NOT_DURABLE)
    command = _command(site, "PostgreSQL", programs.postgres / "postgres", "-D", home / "data", *options)
    at = f"127.0.0.1:{port}"
    async with _running(command, lambda: _has_role(f"postgresql://postgres:{superuser}@{at}/postgres", superuser)):
        yield f"postgresql://arena:{superuser}@{at}/postgres"


async def _has_role(url: str, password: str) -> bool:
    try:
        connection = await database.connect(url)
    except database.AWAY:
        return False
    await connection.execute(f"CREATE ROLE arena LOGIN CREATEDB PASSWORD '{password}'")
    await connection.close()
    return True


@asynccontextmanager
async def _redis(site: Ground, programs: Programs) -> AsyncIterator[str]:
    """A Redis on a port; its address."""
    home, port, password = site.server("redis"), _free_port(), secrets.token_hex(16)
    settings = home / "redis.conf"
    ground.write(settings, f"bind 127.0.0.1\nport {port}\nrequirepass {password}\ndir {home}\nsave ''\n")
    site.give(settings)
    url = f"redis://:{password}@127.0.0.1:{port}/0"
    async with _running(_command(site, "Redis", programs.redis, settings), lambda: _pongs(url)):
        yield url


async def _pongs(url: str) -> bool:
    try:
        async with Redis.from_url(url) as client:
            return bool(await client.ping())
    except (RedisError, OSError):
        return False


def _free_port() -> int:
    with ports.bind("127.0.0.1", 0) as taken:
        return int(taken.getsockname()[1])


async def run(options: list[str]) -> int:
    """Start the servers, run the tests on them, and give pytest's exit code; asked to end, leave nothing behind."""
    running = asyncio.current_task()
    assert running is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, running.cancel)
    async with AsyncExitStack() as stack:
        site = stack.enter_context(servers.site(servers.quickest()))
        programs = _found(site.owner is not None)
        print(f"On {_says(programs.postgres / 'postgres')} and {_says(programs.redis)}", flush=True)
        urls = {
            "ARENA_TEST_DATABASE_URL": await stack.enter_async_context(_postgres(site, programs)),
            "ARENA_TEST_REDIS_URL": await stack.enter_async_context(_redis(site, programs)),
        }
        command = (sys.executable, "-m", "pytest", "-m", "not slow", LEFT_OUT, *FACING, *options)
        tests = await asyncio.create_subprocess_exec(*command, env={**os.environ, **urls})
        try:
            code = await tests.wait()
        finally:
            if tests.returncode is None:
                tests.terminate()
                await tests.wait()
    for line in programs.missing:
        print(line, file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    with suppress(asyncio.CancelledError):
        sys.exit(asyncio.run(run(sys.argv[1:])))
    sys.exit(128 + signal.SIGTERM)
