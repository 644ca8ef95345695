"""The ground the local arena stands on: its folder, what is kept there, and where its servers may keep theirs."""

import contextlib
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from arena.errors import ArenaError
from arena.local import children
from arena.local.children import Owner

NOBODY = Owner(user=65534, group=65534)
# A socket's address holds 104 bytes on some systems, its file's name among them; commas and the like mean something
# in the addresses of databases.
SOCKET_FOLDER = re.compile(r"[A-Za-z0-9/._ -]{1,80}")


class GroundRefused(ArenaError):
    """The data folder can't be used."""


@dataclass(frozen=True)
class Ground:
    """`folder` is ours alone (locks, secret, logs); `servers` has a folder for each server, given to its owner."""

    folder: Path
    servers: Path
    owner: Owner | None

    def log(self, name: str) -> Path:
        """Where a child's output goes."""
        return self.folder / "logs" / f"{name}.log"

    def lock(self, name: str) -> Path:
        """The file whose lock a child and its children hold while they live."""
        return self.folder / f"{name}.lock"

    def server(self, name: str) -> Path:
        """The folder of one server, readable by the account it runs as and by nobody else."""
        path = self.servers / name
        path.mkdir(mode=0o700, exist_ok=True)
        self.give(path)
        return path

    def give(self, path: Path) -> None:
        """Hand a file or folder to the account that the servers run as."""
        if self.owner is not None:
            os.chown(path, self.owner.user, self.owner.group, follow_symlinks=False)


def prepare(folder: Path) -> Ground:
    """Make the data folder, private to this account, and find the place for the servers' files.

    Run by root, the servers have another account. It may pass through the folder (mode 0711) to its own; where it can't
    even get there, because a folder above is closed to others, the servers' files go to the system's state folder.
    """
    folder = folder.resolve()
    as_root = os.geteuid() == 0
    if not folder.exists():
        folder.mkdir(parents=True)
        folder.chmod(0o711 if as_root else 0o700)
    if not folder.is_dir():
        raise GroundRefused(f"{folder} is not a folder; give another one with --data.")
    if folder.stat().st_uid != os.geteuid():
        raise GroundRefused(f"{folder} belongs to another account; give a folder of your own with --data.")
    (folder / "logs").mkdir(mode=0o700, exist_ok=True)
    if not as_root:
        return Ground(folder, folder, None)
    return Ground(folder, folder if _open_to_others(folder) else _elsewhere(folder), NOBODY)


@contextlib.contextmanager
def claimed(ground: Ground) -> Iterator[None]:
    """Hold the data folder; a second arena on it is refused."""
    with (ground.folder / "up.lock").open("a+") as lock:
        if not children.try_lock(lock.fileno()):
            lock.seek(0)
            raise GroundRefused(
                f"An arena is already running on {ground.folder} (process {lock.read().strip() or 'starting'}). "
                "Stop it first, or give this one another folder with --data."
            )
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield


def kept(path: Path, make: Callable[[], str]) -> str:
    """What the file says; the first time what `make` gives, written whole or not at all, for its owner's eyes alone."""
    if not path.exists():
        write(path, make())
    return path.read_text()


def write(path: Path, text: str) -> None:
    """Put a private file in place, whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


class SocketFolder:
    """Where a server's socket is: its own folder, or a private one under /tmp where that path is too long or odd.

    The private folder is noted in the data folder, so that the next run removes what a killed one left.
    """

    def __init__(self, ground: Ground, name: str) -> None:
        self._note = ground.folder / f"{name}.socket"
        self.remove()
        self.path = ground.server(name)
        if not SOCKET_FOLDER.fullmatch(str(self.path)):
            self.path = Path(tempfile.mkdtemp(prefix="arena-", dir="/tmp"))
            write(self._note, str(self.path))
            ground.give(self.path)

    def remove(self) -> None:
        """Remove the private folder, if there is one, with the sockets in it."""
        if not self._note.exists():
            return
        folder = Path(self._note.read_text())
        with contextlib.suppress(OSError):  # It is gone, or the system has cleaned /tmp and another one has the name.
            for entry in folder.iterdir():
                entry.unlink()
            folder.rmdir()
        self._note.unlink()


def state_folder() -> Path:
    """The system's folder for what must be reachable by the servers' account; only root makes or changes it."""
    base = next(path for path in (Path("/var/lib"), Path("/var/db"), Path("/var")) if path.is_dir())
    return _public(base / "arena-up")


def _elsewhere(folder: Path) -> Path:
    return _public(state_folder() / hashlib.sha256(os.fsencode(folder)).hexdigest()[:16])


def _public(path: Path) -> Path:
    path.mkdir(exist_ok=True)
    path.chmod(0o711)  # Whatever the umask: others pass through, and see nothing.
    return path


def _open_to_others(folder: Path) -> bool:
    return all(path.stat().st_mode & stat.S_IXOTH for path in (folder, *folder.parents))
