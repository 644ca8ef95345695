"""The folders of the tests' servers: gone afterwards, and later where a run was killed before it could remove them."""

from pathlib import Path

import pytest

from tests import servers


def test_what_a_killed_run_left_is_removed_and_what_is_in_use_or_just_made_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(servers, "PREFIX", "kept-")
    young = tmp_path / "kept-young"
    young.mkdir()
    (tmp_path / "other").mkdir()
    servers.remove_left(tmp_path)
    assert young.exists()
    monkeypatch.setattr(servers, "YOUNG_SECONDS", -1)
    with servers.site(tmp_path) as site:
        servers.remove_left(tmp_path)
        assert sorted(tmp_path.iterdir()) == sorted([site.folder, tmp_path / "other"])
    assert list(tmp_path.iterdir()) == [tmp_path / "other"]
