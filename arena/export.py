"""`arena export` and `arena verify`: a release's files in a folder, and whether they agree."""

import asyncio
import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from arena import db
from arena.config import Settings
from arena.errors import Refused
from arena.publishing import exports, manifests, verify
from arena.publishing.manifests import Manifest
from arena.terminal import Progress

SUMS = "SHA256SUMS"
BLOCK = 1 << 20


class FolderTaken(Refused):
    """There is something in this folder already. Choose another one, or an empty one."""


class ManifestUnreadable(Refused):
    """This is no manifest of a release."""


class DoesNotAgree(Refused):
    """Something does not agree."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """Which release, where to, and which of its files."""

    release: str
    folder: Path
    files: Sequence[str]


async def run(settings: Settings, order: Order, *, say: Callable[[str], None]) -> None:
    """Write the release's files into the folder, with their checksums."""
    progress = Progress(sys.stderr)
    await asyncio.to_thread(_make, order.folder)
    async with db.pool(settings.database_url, size=2) as pool:
        source = await manifests.require(pool, order.release)
        for name in order.files:
            await exports.write(
                pool,
                source,
                name,
                order.folder / name,
                delay_days=settings.conversation_days,
                seen=lambda rows, name=name: progress.say(f"{name}: {rows:,} rows"),  # type: ignore[misc]  # bound here
            )
    progress.clear()
    sums = await asyncio.to_thread(_sums, order)
    say(f"Release {source.release}\n{sums}Written to {order.folder}")


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FolderTaken


def _sums(order: Order) -> str:
    lines = []
    for name in order.files:
        with (order.folder / name).open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    (order.folder / SUMS).write_text("".join(lines), encoding="utf-8")
    return "".join(lines)


async def fetched(settings: Settings, release: str, votes: Path | None, folder: Path) -> tuple[Manifest, Path]:
    """The manifest of a release of a running arena, and its votes, written into the folder unless they are given."""
    async with db.pool(settings.database_url, size=2) as pool:
        source = await manifests.require(pool, release)
        if votes is None:
            votes = folder / "votes.parquet"
            await exports.write(pool, source, votes.name, votes, delay_days=settings.conversation_days)
    return source.manifest, votes


def read(release: Path, votes: Path | None) -> tuple[Manifest, Path]:
    """The manifest in a folder of files, or the file itself, and the votes beside it unless they are given."""
    file = release / "manifest.json" if release.is_dir() else release
    try:
        manifest = msgspec.json.decode(file.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise ManifestUnreadable(
            "{file} is no manifest of a release: {fault}.", file=str(file), fault=str(error)
        ) from None
    return manifest, votes or file.parent / "votes.parquet"


def check(manifest: Manifest, votes: Path, *, say: Callable[[str], None]) -> None:
    """Say line by line what agrees; DoesNotAgree if something doesn't."""
    progress = Progress(sys.stderr)
    failed = 0
    try:
        for line in verify.lines(
            manifest, votes, seen=lambda rows: progress.say(f"Reading {votes.name}: {rows:,} votes")
        ):
            progress.clear()
            say(f"{'--  ' if line.agrees is None else 'ok  ' if line.agrees else 'FAIL'} {line.told}")
            failed += line.agrees is False
    finally:
        progress.clear()
    if failed:
        raise DoesNotAgree(
            "{failed} of the above do not agree with release {release}.", failed=failed, release=manifest.release
        )
    say(f"Everything agrees with release {manifest.release}.")
