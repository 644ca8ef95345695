"""Rows: what a snapshot counted, told the same way at any time and in any arena."""

from pathlib import Path
from uuid import uuid4

import pytest
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import exclusions, forgetting, votes
from arena.evaluation.exclusions import Reason
from arena.evaluation.imports import VoteThereTwice
from arena.integration import acts, archives, boards, rows
from arena.integration.archives import Archive
from arena.submission.endpoints import Entrant
from rating import Outcome
from tests import builders
from tests.builders import contender, ready_battle
from tests.upstream import Provider

HEADER = b"model_a,model_b,winner,voter,prompt\n"
VOTES = HEADER + b"Ash,Birch,model_a,anna,one\nBirch,Ash,tie (bothbad),berta,two\n"


@pytest.fixture
async def entrants(db: Pool, provider: Provider) -> list[Entrant]:
    return [await contender(db, provider, "identity", slug=slug) for slug in ("anna", "berta")]


async def test_rows_are_those_of_the_fit_and_stay_so_when_votes_are_added_excluded_or_forgotten(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    board = await boards.require(db, "overall")
    voter = uuid4()
    cast = []
    for somebody in (voter, voter, uuid4()):
        battle, _ = await ready_battle(db, entrants, somebody)
        cast.append((battle.id, await votes.cast(db, battle.id, somebody, Outcome.BOTH_BAD)))
    snapshot = await builders.snapshot(db, board, settings)
    told = await rows.of(db, snapshot.id)
    assert rows.digest(told) == snapshot.digest
    assert [row.vote for row in told] == sorted(row.vote for row in told)
    assert {row.winner for row in told} == {"tie (bothbad)"}
    assert all(row.propensity == 1 for row in told)
    assert len({row.voter for row in told}) == 2
    async with db.acquire() as connection:
        await exclusions.keep(connection, cast[0][0], [exclusions.Remark(reason=Reason.LEAK)])
    battle, other = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, other, Outcome.A)
    later = await builders.snapshot(db, board, settings)
    await forgetting.forget(db, voter)
    assert await rows.of(db, snapshot.id) == told
    assert len(await rows.of(db, later.id)) == 3
    assert (await acts.of(db, snapshot.id), later.exclusions) == ([], exclusions.digest(await acts.of(db, later.id)))


async def test_what_a_snapshot_knew_of_exclusions_stays_when_they_are_lifted(
    db: Pool, settings: Settings, entrants: list[Entrant]
) -> None:
    board = await boards.require(db, "overall")
    battle, voter = await ready_battle(db, entrants)
    await votes.cast(db, battle.id, voter, Outcome.A)
    async with db.acquire() as connection:
        await exclusions.keep(connection, battle.id, [exclusions.Remark(reason=Reason.LEAK, position=1)])
    first = await builders.snapshot(db, board, settings)
    await db.execute("UPDATE exclusions SET lifted_at = now(), lifted_because = 'No leak.'")
    second = await builders.snapshot(db, board, settings)
    third = await builders.snapshot(db, board, settings)
    words = [[(act.reason, act.position, act.word) for act in await acts.of(db, one.id)] for one in (first, second)]
    assert words == [[(Reason.LEAK, 1, "standing")], [(Reason.LEAK, 1, "lifted")]]
    assert [exclusions.digest(await acts.of(db, one.id)) for one in (first, second, third)] == [
        first.exclusions,
        second.exclusions,
        second.exclusions,
    ]


async def test_a_file_makes_the_same_rows_whichever_snapshot_tells_of_it(
    db: Pool, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "votes.csv").write_bytes(VOTES)
    (tmp_path / "more.csv").write_bytes(b"model_a,model_b,winner\nAsh,Cedar,model_b\n")
    board = (await archives.bring(db, Archive(file=tmp_path / "votes.csv", slug="old"))).board
    first = await builders.snapshot(db, board, settings)
    told = await rows.of(db, first.id)
    assert rows.digest(told) == first.digest
    assert {(row.model_a, row.model_b, row.winner) for row in told} == {
        ("Ash", "Birch", "model_a"),
        ("Birch", "Ash", "tie (bothbad)"),
    }
    assert all(len(row.prompt or "") == 32 for row in told)
    await archives.bring(db, Archive(file=tmp_path / "more.csv", slug="old"))
    second = await builders.snapshot(db, board, settings)
    assert await rows.of(db, first.id) == told
    [new] = [row for row in await rows.of(db, second.id) if row not in told]
    assert new.voter == new.vote == new.prompt
    assert rows.digest(await rows.of(db, second.id)) == second.digest


async def test_names_of_ours_are_kept_and_a_vote_comes_once(db: Pool, settings: Settings, tmp_path: Path) -> None:
    vote, voter, prompt = (letter * 32 for letter in "abc")
    content = f"vote,model_a,model_b,winner,voter,prompt,propensity\n{vote},Ash,Birch,tie,{voter},{prompt},0.5\n"
    (tmp_path / "votes.csv").write_text(content)
    (tmp_path / "again.csv").write_text(content + f"{'d' * 32},Ash,Birch,tie,{voter},{prompt},0.5\n")
    archive = Archive(file=tmp_path / "votes.csv", slug="old")
    board = (await archives.bring(db, archive)).board
    snapshot = await builders.snapshot(db, board, settings)
    [row] = await rows.of(db, snapshot.id)
    assert (row.vote, row.voter, row.prompt) == (vote, voter, prompt)
    with pytest.raises(VoteThereTwice, match=vote):
        await archives.bring(db, structs.replace(archive, file=tmp_path / "again.csv"))
    assert await db.fetchval("SELECT count(*) FROM imported_votes") == 1


@pytest.mark.parametrize(
    ("lines", "fault"),
    [
        (["x,Ash,Birch,tie"], r"Line 2, column “vote”: “x” names no vote"),
        ([f"{'a' * 32},Ash,Birch,tie", f"{'a' * 32},Birch,Ash,tie"], r"Line 3, column “vote”: .* line 2"),
    ],
)
async def test_a_vote_that_has_no_name_of_its_own_is_refused_with_its_place(
    db: Pool, tmp_path: Path, lines: list[str], fault: str
) -> None:
    (tmp_path / "votes.csv").write_text("\n".join(["vote,model_a,model_b,winner", *lines]))
    with pytest.raises(archives.ArchiveRefused, match=fault):
        await archives.bring(db, Archive(file=tmp_path / "votes.csv", slug="old"))
    assert await db.fetchval("SELECT count(*) FROM imports") == 0
