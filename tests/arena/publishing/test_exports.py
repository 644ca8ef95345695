"""Exports and verification: what a stranger takes home is the release, and anybody can tell whether it is."""

import asyncio
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pandas
import polars
import pyarrow.parquet
import pytest
from msgspec import structs

from arena import cli, export
from arena import db as database
from arena.config import Settings
from arena.db import Pool
from arena.evaluation import battles, exclusions, forgetting, pairing, votes
from arena.evaluation.exclusions import Reason, Remark
from arena.integration import archives, boards, heads, ledger
from arena.local import demo
from arena.publishing import downloads, exports, manifests, releases, verify
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests.builders import ANSWERS, Visitor, contender, ready_battle
from tests.upstream import Provider

README = (Path(__file__).parents[3] / "README.md").read_text()
VOTES = b"model_a,model_b,winner,voter\nAsh,Birch,model_a,anna\nBirch,Ash,tie,berta\nAsh,Cedar,model_b,anna\n"


async def exported(db: Pool, settings: Settings, folder: Path, release: str) -> Path:
    order = export.Order(release=release, folder=folder, files=list(manifests.FILES))
    said: list[str] = []
    await export.run(settings, order, say=said.append)
    return folder


async def board_of(db: Pool, settings: Settings, folder: Path) -> str:
    (folder / "votes.csv").write_bytes(VOTES)
    brought = await archives.bring(db, archives.Archive(file=folder / "votes.csv", slug="old"))
    return await releases.refresh(db, brought.board, settings)


def verified(folder: Path, votes: str = "votes.parquet") -> tuple[int, list[str]]:
    said: list[str] = []
    try:
        export.check(*export.read(folder, folder / votes), say=said.append)
    except export.DoesNotAgree:
        return 1, said
    return 0, said


def checked(folder: Path) -> tuple[int, str]:
    """What the verifier says that is published with the release, run as a stranger runs it."""
    files = ["manifest.json", "votes.jsonl", "excluded.jsonl"]
    command = [sys.executable, "-I", str(folder / "verify.py"), *(str(folder / file) for file in files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    return done.returncode, done.stdout + done.stderr


async def test_a_board_released_exported_imported_elsewhere_and_released_again_is_the_same_release(
    db: Pool, settings: Settings, empty_database_url: str, tmp_path: Path
) -> None:
    board = (await archives.bring(db, demo.ARCHIVE)).board
    release = await releases.refresh(db, board, settings)
    here = await exported(db, settings, tmp_path / "here", release)
    await database.migrate(empty_database_url)
    elsewhere = structs.replace(settings, database_url=empty_database_url)
    async with database.pool(empty_database_url, size=2) as other:
        archive = structs.replace(demo.ARCHIVE, file=here / "votes.parquet", name=None)
        brought = await archives.bring(other, archive)
        assert await releases.refresh(other, brought.board, elsewhere) == release
        there = await exported(other, elsewhere, tmp_path / "there", release)
    for file in ("votes.jsonl", "votes.parquet", "excluded.jsonl"):
        assert (here / file).read_bytes() == (there / file).read_bytes()
    for folder in (here, there):
        assert verified(folder) == (0, verified(folder)[1])
        code, said = checked(folder)
        assert (code, "FAIL" in said) == (0, False), said
        assert f"release id: {release}" in said


async def test_the_ledgers_proof_of_a_release_is_checked_by_both(db: Pool, settings: Settings, tmp_path: Path) -> None:
    release = await board_of(db, settings, tmp_path)
    assert (
        "--   ledger: this release names none" in checked(await exported(db, settings, tmp_path / "early", release))[1]
    )
    await ledger.append(db, heads.key(settings))
    folder = await exported(db, settings, tmp_path / "out", release)
    code, said = checked(folder)
    assert (code, "ok   ledger: leaf" in said) == (0, True), said
    assert verified(folder)[0] == 0
    whole = json.loads((folder / "manifest.json").read_text())
    for name, value in (("data", "e30="), ("hashes", whole["ledger"]["hashes"][1:]), ("leaf", 0)):
        changed = whole | {"ledger": whole["ledger"] | {name: value}}
        (folder / "manifest.json").write_text(json.dumps(changed))
        assert "FAIL ledger" in checked(folder)[1], name
        assert verified(folder)[0] == 1


async def test_one_changed_vote_is_told_by_both(db: Pool, settings: Settings, tmp_path: Path) -> None:
    folder = await exported(db, settings, tmp_path / "out", await board_of(db, settings, tmp_path))
    assert (verified(folder, "votes.jsonl")[0], checked(folder)[0]) == (0, 0)
    text = (folder / "votes.jsonl").read_text()
    (folder / "votes.jsonl").write_text(text.replace('"winner":"model_b"', '"winner":"tie"', 1))
    code, said = verified(folder, "votes.jsonl")
    assert code == 1
    assert any(line.startswith("FAIL digest of the votes") for line in said)
    code, told = checked(folder)
    assert code == 1
    assert "FAIL digest of the votes" in told
    assert "FAIL ratings" in told
    assert "ok   release id" in told


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda manifest: manifest["made_of"].update(seed=7), "FAIL release id"),
        (lambda manifest: manifest["record"]["contenders"][0].update(theta=0.5), "FAIL record"),
        (lambda manifest: manifest["record"]["contenders"][0].update(theta=0.5), "FAIL ratings"),
        (lambda manifest: manifest["record"]["contenders"][0].update(votes=9), "FAIL votes of each contender"),
    ],
)
async def test_a_changed_manifest_is_told(
    db: Pool, settings: Settings, tmp_path: Path, change: object, told: str
) -> None:
    folder = await exported(db, settings, tmp_path / "out", await board_of(db, settings, tmp_path))
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)  # type: ignore[operator]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    code, said = checked(folder)
    assert (code, told in said) == (1, True), said
    assert verified(folder)[0] == 1


async def test_the_manifests_command_gives_the_releases_table(
    db: Pool, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    board = (await archives.bring(db, demo.ARCHIVE)).board
    release = await releases.require(db, await releases.refresh(db, board, settings))
    folder = await exported(db, settings, tmp_path / "out", board.slug)
    manifest = json.loads((folder / "manifest.json").read_text())
    monkeypatch.chdir(folder)
    assert cli.main(manifest["command"].split()[1:]) == 0
    capsys.readouterr()
    found = json.loads((folder / "ratings.json").read_text())["ratings"]
    columns = ("rating", "lower", "upper", "rank_lower", "rank_upper", "votes", "status", "separation", "group")
    told = [{"contender": line.name, **{name: getattr(line, name) for name in columns}} for line in release.standings]
    assert sorted(found, key=str) == sorted(told, key=str)


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta")]


async def test_exclusions_are_published_with_their_reason_and_are_in_the_id(
    db: Pool, settings: Settings, tmp_path: Path, entrants: list[Entrant]
) -> None:
    board = await boards.require(db, "overall")
    for number in range(3):
        battle, voter = await ready_battle(db, entrants)
        await votes.cast(db, battle.id, voter, Outcome.A)
        if not number:
            async with db.acquire() as connection:
                await exclusions.keep(connection, battle.id, [Remark(reason=Reason.LEAK, position=1)])
    folder = await exported(db, settings, tmp_path / "out", await releases.refresh(db, board, settings))
    [act] = pyarrow.parquet.read_table(folder / "excluded.parquet").to_pylist()
    assert (act["reason"], act["position"], act["state"]) == ("leak", 1, "standing")
    table = pyarrow.parquet.read_table(folder / "votes.parquet").to_pylist()
    assert act["vote"] not in {row["vote"] for row in table}
    assert [row["propensity"] for row in table] == [1, 1]
    assert "prompt" not in table[0]
    assert checked(folder)[0] == 0
    (folder / "excluded.jsonl").write_text("")
    assert "FAIL digest of 0 exclusions" in checked(folder)[1]


async def test_conversations_come_late_and_without_what_was_deleted_or_found(
    db: Pool, settings: Settings, tmp_path: Path, entrants: list[Entrant]
) -> None:
    board = await boards.require(db, "overall")
    whose = {}
    prompts = ("What is a pair?", "I deleted this.", "Mail me: eva@firma-huber.de", "Found by a gate.", "Too fresh.")
    for prompt in prompts:
        voter = uuid4()
        battle = await battles.open(db, voter, prompt, pairing.draw(entrants))
        await battles.start(db, battle.id)
        await battles.finish(db, battle.id, 1, ANSWERS, shown=[2, 2, 4, 4], void=None)
        await votes.cast(db, battle.id, voter, Outcome.A)
        whose[prompt] = (battle.id, voter)
    await db.execute(
        "UPDATE votes SET cast_at = now() - interval '31 days' WHERE battle_id <> $1", whose[prompts[4]][0]
    )
    await db.execute(
        """
        INSERT INTO gate_findings (battle_id, turn, gate, rule, version, spans)
        VALUES ($1, 1, 'toxic', 'slur', '1', '[]')
        """,
        whose[prompts[3]][0],
    )
    release = await releases.refresh(db, board, settings)
    await forgetting.forget(db, whose[prompts[1]][1])
    folder = await exported(db, settings, tmp_path / "out", release)
    told = [json.loads(line) for line in (folder / "conversations.jsonl").read_text().splitlines()]
    assert sorted((one["turns"][0]["prompt"], one["withheld"]) for one in told if one["turns"][0]["prompt"]) == [
        ("What is a pair?", [])
    ]
    [hidden] = [one for one in told if one["turns"][0]["prompt"] is None]
    assert hidden["withheld"] == ["e-mail"]
    assert hidden["turns"][0]["answers"] == ["One.", "Two."]
    everything = "".join(file.read_text() for file in folder.iterdir() if file.suffix in (".jsonl", ".json", ".md"))
    for secret in (*prompts[1:], *(str(voter) for _, voter in whose.values())):
        assert secret not in everything
    known = {json.loads(line)["vote"] for line in (folder / "votes.jsonl").read_text().splitlines()}
    assert len(known) == 5
    assert {one["vote"] for one in told} < known


async def test_a_release_has_its_files_over_http_and_says_what_is_nearest(
    visitor: Visitor, db: Pool, settings: Settings, tmp_path: Path
) -> None:
    release = await board_of(db, settings, tmp_path)
    folder = await exported(db, settings, tmp_path / "out", release)
    address = f"/api/v1/releases/{release}"
    status, manifest = await visitor.get(f"{address}/manifest.json")
    assert (status, manifest) == (200, json.loads((folder / "manifest.json").read_text()))
    for name in ("votes.jsonl", "verify.py", "README.md", "excluded.jsonl"):
        assert await visitor.get(f"{address}/{name}") == (200, (folder / name).read_text())
    status, head = await visitor.head_of(f"{address}/votes.parquet")
    assert (status, int(head["content-length"])) == (200, (folder / "votes.parquet").stat().st_size)
    same = {"if-none-match": head["etag"]}
    assert (await visitor.get(f"{address}/votes.parquet", headers=same))[0] == 304
    status, problem = await visitor.get(f"{address}/votes.csv")
    assert (status, problem["detail"]) == (404, "A release has no file “votes.csv”. The nearest is “votes.jsonl”.")
    mistyped = release[:-1] + ("1" if release[-1] == "0" else "0")
    status, problem = await visitor.get(f"/api/v1/releases/{mistyped}/manifest.json")
    assert (status, problem["detail"]) == (404, f"There is no release of this id. The nearest is {release}.")
    assert (await visitor.get("/api/v1/releases/nonsense/votes.parquet"))[0] == 404
    assert (await visitor.get("/api/v1/releases/old/manifest.json"))[1]["release"] == release


async def test_a_file_that_is_no_releases_votes_is_refused_with_its_place(
    db: Pool, settings: Settings, tmp_path: Path
) -> None:
    folder = await exported(db, settings, tmp_path / "out", await board_of(db, settings, tmp_path))
    whole = (folder / "votes.parquet").read_bytes()
    for broken in (b"", b"PAR1", whole[: len(whole) // 2]):
        (folder / "votes.parquet").write_bytes(broken)
        with pytest.raises(verify.VotesUnreadable, match="Row 1, character 1"):
            verified(folder)
    (folder / "votes.jsonl").write_text((folder / "votes.jsonl").read_text() + '{"vote"')
    with pytest.raises(verify.VotesUnreadable, match="Line 4, character"):
        verified(folder, "votes.jsonl")
    code, said = checked(folder)
    assert (code, "votes.jsonl, line 4" in said) == (2, True)


async def test_a_release_without_a_record_says_so(db: Pool, settings: Settings, tmp_path: Path) -> None:
    release = await board_of(db, settings, tmp_path)
    await db.execute("UPDATE snapshots SET record = NULL")
    with pytest.raises(manifests.NoRecord, match="earlier version"):
        await manifests.require(db, release)


async def test_an_export_fills_no_folder_that_holds_something(db: Pool, settings: Settings, tmp_path: Path) -> None:
    release = await board_of(db, settings, tmp_path)
    with pytest.raises(export.FolderTaken):
        await exported(db, settings, tmp_path, release)
    folder = await exported(db, settings, tmp_path / "out", release)
    for line in (folder / export.SUMS).read_text().splitlines():
        sha256, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha256


@pytest.mark.parametrize("line", [line for line in README.splitlines() if '("votes.parquet")' in line])
async def test_one_line_reads_the_votes(
    db: Pool, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    folder = await exported(db, settings, tmp_path / "out", await board_of(db, settings, tmp_path))
    monkeypatch.chdir(folder)
    table = eval(line, {"pandas": pandas, "polars": polars})
    assert list(table.columns) == ["vote", "model_a", "model_b", "winner", "voter"]
    assert sorted(table["winner"]) == ["model_a", "model_b", "tie"]


async def test_the_commands_export_and_verify_and_end_with_an_error_where_something_differs(
    db: Pool, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    release = await board_of(db, settings, tmp_path)
    for name in [name for name in os.environ if name.startswith("ARENA_")]:
        monkeypatch.delenv(name)
    for name in ("database_url", "redis_url", "secret"):
        monkeypatch.setenv(f"ARENA_{name.upper()}", getattr(settings, name))
    folder = tmp_path / "out"

    async def ended(*words: str) -> tuple[int, str]:
        code = await asyncio.to_thread(cli.main, words)
        told = capsys.readouterr()
        return code, told.out + told.err

    code, said = await ended("export", "old", "--out", str(folder), "--files", "manifest.json,votes.jsonl")
    assert (code, sorted(file.name for file in folder.iterdir())) == (0, ["SHA256SUMS", "manifest.json", "votes.jsonl"])
    assert release in said
    for words in ((release,), ("old",), (str(folder), "--votes", str(folder / "votes.jsonl"))):
        code, said = await ended("verify", *words)
        assert (code, said.splitlines()[-1]) == (0, f"Everything agrees with release {release}."), said
    lines = (folder / "votes.jsonl").read_text().splitlines(keepends=True)
    (folder / "votes.jsonl").write_text("".join(lines[:-1]))
    code, said = await ended("verify", release, "--votes", str(folder / "votes.jsonl"))
    assert code == 2
    assert "FAIL votes: 2 of 3" in said
    assert await ended("export", "old", "--out", str(tmp_path / "other"), "--files", "votes.xlsx") == (
        *(1, "arena: A release has no file “votes.xlsx”. The nearest is “votes.jsonl”.\n"),
    )


async def test_a_large_file_is_written_by_another_process_and_is_the_same(
    db: Pool, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = await manifests.require(db, await board_of(db, settings, tmp_path))
    await exports.write(db, source, "votes.jsonl", tmp_path / "here.jsonl", delay_days=settings.conversation_days)
    monkeypatch.setattr(downloads, "MOST_HERE", 0)
    async with downloads.opened(db, settings) as files:
        with await files.open(source, "votes.jsonl") as apart:
            assert apart.read() == (tmp_path / "here.jsonl").read_bytes()
    nowhere = structs.replace(settings, database_url="postgresql://127.0.0.1:1/nowhere")
    async with downloads.opened(db, nowhere) as files:
        with pytest.raises(downloads.NotWritten):
            await files.open(source, "votes.jsonl")
        assert not [*files._folder.iterdir()]


async def test_a_download_goes_on_when_its_place_is_given_to_another(
    db: Pool, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "MOST_FILES", 1)
    source = await manifests.require(db, await board_of(db, settings, tmp_path))
    async with downloads.opened(db, settings) as files:
        first = await files.open(source, "votes.jsonl")
        again, second = await files.open(source, "votes.jsonl"), await files.open(source, "README.md")
        assert again.read() == b"".join([block async for block in downloads.blocks(first)])
        assert second.read().startswith(b"# old, release ")
        assert first.closed
        again.close()
        second.close()
