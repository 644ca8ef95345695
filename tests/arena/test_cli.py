"""The command line: errors are one sentence on stderr, and the exit code says which kind."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

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
    "arguments", [(), ("fly",), ("up", "--port", "70000"), ("up", "--port", "-1"), ("serve", "--port", "1")]
)
def test_a_wrong_usage_is_code_2_with_a_usage_line(arguments: tuple[str, ...]) -> None:
    done = arena(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage: arena")
    assert "Traceback" not in done.stderr
