"""`arena` commands as processes of their own, which can be signalled and killed."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from arena.config import Settings

CHECKOUT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Running:
    """An `arena` command that runs as a process of its own."""

    process: asyncio.subprocess.Process
    said: str

    @property
    def address(self) -> str:
        """Where it is open, as it said itself."""
        return self.said.rpartition(" ")[2]

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        async with asyncio.timeout(60):
            return await self.process.wait()

    async def end(self) -> None:
        """End it by force, if it has not ended yet."""
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


Run = Callable[..., Awaitable[Running]]


async def start(command: str, settings: Settings, *, seconds_off: int) -> Running:
    """Start a command with these settings and its clock so far off; `serve` is open when this returns."""
    given = structs.asdict(settings)
    program = ("tests.faults.stepped", str(seconds_off)) if seconds_off else ("arena",)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *program, command),
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"]} | {f"ARENA_{name.upper()}": str(it) for name, it in given.items()},
        stdout=asyncio.subprocess.PIPE,
    )
    if command != "serve":
        return Running(process, "")
    assert process.stdout is not None
    async with asyncio.timeout(60):
        return Running(process, (await process.stdout.readline()).decode().strip())
