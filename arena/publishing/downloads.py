"""Downloads: a release's files as they are asked for, each written once and kept for whoever asks next."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final

import arena
from arena.config import Settings
from arena.db import Pool
from arena.errors import ArenaError
from arena.publishing import exports
from arena.publishing.manifests import Source

MOST_FILES: Final = 12
# Writing more votes than this would keep those waiting who vote meanwhile, so another process does it, which takes a
# second to start.
MOST_HERE: Final = 20_000
WRITE_SECONDS: Final = 600
NICE: Final = 10
BLOCK: Final = 1 << 18
# What may be published of a conversation changes from day to day; everything else of a release never does.
DAILY: Final = "conversations.jsonl"


class NotWritten(ArenaError):
    """This file could not be written. Try again later."""

    status = 503


class Downloads:
    """The files that this process has written, the oldest going first; one is written at a time."""

    def __init__(self, db: Pool, settings: Settings, folder: Path) -> None:
        self._db = db
        self._settings = settings
        self._folder = folder
        self._writing = asyncio.Lock()
        self._written: dict[str, Path] = {}

    async def open(self, source: Source, name: str, *, now: datetime | None = None) -> BinaryIO:
        """The file, open for reading; it can be read to its end whatever becomes of its place."""
        key = tag(source, name, now=now)
        async with self._writing:
            if key not in self._written:
                while len(self._written) >= MOST_FILES:
                    oldest = self._written.pop(next(iter(self._written)))
                    await asyncio.to_thread(oldest.unlink, missing_ok=True)
                path = self._folder / key
                await self._write(source, name, path)
                self._written[key] = path
            return await asyncio.to_thread(self._written[key].open, "rb")

    async def _write(self, source: Source, name: str, path: Path) -> None:
        if source.manifest.record["votes"]["count"] > MOST_HERE:
            await _write_apart(self._settings, source, name, path)
        else:
            await exports.write(self._db, source, name, path, delay_days=self._settings.conversation_days)


async def _write_apart(settings: Settings, source: Source, name: str, path: Path) -> None:
    """Write the file as `arena export` does, at the processor's leisure."""
    # Nothing else that this process was told is that one's business.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("ARENA_")}
    told = {
        "ARENA_DATABASE_URL": settings.database_url,
        "ARENA_REDIS_URL": settings.redis_url,
        "ARENA_SECRET": settings.secret,
        "ARENA_CONVERSATION_DAYS": str(settings.conversation_days),
    }
    folder = path.with_suffix(".writing")
    process = await asyncio.create_subprocess_exec(
        *("nice", "-n", str(NICE), sys.executable, "-m", "arena"),
        *("export", source.release, "--files", name, "--out", str(folder)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=Path(arena.__file__).parent.parent,
        env={**plain, **told},
    )
    try:
        async with asyncio.timeout(WRITE_SECONDS):
            if await process.wait() == 0:
                await asyncio.to_thread((folder / name).rename, path)
                return
    except TimeoutError:
        raise NotWritten from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    raise NotWritten


def tag(source: Source, name: str, *, now: datetime | None = None) -> str:
    """What tells this content from any other."""
    day = f"-{now or datetime.now(UTC):%Y%m%d}" if name == DAILY else ""
    return f"{source.release}{day}-{name}"


async def blocks(file: BinaryIO) -> AsyncIterator[bytes]:
    """What is in the file; it is closed at its end, or when nobody reads on."""
    with file:
        while block := await asyncio.to_thread(file.read, BLOCK):
            yield block


@asynccontextmanager
async def opened(db: Pool, settings: Settings) -> AsyncIterator[Downloads]:
    """Downloads with a folder of their own, which goes with them."""
    folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="arena-downloads-"))
    try:
        yield Downloads(db, settings, folder)
    finally:
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
