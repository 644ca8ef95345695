"""The life of `arena up` as somebody at a terminal sees it: it opens, survives, stops, and leaves nothing behind."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from arena.local import children
from tests import servers

CHECKOUT = Path(__file__).parents[2]
OPEN = "Arena is open at "
# What the promise says is three seconds; a machine that runs other tests as well is given some more.
STOP_SECONDS = 6.0
START_SECONDS = 60.0


async def within(seconds: float, happened: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it has happened, which another process says without an event."""
    async with asyncio.timeout(seconds):
        while not await happened():  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.05)


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

        await within(10, nobody_left)


Start = Callable[..., Coroutine[Any, Any, Up]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts `arena up` on one data folder, as often as the test likes."""
    started: list[Up] = []
    with servers.site() as site:

        async def up(*options: str) -> Up:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "arena", "up", "--port", "0", "--data", str(site.folder), *options),
                env={name: value for name, value in os.environ.items() if not name.startswith("ARENA_")},
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


async def status(url: str) -> int:
    async with aiohttp.ClientSession() as http, http.get(url, timeout=aiohttp.ClientTimeout(total=10)) as answer:
        return answer.status


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_opens_and_a_signal_stops_it_in_order(start: Start, number: signal.Signals) -> None:
    up = await start("--no-demo")
    assert await status(f"{await up.opened()}/health/ready") == 200
    assert any("PostgreSQL 18 initialised in " in line for line in up.said)
    assert {"postgres.lock", "valkey.lock", "worker.lock", "up.lock"} <= set(up.left_behind())
    code, seconds = await up.stop(number)
    assert code == 0
    assert seconds < STOP_SECONDS
    assert up.left_behind() == []


async def test_a_signal_while_it_starts_stops_it_as_well(start: Start) -> None:
    up = await start("--no-demo")
    await up.until("Valkey started")
    code, seconds = await up.stop(signal.SIGTERM)
    assert code == 0
    assert seconds < STOP_SECONDS
    assert up.left_behind() == []


async def test_a_second_one_on_the_folder_is_refused_with_a_sentence(start: Start) -> None:
    first = await start("--no-demo")
    address = await first.opened()
    second = await start("--no-demo")
    await second.until(f"An arena is already running on {first.folder} (process {first.process.pid})")
    assert await second.process.wait() == 1
    assert await status(f"{address}/health/ready") == 200


async def test_after_a_kill_nothing_is_left_and_it_starts_clean(start: Start) -> None:
    first = await start("--no-demo")
    await first.opened()
    await first.stop(signal.SIGKILL)
    second = await start("--no-demo")
    assert await status(f"{await second.opened()}/health/ready") == 200
    assert not any("initialised" in line for line in second.said)
    await second.stop(signal.SIGKILL)
    await second.gone()


async def test_servers_that_are_killed_are_started_again(start: Start) -> None:
    up = await start("--no-demo")
    address = await up.opened()
    note = next(up.folder.rglob("postmaster.pid"))
    os.kill(int(note.read_text().splitlines()[0]), signal.SIGKILL)
    await up.until("PostgreSQL ended unexpectedly (signal 9); starting it again")
    await up.until("PostgreSQL 18 started again")

    async def ready() -> bool:
        return await status(f"{address}/health/ready") == 200

    await within(10, ready)
    assert (await up.stop(signal.SIGTERM))[0] == 0


@pytest.mark.slow
async def test_a_signal_stops_it_while_two_models_are_answering(start: Start) -> None:
    up = await start()
    address = await up.opened()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        prompt = {"prompt": "Count slowly from one to two hundred, in words."}
        async with http.post(f"{address}/api/v1/battles", json=prompt) as opened:
            assert opened.status == 201, await opened.text()
            battle = (await opened.json())["id"]
        async with http.get(f"{address}/api/v1/battles/{battle}/stream") as stream:
            async for line in stream.content:
                if line.startswith(b"event: tick"):
                    break
            code, seconds = await up.stop(signal.SIGTERM)
    assert code == 0
    assert seconds < STOP_SECONDS
    assert up.left_behind() == []
