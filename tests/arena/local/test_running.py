"""What commands learn of an arena that `up` runs."""

import os
import stat
from pathlib import Path

import pytest
from msgspec import structs

from arena.config import Settings
from arena.local import ground, running
from arena.local.running import NotRunning
from tests import servers

SETTINGS = Settings(database_url="postgresql://x", redis_url="redis://x", secret="s" * 32, replicates=7)


def test_the_settings_of_a_running_arena_are_found_and_private() -> None:
    with servers.site() as site, ground.claimed(site):
        running.say(site, SETTINGS)
        assert running.settings(site.folder) == SETTINGS
        assert stat.S_IMODE(os.stat(site.folder / "running.json").st_mode) == 0o600


def test_an_arena_that_is_not_open_yet_is_told_apart_from_none() -> None:
    with servers.site() as site:
        with ground.claimed(site), pytest.raises(NotRunning, match="is starting or stopping"):
            running.settings(site.folder)
        with pytest.raises(NotRunning, match=f"No arena is running on {site.folder}"):
            running.settings(site.folder)


def test_what_a_killed_arena_said_of_itself_is_not_believed() -> None:
    with servers.site() as site:
        running.say(site, SETTINGS)
        with pytest.raises(NotRunning, match="No arena is running"):
            running.settings(site.folder)
        running.unsay(site)
        with ground.claimed(site), pytest.raises(NotRunning, match="is starting"):
            running.settings(site.folder)


def test_an_arena_of_another_version_is_told(tmp_path: Path) -> None:
    with servers.site() as site, ground.claimed(site):
        running.say(site, structs.replace(SETTINGS, port=-1))
        with pytest.raises(NotRunning, match="another version"):
            running.settings(site.folder)
