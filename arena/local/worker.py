"""The worker as a child: `arena work` with the same settings as the server."""

import os
import sys
from pathlib import Path

import arena
from arena import config
from arena.config import Settings
from arena.local import children
from arena.local.children import Child, Command
from arena.local.ground import Ground


class Worker:
    """The process that works through the jobs."""

    name = "The worker"

    def __init__(self, site: Ground, settings: Settings) -> None:
        self._site = site
        self._settings = settings
        self._child: Child | None = None

    async def start(self) -> None:
        """Start the worker; the settings go through its environment, as arguments are there for everybody to read."""
        self._child = await children.start(
            Command(
                name=self.name,
                arguments=[sys.executable, "-m", "arena", "work"],
                log=self._site.log("worker"),
                lock=self._site.lock("worker"),
                environment=_environment(self._settings),
                folder=Path(arena.__file__).parent.parent,
            )
        )

    async def ready(self) -> str:
        """Nobody waits for the worker; the line to tell people."""
        return "Worker started"

    async def stop(self) -> None:
        """Stop the worker; a job it is in the middle of is done again by the next one."""
        if self._child is not None:
            await self._child.stop()

    @property
    def child(self) -> Child:
        """The worker's process."""
        assert self._child is not None, "the worker has not been started"
        return self._child


def _environment(settings: Settings) -> dict[str, str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith(config.PREFIX)}
    ours = {f"{config.PREFIX}{name.upper()}": str(getattr(settings, name)) for name in settings.__struct_fields__}
    return others | ours
