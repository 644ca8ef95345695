"""What a running `arena up` says of itself, for commands that work on the same arena."""

from pathlib import Path

import msgspec

from arena.config import Settings
from arena.errors import ArenaError
from arena.local import children, ground
from arena.local.ground import Ground

FILE = "running.json"


class NotRunning(ArenaError):
    """No arena is running on this data folder."""


def say(site: Ground, settings: Settings) -> None:
    """Keep the settings that this arena runs with, its servers' addresses and passwords too, for its owner alone."""
    ground.write(site.folder / FILE, msgspec.json.encode(settings).decode())


def unsay(site: Ground) -> None:
    """Forget them, also those that a killed arena left."""
    (site.folder / FILE).unlink(missing_ok=True)


def settings(folder: Path) -> Settings:
    """The settings of the arena that runs on this folder; NotRunning where there is none, or none that is open yet."""
    folder = folder.resolve()
    if not _held(folder / "up.lock"):
        raise NotRunning(f"No arena is running on {folder}. Start it with `arena up`, or give its folder with --data.")
    try:
        return msgspec.json.decode((folder / FILE).read_bytes(), type=Settings)
    except FileNotFoundError:
        raise NotRunning(f"The arena on {folder} is starting or stopping; try again when it is open.") from None
    except msgspec.ValidationError as error:
        raise NotRunning(f"The arena on {folder} runs another version of this program ({error}); restart it.") from None


def _held(lock: Path) -> bool:
    if not lock.exists():
        return False
    with lock.open("r") as file:
        return not children.try_lock(file.fileno())
