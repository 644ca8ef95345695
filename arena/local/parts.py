"""The parts of a local arena: what they have in common, and how one is kept running."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

from arena.errors import ArenaError
from arena.local.children import Child, StartFailed

MOST_DEATHS = 5
DEATHS_SECONDS = 60.0
FIRST_BACKOFF_SECONDS = 0.2

Say = Callable[[str], None]

log = logging.getLogger(__name__)


class KeepsDying(ArenaError):
    """A part of the arena ends again and again."""


class Part(Protocol):
    """One of the arena's children."""

    @property
    def name(self) -> str:
        """What people call it."""

    @property
    def child(self) -> Child:
        """Its process, once started."""

    async def start(self) -> None:
        """Start the process."""

    async def ready(self) -> str:
        """Wait until it is of use; the line to tell people."""

    async def stop(self) -> None:
        """Stop the process, if there is one."""


async def keep(part: Part, stop: asyncio.Event, say: Say) -> None:
    """Start a part again whenever it ends, until `stop` is set; ending too often is an error."""
    deaths: deque[float] = deque(maxlen=MOST_DEATHS)
    while True:
        code = await part.child.wait()
        if stop.is_set():
            return
        deaths.append(time.monotonic())
        recent = sum(deaths[-1] - death < DEATHS_SECONDS for death in deaths)
        log.warning("ended part=%s code=%s recent=%s", part.name, code, recent)
        if recent == MOST_DEATHS:
            file = part.child.command.log
            raise KeepsDying(f"{part.name} ended {MOST_DEATHS} times within a minute; its log is {file}.")
        say(f"{part.name} ended unexpectedly ({_how(code)}); starting it again")
        await asyncio.sleep(FIRST_BACKOFF_SECONDS * 2 ** (recent - 1))
        await _start_again(part, say)


async def _start_again(part: Part, say: Say) -> None:
    try:
        await part.start()
        say(f"{await part.ready()} again")
    except StartFailed as failure:
        say(str(failure))
        await part.child.stop()


def _how(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code}"
