"""Valkey as a child: a unix socket that only its owner may use, and a log of commands that a restart reads."""

import asyncio
from urllib.parse import quote

from arena.local import binaries, children
from arena.local.children import Child, Command
from arena.local.ground import Ground, SocketFolder

READY_SECONDS = 60.0
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


class Valkey:
    """A Valkey server on the ground given; it has an address from its start to its stop."""

    name = "Valkey"

    def __init__(self, site: Ground) -> None:
        self._site = site
        self._home = site.server("valkey")
        self._sockets: SocketFolder | None = None
        self._child: Child | None = None

    async def start(self) -> None:
        """Start the server."""
        self._sockets = self._sockets or SocketFolder(self._site, "valkey")
        program = binaries.valkey(copied=self._site.owner is not None)
        options = {
            "port": "0",
            "unixsocket": self._socket,
            "unixsocketperm": "700",
            "dir": str(self._home),
            "appendonly": "yes",
            "save": "",
        }
        self._child = await children.start(
            Command(
                name=self.name,
                arguments=[program, *(word for name, value in options.items() for word in (f"--{name}", value))],
                log=self._site.log("valkey"),
                lock=self._site.lock("valkey"),
                environment=ENVIRONMENT,
                folder=self._home,
                owner=self._site.owner,
            )
        )

    async def ready(self) -> str:
        """Wait until the server has read its data and answers; the line to tell people."""
        await children.until(self._answers, self.child, seconds=READY_SECONDS)
        return "Valkey started"

    async def stop(self) -> None:
        """Stop the server and remove its socket."""
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
        """The address of the server."""
        return f"unix://{quote(self._socket)}"

    @property
    def _socket(self) -> str:
        assert self._sockets is not None, "the server has not been started"
        return str(self._sockets.path / "valkey.sock")

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(1.0):
                reader, writer = await asyncio.open_unix_connection(self._socket)
        except OSError:  # Nobody listens yet; a TimeoutError is an OSError as well.
            return False
        try:
            writer.write(b"PING\r\n")
            async with asyncio.timeout(1.0):
                return (await reader.readline()).startswith(b"+PONG")
        except OSError:
            return False
        finally:
            writer.close()
