"""The command line: errors are one sentence on stderr, and the exit code says which kind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from arena.db import connect, pool
from arena.people import keys, members
from arena.people.accounts import Role
from arena.people.keys import Scope
from arena.people.members import Standing
from tests import servers

CHECKOUT = Path(__file__).parents[2]
SETTINGS = {"ARENA_REDIS_URL": "unix:///nowhere", "ARENA_SECRET": "s" * 32}


def arena(*arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    others = {name: value for name, value in os.environ.items() if not name.startswith("ARENA_")}
    return subprocess.run(
        [sys.executable, "-m", "arena", *arguments],
        env={**others, **settings},
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", ["serve", "work", "migrate"])
def test_a_missing_setting_is_named(command: str) -> None:
    done = arena(command)
    assert done.returncode == 1
    assert done.stderr == "arena: ARENA_DATABASE_URL is not set. deploy/env.example explains it.\n"


def test_a_setting_that_nobody_reads_is_named() -> None:
    done = arena("migrate", ARENA_DATABASE="postgresql:///arena")
    assert (done.returncode, done.stderr) == (1, "arena: There is no setting called ARENA_DATABASE.\n")


def test_a_database_that_is_not_there_is_a_sentence() -> None:
    done = arena("migrate", ARENA_DATABASE_URL="postgresql://arena@127.0.0.1:1/arena", **SETTINGS)
    assert done.returncode == 1
    assert "check ARENA_DATABASE_URL" in done.stderr
    assert len(done.stderr.splitlines()) == 1


async def test_a_database_that_is_there_is_migrated_once() -> None:
    async with servers.postgres() as database:
        first = arena("migrate", ARENA_DATABASE_URL=database.url, **SETTINGS)
        second = arena("migrate", ARENA_DATABASE_URL=database.url, **SETTINGS)
    assert first.returncode == second.returncode == 0
    assert first.stdout.startswith("Applied 0001_")
    assert second.stdout == "The schema was up to date\n"


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("up", "--port", "70000"),
        ("up", "--port", "-1"),
        ("serve", "--port", "1"),
        ("import",),
        ("import", "votes", "votes.csv"),
        ("import", "votes", "v.csv", "--board", "b", "--map", "model_a"),
    ],
)
def test_a_wrong_usage_is_code_2_with_a_usage_line(arguments: tuple[str, ...]) -> None:
    done = arena(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: arena")
    assert "Traceback" not in done.stderr


async def test_votes_are_imported_released_and_not_taken_twice(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    file.write_text("left,model_b,winner\nash,birch,model_a\nbirch,cedar,tie\n")
    given = ("import", "votes", str(file), "--board", "trees", "--map", "model_a=left")
    first = arena(*given, ARENA_DATABASE_URL=database_url, **SETTINGS)
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout == (
        "Brought in 2 votes on 3 contenders; their voters are unknown, so each counts as its own\n"
        "Released at /leaderboard/trees\n"
    )
    second = arena(*given, ARENA_DATABASE_URL=database_url, **SETTINGS)
    assert (second.returncode, second.stdout) == (1, "")
    assert second.stderr == "arena: This board has these votes already, so nothing was changed.\n"
    connection = await connect(database_url)
    assert await connection.fetchval("SELECT count(*) FROM releases") == 1
    await connection.close()


def test_a_vote_file_with_a_fault_is_one_sentence_with_its_place(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    file.write_text("model_a,model_b,winner\nash,ash,tie\n")
    done = arena("import", "votes", str(file), "--board", "trees", ARENA_DATABASE_URL=database_url, **SETTINGS)
    assert done.returncode == 1
    assert done.stderr == f"arena: {file}: Line 2, column “model_b”: “ash” is set against itself.\n"


def test_votes_for_an_arena_that_is_not_running_are_a_sentence(tmp_path: Path) -> None:
    done = arena("import", "votes", "votes.csv", "--board", "trees", "--data", str(tmp_path / "var"))
    assert done.returncode == 1
    assert done.stderr.startswith(f"arena: No arena is running on {tmp_path / 'var'}. Start it with `arena up`")
    assert not (tmp_path / "var").exists()


async def test_the_first_operator_gets_an_organisation_and_a_key_alone_on_the_last_line() -> None:
    async with servers.postgres() as database:
        there = {"ARENA_DATABASE_URL": database.url, **SETTINGS}
        arena("migrate", **there)
        who = ("--email", "olga@example.org", "--name", "Olga", "--organisation", "The house")
        created = arena("operator", "create", *who, **there)
        again = arena("operator", "create", *who, **there)
        key = arena("operator", "key", "--email", "Olga@example.org", **there)
        async with pool(database.url, size=2) as db:
            holders = [await keys.holder(db, one.stdout.splitlines()[-1]) for one in (created, key)]
            belongs = await members.of(db, holders[0].account.id)
    assert (again.returncode, again.stderr) == (
        1,
        "arena: There is an account with this e-mail address. Sign in with it.\n",
    )
    assert all(Role.OPERATOR in one.account.roles and one.scopes == frozenset(Scope) for one in holders)
    assert [(one.organisation, one.standing) for one in belongs] == [("the-house", Standing.OWNER)]


async def test_prompts_and_answers_come_in_by_two_commands(database_url: str, tmp_path: Path) -> None:
    (tmp_path / "sums.csv").write_text("id,prompt,reference,kind\none,1 + 1?,2,numeric\n")
    (tmp_path / "anna.jsonl").write_text('{"id": "one", "answer": "2"}\n')
    settings = {"ARENA_DATABASE_URL": database_url, **SETTINGS}
    sums = ("import", "prompts", str(tmp_path / "sums.csv"), "--set", "sums", "--licence", "CC0")
    done = arena(*sums, **settings)
    assert (done.returncode, done.stdout) == (0, "Brought in and froze 1 prompts\nShown at /prompt-sets/sums\n"), done
    again = arena(*sums, **settings)
    assert (again.returncode, "There is a prompt set of this address already" in again.stderr) == (1, True)
    answers = ("import", "answers", str(tmp_path / "anna.jsonl"), "--set", "sums", "--contender", "anna")
    unknown = arena(*answers, **settings)
    assert (unknown.returncode, "There is no such contender" in unknown.stderr) == (1, True)
    named = arena(*answers, "--name", "Anna", **settings)
    assert named.stdout == "Kept 1 of 1 answers as new; 0 prompts are unanswered\n", named
    (tmp_path / "wrong.csv").write_text("id,answer\ntwo,2\n")
    wrong = arena("import", "answers", str(tmp_path / "wrong.csv"), "--set", "sums", "--contender", "anna", **settings)
    assert (wrong.returncode, wrong.stderr) == (2, "arena: Field “id”, line 2: the set has no such prompt.\n")
