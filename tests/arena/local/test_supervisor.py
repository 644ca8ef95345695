"""The settings of a local arena, and what is refused before anything is started."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from arena.errors import SettingsWrong
from arena.local import children, parts, supervisor
from arena.local.children import Child, Command
from arena.local.parts import KeepsDying
from arena.ports import PortTaken
from tests import servers

SECRET = "s" * 43


def test_a_local_board_shows_votes_soon_unless_told_otherwise() -> None:
    assert supervisor._settings({}, port=None, secret=SECRET).release_seconds == 5
    told = supervisor._settings({"ARENA_RELEASE_SECONDS": "60"}, port=None, secret=SECRET)
    assert told.release_seconds == 60


def test_the_command_line_goes_before_the_environment() -> None:
    environment = {"ARENA_PORT": "9001", "ARENA_HOST": "::1", "ARENA_SECRET": "t" * 32}
    settings = supervisor._settings(environment, port=9000, secret=SECRET)
    assert (settings.port, settings.host, settings.secret) == (9000, "::1", "t" * 32)
    assert supervisor._settings(environment, port=None, secret=SECRET).port == 9001


@pytest.mark.parametrize("name", ["ARENA_DATABASE_URL", "ARENA_REDIS_URL"])
def test_the_address_of_somebody_elses_server_is_refused(name: str) -> None:
    with pytest.raises(SettingsWrong, match=name):
        supervisor._settings({name: "elsewhere"}, port=None, secret=SECRET)


async def test_a_taken_port_is_refused_before_anything_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("ARENA_")]:
        monkeypatch.delenv(name)
    with servers.site() as site, socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=f"Port {port} .*--port"):
            await supervisor.up(site.folder, port=port, demo=False, stop=asyncio.Event(), say=print)
        assert not (site.folder / "postgres").exists()


class Mayfly:
    """A part that ends as soon as it has started."""

    name = "The mayfly"

    def __init__(self, folder: Path) -> None:
        self.command = Command(
            name=self.name,
            arguments=["false"],
            log=folder / "log",
            lock=folder / "lock",
            environment={"PATH": "/usr/bin:/bin"},
        )
        self.child: Child

    async def start(self) -> None:
        self.child = await children.start(self.command)

    async def ready(self) -> str:
        return "Mayfly started"

    async def stop(self) -> None:
        await self.child.stop()


async def test_a_part_that_ends_again_and_again_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "FIRST_BACKOFF_SECONDS", 0.001)
    part = Mayfly(tmp_path)
    await part.start()
    said: list[str] = []
    async with asyncio.timeout(60):
        with pytest.raises(KeepsDying, match="ended 5 times within a minute"):
            await parts.keep(part, asyncio.Event(), said.append)
    assert said.count("The mayfly ended unexpectedly (exit code 1); starting it again") == 4


async def test_a_part_that_ends_because_the_arena_stops_stays_ended(tmp_path: Path) -> None:
    part = Mayfly(tmp_path)
    await part.start()
    stop = asyncio.Event()
    stop.set()
    said: list[str] = []
    async with asyncio.timeout(60):
        await parts.keep(part, stop, said.append)
    assert said == []
