"""`arena up` as a process of its own, and a real browser."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from arena.db import Pool
from arena.local import children
from tests import servers
from tests.builders import contender, until
from tests.conftest import Open
from tests.upstream import Provider

CHECKOUT = Path(__file__).parents[2]
OPEN = "Arena is open at "
# What the promise says is three seconds; a machine that runs other tests as well is given some more.
STOP_SECONDS = 6.0
START_SECONDS = 60.0


class Up:
    """A running `arena up` and what it has said."""

    def __init__(self, folder: Path, process: asyncio.subprocess.Process) -> None:
        self.folder = folder
        self.process = process
        self.said: list[str] = []

    async def until(self, words: str) -> str:
        """Read on until it says these words; the rest of that line."""
        assert self.process.stdout is not None
        async with asyncio.timeout(START_SECONDS):
            async for raw in self.process.stdout:
                self.said.append(raw.decode().rstrip())
                _, found, after = self.said[-1].partition(words)
                if found:
                    return after
        raise AssertionError(f"it never said {words!r}, but {self.said}")

    async def opened(self) -> str:
        """Its address, once it is open."""
        return (await self.until(OPEN)).split()[0]

    async def stop(self, number: signal.Signals) -> tuple[int, float]:
        """Send a signal; the exit code, and how long it took to end."""
        began = time.monotonic()
        self.process.send_signal(number)
        async with asyncio.timeout(START_SECONDS):
            code = await self.process.wait()
        return code, time.monotonic() - began

    def left_behind(self) -> list[str]:
        """The locks that some process still holds; each child and each of its children holds its own."""
        held = []
        for path in sorted(self.folder.glob("*.lock")):
            with path.open("a") as lock:
                if not children.try_lock(lock.fileno()):
                    held.append(path.name)
        return held

    async def gone(self) -> None:
        """Wait until no process of it is left."""

        async def nobody_left() -> bool:
            return not self.left_behind()

        await until(nobody_left, seconds=10)


Start = Callable[..., Coroutine[Any, Any, Up]]


def _environment() -> dict[str, str]:
    """The environment without settings of ours, but that no battle is a control: the board stays as it is after one."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("ARENA_")}
    return others | {"ARENA_CONTROL_SHARE": "0"}


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts `arena up` on one data folder, as often as the test likes."""
    started: list[Up] = []
    with servers.site() as site:

        async def up(*options: str) -> Up:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "arena", "up", "--port", "0", "--data", str(site.folder), *options),
                env=_environment(),
                cwd=CHECKOUT,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            started.append(Up(site.folder, process))
            return started[-1]

        yield up
        for one in started:
            if one.process.returncode is None:
                await one.stop(signal.SIGKILL)
            await one.gone()


@pytest.fixture
async def arena_of_broken_sides(open_arena: Open, db: Pool, provider: Provider) -> str:
    """An arena in which every battle breaks."""
    for model in ("identity", "status500"):
        await contender(db, provider, model)
    return await open_arena()


@pytest.fixture
async def arena_of_scripts(open_arena: Open, db: Pool, provider: Provider) -> str:
    """An arena whose contenders try to run something in the page."""
    attack = (
        "<script>alert(1); globalThis.broken = true</script>\n\n"
        "<img src=x onerror=alert(1)>\n\n[a](javascript:alert(1))\n\n"
        "```html\n<iframe srcdoc='<script>'>\n```\n\nalert(1)"
    )
    provider.script("attack", [attack[at : at + 9] for at in range(0, len(attack), 9)])
    for _ in range(2):
        await contender(db, provider, "attack")
    return await open_arena()
