from pathlib import Path

import pytest

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import archives, boards
from arena.integration.archives import Archive
from arena.publishing import releases
from rating import Outcome
from tests.builders import Visitor, contender, ready_battle
from tests.upstream import Provider


async def _released(db: Pool, settings: Settings, provider: Provider, times: int = 1) -> list[str]:
    entrants = [await contender(db, provider, "identity", name=name) for name in ("Anna", "Berta")]
    board, ids = await boards.require(db, "overall"), []
    for _ in range(times):
        battle, voter = await ready_battle(db, entrants)
        await votes.cast(db, battle.id, voter, Outcome.A)
        ids.append(str(await releases.refresh(db, board, settings)))
    return ids


async def test_boards_are_listed_and_an_unknown_one_is_named(visitor: Visitor) -> None:
    status, listed = await visitor.get("/api/v1/boards")
    assert status == 200
    assert [board["slug"] for board in listed["items"]] == ["overall"]
    assert listed["next"] is None
    status, problem = await visitor.get("/api/v1/boards/nonsense")
    assert (status, problem["detail"]) == (404, "There is no board called “nonsense”.")
    status, problem = await visitor.get("/api/v1/boards/overal")
    assert (status, problem["detail"]) == (404, "There is no board called “overal”. The nearest is overall.")


async def test_a_board_shows_its_latest_release_with_the_contracts_names(
    visitor: Visitor, db: Pool, settings: Settings, provider: Provider
) -> None:
    assert (await visitor.get("/api/v1/boards/overall"))[1]["release"] is None
    [release_id] = await _released(db, settings, provider)
    _, board = await visitor.get("/api/v1/boards/overall")
    assert board["release"]["id"] == release_id
    names = {"contender", "rating", "lower", "upper", "rank_lower", "rank_upper", "votes", "status", "group"}
    assert all(names <= set(standing) for standing in board["release"]["standings"])
    assert (await visitor.get(f"/api/v1/releases/{release_id}"))[1] == board["release"]


@pytest.mark.parametrize("path", ["boards", "boards/overall", "boards/overall/releases", "releases/{id}"])
async def test_what_has_not_changed_is_not_sent_again(
    visitor: Visitor, db: Pool, settings: Settings, provider: Provider, path: str
) -> None:
    [release_id] = await _released(db, settings, provider)
    address = f"/api/v1/{path.format(id=release_id)}"
    visitor.received.clear()
    assert (await visitor.get(address))[0] == 200
    etag = bytes(visitor.received).lower().partition(b"etag: ")[2].partition(b"\n")[0].decode()
    for same in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        assert await visitor.get(address, headers={"if-none-match": same}) == (304, "")
    assert (await visitor.get(address, headers={"if-none-match": '"other"'}))[0] == 200


async def test_releases_are_listed_newest_first_and_paged(
    visitor: Visitor, db: Pool, settings: Settings, provider: Provider
) -> None:
    ids = await _released(db, settings, provider, times=3)
    _, listed = await visitor.get("/api/v1/boards/overall/releases")
    assert [release["id"] for release in listed["items"]] == ids[::-1]
    _, older = await visitor.get("/api/v1/boards/overall/releases", params={"cursor": ids[2]})
    assert [release["id"] for release in older["items"]] == ids[-2::-1]
    for junk in ("yesterday", "\0", "9" * 5000):
        assert (await visitor.get("/api/v1/boards/overall/releases", params={"cursor": junk}))[0] in (200, 404)


async def test_an_unknown_release_is_not_there(visitor: Visitor) -> None:
    for release_id in ("0" * 64, "nonsense", "%00"):
        assert (await visitor.get(f"/api/v1/releases/{release_id}"))[0] == 404, release_id


async def test_an_imported_board_is_shown_like_any_other_with_its_attribution(
    visitor: Visitor, db: Pool, settings: Settings, tmp_path: Path
) -> None:
    file = tmp_path / "votes.csv"
    file.write_text("model_a,model_b,winner\nash,birch,model_a\n")
    archive = Archive(file=file, slug="trees", name="Trees", attribution="By Anna, https://example.org/terms")
    board = (await archives.bring(db, archive)).board
    release_id = await releases.refresh(db, board, settings)
    _, listed = await visitor.get("/api/v1/boards")
    assert [(each["slug"], each["source"], each["attribution"]) for each in listed["items"]] == [
        ("overall", "battles", None),
        ("trees", "imported", "By Anna, https://example.org/terms"),
    ]
    _, shown = await visitor.get("/api/v1/boards/trees")
    assert (shown["release"]["id"], shown["attribution"]) == (release_id, archive.attribution)
    assert [standing["name"] for standing in shown["release"]["standings"]] == ["ash", "birch"]
    _, page = await visitor.get("/leaderboard/trees")
    assert '<a href="https://example.org/terms"' in page
    assert "Nobody knows who cast these votes" in page
    assert "Votes that were cast elsewhere" in page
    assert "cast elsewhere" not in (await visitor.get("/leaderboard"))[1]
