"""PostgreSQL as a child: its own cluster, a unix socket only, and a password."""

import asyncio
import secrets
import shutil
import signal
from pathlib import Path
from urllib.parse import quote

from arena.local import binaries, children, ground
from arena.local.children import Child, Command
from arena.local.ground import Ground, SocketFolder

INIT_SECONDS = 120.0
READY_SECONDS = 120.0
PORT = 5432  # The socket's file is named after it; nothing listens on a port.
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
INITDB_OPTIONS = (
    "--username=arena",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    # The same order of texts on every system.
    "--locale-provider=builtin",
    "--locale=C.UTF-8",
    "--no-sync",
    "--no-instructions",
)
# The log is kept short because such a server may lie in memory.
NOT_DURABLE = (
    *("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"),
    *("-c", "max_wal_size=256MB"),
)


class Postgres:
    """A PostgreSQL server on the ground given; it has an address from its start to its stop.

    With durable=False it is faster and loses everything in a crash of the machine, which is for tests.
    """

    name = "PostgreSQL"

    def __init__(self, site: Ground, *, durable: bool = True) -> None:
        self._site = site
        self._home = site.server("postgres")
        self._data = self._home / "data"
        self._durable = durable
        self._initialised = False
        self._sockets: SocketFolder | None = None
        self._child: Child | None = None

    async def start(self) -> None:
        """Start the server; the first time, make its cluster before."""
        self._sockets = self._sockets or SocketFolder(self._site, "postgres")
        programs = binaries.postgres(copied=self._site.owner is not None) / "bin"
        if not self._data.exists():
            await self._initialise(programs / "initdb")
        command = self._command(programs / "postgres", "-D", self._data, *self._options(self._sockets.path))
        # No process of an earlier run is left by then, so its note of who is running is stale; but PostgreSQL would
        # believe it where that process number now belongs to something else of the same account.
        self._child = await children.start(
            command, first=lambda: (self._data / "postmaster.pid").unlink(missing_ok=True)
        )

    async def ready(self) -> str:
        """Wait until the server takes connections; the line to tell people."""
        await children.until(self._accepts, self.child, seconds=READY_SECONDS)
        version = (self._data / "PG_VERSION").read_text().strip()
        done = f"initialised in {self._home}" if self._initialised else "started"
        self._initialised = False  # Starting again after a crash is no news of that kind.
        return f"PostgreSQL {version} {done}"

    async def stop(self) -> None:
        """Stop the server, ending the sessions it has, and remove its socket."""
        if self._child is not None:
            await self._child.stop()
        if self._sockets is not None:
            self._sockets.remove()
            self._sockets = None

    @property
    def child(self) -> Child:
        """The server's process."""
        assert self._child is not None, "the server has not been started"
        return self._child

    @property
    def url(self) -> str:
        """The address of the database."""
        return self.url_of("postgres")

    def url_of(self, database: str) -> str:
        """The address of a database of this server."""
        assert self._sockets is not None, "the server has not been started"
        host = quote(str(self._sockets.path), safe="")
        return f"postgresql://arena:{self._password().read_text()}@/{quote(database)}?host={host}&port={PORT}"

    def _password(self) -> Path:
        path = self._home / "password"
        ground.kept(path, lambda: secrets.token_urlsafe(32))
        return path

    async def _initialise(self, initdb: Path) -> None:
        """Make the cluster beside its place and move it there when it is whole."""
        unfinished = self._data.with_name("data.part")
        password = self._password()
        self._site.give(password)
        self._child = await children.start(
            self._command(initdb, "-D", unfinished, f"--pwfile={password}", *INITDB_OPTIONS),
            first=lambda: shutil.rmtree(unfinished, ignore_errors=True),
        )
        async with asyncio.timeout(INIT_SECONDS):
            code = await self._child.wait()
        if code != 0:
            raise children.failed(self._child, "could not be initialised")
        unfinished.rename(self._data)
        self._initialised = True

    def _options(self, sockets: Path) -> list[str]:
        return [
            f"--port={PORT}",
            "--listen_addresses=",
            # The setting is a list, so a path with a blank is quoted.
            f'--unix_socket_directories="{sockets}"',
            "--unix_socket_permissions=0700",
            *(() if self._durable else NOT_DURABLE),
        ]

    def _command(self, *arguments: str | Path) -> Command:
        return Command(
            name=self.name,
            arguments=arguments,
            log=self._site.log("postgres"),
            lock=self._site.lock("postgres"),
            environment=ENVIRONMENT,
            owner=self._site.owner,
            stop_signal=signal.SIGINT,  # What PostgreSQL calls a fast shutdown.
            grace_seconds=5.0,
        )

    async def _accepts(self) -> bool:
        """Whether the server's own note says so; the eighth line of it is the state."""
        note = self._data / "postmaster.pid"
        lines = note.read_text().splitlines() if note.exists() else []
        return len(lines) > 7 and lines[0] == str(self.child.process.pid) and lines[7].strip() == "ready"
