"""Processes of ours: each ends with its parent, is watched, is stopped within a deadline, and is never there twice."""

import asyncio
import contextlib
import ctypes
import fcntl
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from arena.errors import ArenaError

PR_SET_PDEATHSIG = 1
EARLIER_RUN_SECONDS = 20.0
POLL_SECONDS = 0.01


class StartFailed(ArenaError):
    """A part of the arena could not be started."""


@dataclass(frozen=True)
class Owner:
    """The account a server runs as where the arena itself is run by root."""

    user: int
    group: int


@dataclass(frozen=True, kw_only=True)
class Command:
    """What to run, as whom, and how it is asked to end."""

    name: str
    arguments: Sequence[str | Path]
    log: Path
    lock: Path
    environment: Mapping[str, str]
    folder: Path = Path("/")
    owner: Owner | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 2.0


class Child:
    """A running process; it must be started from the main thread, whose end is the signal for the child's own."""

    def __init__(self, command: Command, process: "subprocess.Popen[bytes]") -> None:
        self.command = command
        self.process = process
        self._ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._watch, args=(loop,), daemon=True, name=f"watch {command.name}").start()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        self.process.wait()
        with contextlib.suppress(RuntimeError):  # The loop is closed where its owner did not wait for the end.
            loop.call_soon_threadsafe(self._ended.set)

    @property
    def running(self) -> bool:
        """Whether the process has not ended yet."""
        return not self._ended.is_set()

    async def wait(self) -> int:
        """Wait for the process to end; its exit code, negative for a signal."""
        await self._ended.wait()
        return self.process.wait()

    async def stop(self) -> None:
        """Ask the process to end, and end it by force when its grace is over."""
        self.process.send_signal(self.command.stop_signal)
        try:
            async with asyncio.timeout(self.command.grace_seconds):
                await self._ended.wait()
        except TimeoutError:
            self.process.kill()
            await self._ended.wait()


async def start(command: Command, *, first: Callable[[], None] | None = None) -> Child:
    """Start a child, once every process of an earlier run of it is gone and then `first` has been done.

    The child inherits the lock on its lock file and hands it to its own children, so the lock is free exactly when all
    of them have ended, however they ended.
    """
    with command.lock.open("a") as lock:
        await _acquire(lock.fileno(), command.name)
        if first is not None:
            first()
        try:
            return Child(command, _spawn(command, lock.fileno()))
        except OSError as error:
            raise StartFailed(f"{command.name} could not be started: {error.strerror or error}.") from None


async def until(ready: Callable[[], Awaitable[bool]], child: Child, *, seconds: float) -> None:
    """Wait until the child is ready; one that ends or stays silent instead is an error that quotes its log."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while child.running:
                if await ready():
                    return
                await asyncio.sleep(POLL_SECONDS)
    raise failed(child, f"was not ready within {seconds:.0f} s" if child.running else "ended while it started")


def failed(child: Child, how: str) -> StartFailed:
    """The error that says what became of a child, with the last line of its log."""
    log = child.command.log
    return StartFailed(f"{child.command.name} {how}. Its log, {log}, ends with: {_last_line(log)}")


async def _acquire(lock: int, name: str) -> None:
    try:
        async with asyncio.timeout(EARLIER_RUN_SECONDS):
            while not try_lock(lock):  # noqa: ASYNC110 - a file lock has no event, and waiting in a thread no deadline
                await asyncio.sleep(POLL_SECONDS)
    except TimeoutError:
        raise StartFailed(
            f"{name} of an earlier run is still there after {EARLIER_RUN_SECONDS:.0f} s; end it and start again."
        ) from None


def try_lock(file: int) -> bool:
    """Take the lock on an open file if it is free."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _spawn(command: Command, lock: int) -> "subprocess.Popen[bytes]":
    owner = command.owner
    with command.log.open("ab") as log:
        return subprocess.Popen(  # noqa: S603 - every argument is ours
            command.arguments,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=command.environment,
            cwd=command.folder,
            pass_fds=(lock,),
            # A session of its own, so that Ctrl-C reaches the supervisor alone, which then stops the rest in order.
            start_new_session=True,
            user=owner.user if owner else None,
            group=owner.group if owner else None,
            extra_groups=[] if owner else None,
            preexec_fn=_end_with_parent(command.stop_signal),
        )


def _end_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Have the kernel signal the child when its parent dies; only Linux can."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def arrange() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(number))
        if os.getppid() != parent:  # The parent died before the kernel was told.
            os._exit(1)

    return arrange


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "(nothing)")
