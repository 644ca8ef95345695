"""Children: one at a time, stopped within a deadline, explained when they fail."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from arena.local import children
from arena.local.children import Command, StartFailed
from tests import servers


@pytest.fixture
def sleeper() -> Iterator[Command]:
    with servers.site() as site:
        yield Command(
            name="The sleeper",
            arguments=["sleep", "60"],
            log=site.log("sleeper"),
            lock=site.lock("sleeper"),
            environment={"PATH": "/usr/bin:/bin"},
        )


def shell(command: Command, script: str) -> Command:
    return replace(command, arguments=["sh", "-c", script])


async def ready_never() -> bool:
    return False


async def test_a_stopped_child_has_ended_by_the_signal_it_was_asked_with(sleeper: Command) -> None:
    child = await children.start(sleeper)
    assert child.running
    await child.stop()
    assert await child.wait() == -signal.SIGTERM


async def test_a_child_that_does_not_listen_is_ended_by_force(sleeper: Command) -> None:
    deaf = replace(shell(sleeper, "trap '' TERM; echo deaf; while :; do sleep 1; done"), grace_seconds=0.1)
    child = await children.start(deaf)

    async def has_spoken() -> bool:
        return "deaf" in deaf.log.read_text()

    await children.until(has_spoken, child, seconds=10)
    await child.stop()
    assert await child.wait() == -signal.SIGKILL


async def test_a_second_one_waits_until_the_first_and_its_own_children_are_gone(sleeper: Command) -> None:
    # The shell ends at once and leaves the sleep behind, as a killed server leaves its workers.
    first = await children.start(shell(sleeper, "sleep 0.5 & exit 0"))
    await first.wait()
    began = time.monotonic()
    second = await children.start(sleeper)
    assert time.monotonic() - began > 0.2
    await second.stop()


async def test_a_first_one_that_never_goes_is_an_error(sleeper: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "EARLIER_RUN_SECONDS", 0.1)
    first = await children.start(sleeper)
    with pytest.raises(StartFailed, match="The sleeper of an earlier run is still there"):
        await children.start(sleeper)
    await first.stop()


async def test_a_child_that_ends_while_it_starts_is_quoted(sleeper: Command) -> None:
    child = await children.start(shell(sleeper, "echo no such disk >&2; exit 3"))
    with pytest.raises(StartFailed, match=r"ended while it started\. .*no such disk"):
        await children.until(ready_never, child, seconds=10)
    assert await child.wait() == 3


async def test_a_child_that_never_gets_ready_is_an_error_in_time(sleeper: Command) -> None:
    child = await children.start(sleeper)
    with pytest.raises(StartFailed, match="was not ready within"):
        await children.until(ready_never, child, seconds=0.05)
    await child.stop()


async def test_a_program_that_is_not_there_is_an_error(sleeper: Command) -> None:
    with pytest.raises(StartFailed, match="The sleeper could not be started: No such file"):
        await children.start(replace(sleeper, arguments=["/nowhere/sleep"]))


PARENT = """
import asyncio, pathlib, sys
from arena.local import children

async def main():
    folder = pathlib.Path(sys.argv[1])
    child = await children.start(children.Command(
        name="child", arguments=["sleep", "60"], log=folder / "log", lock=folder / "lock",
        environment={"PATH": "/usr/bin:/bin"},
    ))
    print("started", flush=True)
    await child.wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
async def test_a_child_ends_with_a_parent_that_is_killed(sleeper: Command) -> None:
    folder = sleeper.log.parent
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PARENT, folder, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert parent.stdout is not None
    assert await parent.stdout.readline() == b"started\n"
    parent.kill()
    await parent.wait()
    # A minute is far off, so a successor finds the lock free in time only because the child has ended.
    successor = await children.start(replace(sleeper, lock=folder / "lock"))
    await successor.stop()
