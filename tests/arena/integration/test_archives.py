"""Archives: votes from a file become a board, all of them or none, once."""

import asyncio
import gzip
from pathlib import Path

import pyarrow.parquet
import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation.imports import AlreadyImported
from arena.integration import archives, boards, snapshots
from arena.integration.archives import Archive, ArchiveRefused
from arena.integration.boards import NotAnArchive, Source
from arena.local import demo
from arena.publishing import releases
from rating import Tally, rate, votefile
from rating.votefile import read
from tests import builders
from tests.rating.boards import golden

HEADER = b"model_a,model_b,winner,voter\n"
VOTES = HEADER + b"Ash,Birch,model_a,anna\nBirch,Ash,tie,berta\n"
ALL_TABLES = ("boards", "imports", "imported_votes", "contenders")


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return written(tmp_path, VOTES)


def written(folder: Path, content: bytes, name: str = "votes.csv") -> Archive:
    (folder / name).write_bytes(content)
    return Archive(file=folder / name, slug="old")


async def rows(db: Pool) -> list[int]:
    return [await db.fetchval(f"SELECT count(*) FROM {table}") for table in ALL_TABLES]


async def names(db: Pool) -> list[tuple[str, str]]:
    return [tuple(row) for row in await db.fetch("SELECT slug, name FROM contenders ORDER BY slug")]


async def test_the_ratings_are_those_of_the_same_votes(db: Pool, settings: Settings) -> None:
    brought = await archives.bring(db, demo.ARCHIVE)
    release_id = await releases.refresh(db, brought.board, settings)
    release = await releases.require(db, str(release_id))
    standings = rate(votefile.load(demo.ARCHIVE.file).tally, seed=snapshots.SEED)
    assert (release.votes, release.voters, brought.contenders) == (8931, 124, 59)
    shown = {standing.name: standing for standing in release.standings}
    for place, name in enumerate(standings.contenders):
        found = shown[name]
        # Voters have other names here, in another order, which moves the last bit of an interval and none of a rating.
        given = (found.lower, found.upper)
        assert given == pytest.approx((standings.lower[place], standings.upper[place]), rel=1e-12)
        assert found.rating == standings.rating[place]
        assert (found.rank_lower, found.rank_upper) == (standings.rank_lower[place], standings.rank_upper[place])
    scores: dict[str, float] = golden("llmfao-scores")["scores"]
    published = sorted(scores, key=lambda name: -scores[name])
    # The published fit takes a tie as half a win and has no prior, which moves some places; not the first.
    first = [standing.name for standing in release.standings][:10]
    assert first[0] == published[0]
    assert len({*first} & {*published[:10]}) >= 9


async def test_parquet_comes_in_like_any_other_file(db: Pool, archive: Archive) -> None:
    columns = {"model_a": ["Ash", "Birch"], "model_b": ["Birch", "Ash"], "winner": ["model_a", "tie"], "voter": [7, 8]}
    parquet = archive.file.with_suffix(".parquet")
    pyarrow.parquet.write_table(pyarrow.table(columns), parquet)
    brought = await archives.bring(db, structs.replace(archive, file=parquet))
    assert (brought.votes, brought.contenders, brought.voters_known) == (2, 2, True)
    assert [row["line"] for row in await db.fetch("SELECT line FROM imported_votes ORDER BY line")] == [1, 2]
    parquet.write_bytes(parquet.read_bytes()[:-9])
    with pytest.raises(ArchiveRefused, match="damaged"):
        await archives.bring(db, structs.replace(archive, file=parquet))


async def test_votes_are_kept_with_where_they_come_from(db: Pool, tmp_path: Path) -> None:
    archive = written(tmp_path, VOTES, name="Old votes.csv")
    brought = await archives.bring(db, structs.replace(archive, attribution="By Anna."))
    assert (brought.votes, brought.contenders, brought.voters_known) == (2, 2, True)
    row = await db.fetchrow("SELECT file_name, votes, attribution, length(sha256) FROM imports")
    assert tuple(row or ()) == ("Old votes.csv", 2, "By Anna.", 64)
    kept = await db.fetch("SELECT line, outcome FROM imported_votes ORDER BY line")
    assert [tuple(row) for row in kept] == [(2, "a"), (3, "tie")]
    assert await names(db) == [("old--ash", "Ash"), ("old--birch", "Birch")]
    assert await db.fetchval("SELECT count(*) FROM endpoints") == 0


async def test_an_imported_board_is_behind_until_its_votes_are_released(
    db: Pool, settings: Settings, archive: Archive
) -> None:
    board = (await archives.bring(db, archive)).board
    overall = await boards.require(db, "overall")
    assert [await releases.behind(db, board), await releases.behind(db, overall)] == [True, False]
    snapshot = await builders.snapshot(db, board, settings)
    assert (snapshot.votes, snapshot.voters, snapshot.method["votes_without_voter"]) == (2, 2, 0)
    await releases.refresh(db, board, settings)
    assert not await releases.behind(db, board)


async def test_the_same_votes_again_are_refused_and_change_nothing(db: Pool, tmp_path: Path, archive: Archive) -> None:
    await archives.bring(db, archive)
    before = await rows(db)
    with pytest.raises(AlreadyImported, match="has these votes already"):
        await archives.bring(db, structs.replace(archive, name="Another name"))
    with pytest.raises(AlreadyImported):
        await archives.bring(db, written(tmp_path, gzip.compress(VOTES), name="packed.csv.gz"))
    assert await rows(db) == before
    assert (await boards.require(db, "old")).name == "old"
    await archives.bring(db, structs.replace(archive, slug="other"))


async def test_of_imports_at_once_one_wins_and_the_others_are_told(db: Pool, archive: Archive) -> None:
    done = await asyncio.gather(*(archives.bring(db, archive) for _ in range(4)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in done) == [*3 * ["AlreadyImported"], "Brought"]
    assert (await rows(db))[1:] == [1, 2, 2]


async def test_another_file_adds_to_the_board_and_a_voter_stays_who_they_are(
    db: Pool, settings: Settings, tmp_path: Path, archive: Archive
) -> None:
    await archives.bring(db, structs.replace(archive, attribution="By Anna."))
    more = written(tmp_path, HEADER + b"Ash,Cedar,model_b,anna\n", name="more.csv")
    board = (await archives.bring(db, structs.replace(more, name="Old votes", attribution="By Berta."))).board
    assert (board.name, board.attribution, board.source) == ("Old votes", "By Anna. By Berta.", Source.IMPORTED)
    snapshot = await builders.snapshot(db, board, settings)
    assert (snapshot.votes, snapshot.voters) == (3, 2)


async def test_votes_without_voters_count_one_by_one_and_the_method_says_so(
    db: Pool, settings: Settings, tmp_path: Path
) -> None:
    brought = await archives.bring(db, written(tmp_path, b"model_a,model_b,winner\n" + 5 * b"ash,birch,tie\n"))
    snapshot = await builders.snapshot(db, brought.board, settings)
    assert not brought.voters_known
    assert (snapshot.voters, snapshot.method["votes_without_voter"]) == (5, 5)


async def test_a_fault_in_the_last_line_leaves_nothing_behind(db: Pool, tmp_path: Path) -> None:
    before = await rows(db)
    with pytest.raises(ArchiveRefused, match=r"votes\.csv: Line 4, column “winner”: “left” is no outcome"):
        await archives.bring(db, written(tmp_path, VOTES + b"Ash,Birch,left,anna\n"))
    assert await rows(db) == before


async def test_a_board_of_battles_takes_no_votes_from_outside(db: Pool, archive: Archive) -> None:
    with pytest.raises(NotAnArchive, match="“overall” counts the votes of battles"):
        await archives.bring(db, structs.replace(archive, slug="overall"))
    assert (await rows(db))[1:] == [0, 0, 0]


@pytest.mark.parametrize("slug", ["", "Old", "-old", "a--b", "a/b", "é", 61 * "a"])
async def test_a_slug_that_names_no_board_is_refused(db: Pool, archive: Archive, slug: str) -> None:
    with pytest.raises(ArchiveRefused, match="can't name a board"):
        await archives.bring(db, structs.replace(archive, slug=slug))


@pytest.mark.parametrize("field", ["name", "attribution"])
@pytest.mark.parametrize("text", ["", "  ", "a\nb", "\udce9"])
async def test_an_unprintable_text_for_the_page_is_refused(db: Pool, archive: Archive, field: str, text: str) -> None:
    with pytest.raises(ArchiveRefused, match=f"The board's {field}"):
        await archives.bring(db, structs.replace(archive, **{field: text}))


async def test_names_that_slugs_cannot_tell_apart_are_contenders_of_their_own(db: Pool, tmp_path: Path) -> None:
    pairs = [("GPT 4", "GPT-4"), ("gpt 4", "通义千问"), ("通义千问", "文心一言"), (200 * "x", 199 * "x")]
    content = HEADER + "".join(f"{first},{second},tie,anna\n" for first, second in pairs).encode()
    await archives.bring(db, written(tmp_path, content))
    told = dict(await names(db))
    assert len(told) == len(set(told.values())) == 7
    assert told["old--gpt-4"] == "GPT 4"
    await archives.bring(db, written(tmp_path, content + b"GPT-4,GPT 4,tie,anna\n"))
    assert dict(await names(db)) == told


async def test_voters_are_not_kept_by_the_names_of_the_file(db: Pool, settings: Settings, archive: Archive) -> None:
    brought = await archives.bring(db, archive)
    await releases.refresh(db, brought.board, settings)
    kept = str(await db.fetch("SELECT imported_votes::text FROM imported_votes"))
    assert "anna" not in kept


async def test_the_votes_rated_are_those_of_the_file(db: Pool, settings: Settings, archive: Archive) -> None:
    board = (await archives.bring(db, archive)).board
    await builders.snapshot(db, board, settings)
    told = Tally.of_votes((*vote.contenders, vote.outcome, vote.voter or "") for vote in read(archive.file))
    wanted = dict(zip(told.contenders, rate(told).rating, strict=True))
    found = await db.fetch(
        "SELECT standings.name, rating FROM standings JOIN contenders ON contenders.id = contender_id"
    )
    assert {row["name"]: row["rating"] for row in found} == pytest.approx(wanted)
