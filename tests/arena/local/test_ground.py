"""The data folder: private, held by one arena, and reachable for the servers."""

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena.local import ground
from arena.local.ground import Ground, GroundRefused, SocketFolder
from tests import servers


@pytest.fixture
def site() -> Iterator[Ground]:
    with servers.site() as made:
        yield made


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_new_folder_shows_nothing_to_others(site: Ground) -> None:
    made = ground.prepare(site.folder / "new" / "var")
    assert mode(made.folder) == (0o711 if os.geteuid() == 0 else 0o700)
    assert mode(made.folder / "logs") == 0o700


def test_a_secret_is_made_once_and_is_for_its_owner_alone(site: Ground) -> None:
    first = ground.kept(site.folder / "secret", lambda: "made first")
    second = ground.kept(site.folder / "secret", lambda: "made second")
    assert first == second == "made first"
    assert mode(site.folder / "secret") == 0o600


def test_a_second_arena_on_the_folder_is_told_which_one_has_it(site: Ground) -> None:
    with (
        ground.claimed(site),
        pytest.raises(GroundRefused, match=rf"process {os.getpid()}\).*--data"),
        ground.claimed(site),
    ):
        pass
    with ground.claimed(site):
        pass


def test_a_file_in_the_place_of_the_folder_is_refused(site: Ground) -> None:
    (site.folder / "file").write_text("")
    with pytest.raises(GroundRefused, match="not a folder"):
        ground.prepare(site.folder / "file")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's servers have another account")
def test_below_a_closed_folder_roots_servers_get_a_place_that_they_can_reach(site: Ground) -> None:
    closed = site.folder / "closed"
    closed.mkdir(mode=0o700)
    made = ground.prepare(closed / "var")
    try:
        assert made.servers != made.folder
        assert all(path.stat().st_mode & stat.S_IXOTH for path in (made.servers, *made.servers.parents))
        assert mode(closed) == 0o700
        assert ground.prepare(closed / "var").servers == made.servers
    finally:
        shutil.rmtree(made.servers)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_the_folder_of_another_account_is_refused(site: Ground) -> None:
    theirs = site.folder / "theirs"
    theirs.mkdir()
    os.chown(theirs, 65534, 65534)
    with pytest.raises(GroundRefused, match="another account"):
        ground.prepare(theirs)


def test_a_socket_is_beside_its_server_where_that_path_will_do(site: Ground) -> None:
    assert SocketFolder(site, "valkey").path == site.servers / "valkey"


@pytest.mark.parametrize("name", ["long" * 30, "with,comma", "naïve"])
def test_a_socket_has_a_short_private_place_otherwise_and_a_killed_run_leaves_none(site: Ground, name: str) -> None:
    odd = site.folder / name
    odd.mkdir()
    odd.chmod(0o711)
    made = ground.prepare(odd)
    left_behind = SocketFolder(made, "valkey").path
    (left_behind / "valkey.sock").touch()
    next_run = SocketFolder(made, "valkey")
    assert not left_behind.exists()
    assert mode(next_run.path) == 0o700
    assert len(str(next_run.path)) < 60
    next_run.remove()
    assert not next_run.path.exists()
