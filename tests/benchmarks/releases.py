"""What a release of a million votes costs: to export, and to verify, both with our core and with one file of Python.

`python -m tests.benchmarks.releases [--votes 1000000] [--contenders 200] [--voters 50000] [--keep FOLDER]`. Votes are
simulated, imported, released, and then exported and verified by the commands that anybody uses, each a process of its
own; told are seconds, processor seconds and the most memory that it held.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from arena import db as database
from arena.config import Settings
from arena.integration import archives
from arena.integration.archives import Archive
from arena.publishing import releases
from rating import simulate
from rating.chances import Davidson
from rating.settings import Setting
from rating.simulate import Truth
from tests import servers

WORDS = np.array(["model_a", "model_b", "tie", "tie (bothbad)"])
# What asks for a million votes at once, to import and to fit them, isn't what is measured.
PATIENT = "600s"


MEASURE = """
import json, resource, subprocess, sys, time
began = time.monotonic()
code = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([time.monotonic() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, code]))
"""


@dataclass(frozen=True)
class Cost:
    """What a process cost."""

    what: str
    seconds: float
    processor_seconds: float
    megabytes: float
    ended_with: int

    def __str__(self) -> str:
        return (
            f"{self.what:<28}{self.seconds:>8.1f} s {self.processor_seconds:>8.1f} s CPU {self.megabytes:>7.0f} MB"
            f"   ended with {self.ended_with}"
        )


def simulated(path: Path, *, votes: int, contenders: int, voters: int) -> None:
    """Write simulated votes as a Parquet file in the exchange format."""
    rng = np.random.default_rng(1)
    truth = Truth(strengths=rng.normal(0, 1, contenders), rule=Davidson(-1.0))
    tally = simulate.draw(truth, Setting(contenders=contenders, votes=votes, voters=voters, activity=1.0), rng)
    names = np.array(tally.contenders)
    assert tally.voter is not None
    columns = {
        "model_a": names[tally.first],
        "model_b": names[tally.second],
        "winner": WORDS[tally.outcome],
        "voter": np.char.add("voter ", tally.voter.astype(str)),
    }
    parquet.write_table(pa.table({name: pa.array(values) for name, values in columns.items()}), path)


def measured(what: str, words: list[str], folder: Path, settings: dict[str, str]) -> Cost:
    """Run a command to its end; what it said goes to a file beside.

    A small process starts it: the most memory that a process held includes that of whoever started it.
    """
    with (folder / f"{what.replace(' ', '-')}.txt").open("w") as said:
        done = subprocess.run(
            [sys.executable, "-c", MEASURE, *words],
            stdout=subprocess.PIPE,
            stderr=said,
            env={**os.environ, **settings},
            check=True,
        )
    return Cost(what, *json.loads(done.stdout))


async def main() -> None:
    """Make the release and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("votes", 1_000_000), ("contenders", 200), ("voters", 50_000)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--keep", type=Path)
    chosen = parser.parse_args()
    database.STATEMENT_TIMEOUT, database.COMMAND_SECONDS = PATIENT, 600.0
    async with AsyncExitStack() as stack:
        folder = chosen.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = await stack.enter_async_context(servers.postgres())
        settings = Settings(database_url=postgres.url, redis_url="unix:///nowhere", secret="s" * 32, replicates=2)
        await database.migrate(postgres.url)
        await asyncio.to_thread(
            simulated, folder / "given.parquet", votes=chosen.votes, contenders=chosen.contenders, voters=chosen.voters
        )
        async with database.pool(postgres.url, size=2) as pool:
            board = (await archives.bring(pool, Archive(file=folder / "given.parquet", slug="million"))).board
            print(f"Imported {chosen.votes:,} votes", flush=True)
            print(f"Released {await releases.refresh(pool, board, settings)}", flush=True)
        await asyncio.to_thread(_measure, folder, postgres.url)


def _measure(folder: Path, url: str) -> None:
    environment = {"ARENA_DATABASE_URL": url, "ARENA_REDIS_URL": "unix:///nowhere", "ARENA_SECRET": "s" * 32}
    arena, out = [sys.executable, "-m", "arena"], folder / "out"
    files = [str(out / name) for name in ("manifest.json", "votes.jsonl", "excluded.jsonl")]
    for what, words in (
        ("arena export", [*arena, "export", "million", "--out", str(out)]),
        ("arena verify, Parquet", [*arena, "verify", str(out)]),
        ("verify.py, JSON lines", [sys.executable, str(out / "verify.py"), *files]),
    ):
        print(measured(what, words, folder, environment), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
