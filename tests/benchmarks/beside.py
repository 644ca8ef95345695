"""What a refit, an export or the checks of a million votes cost those who vote and ask meanwhile.

`python -m tests.benchmarks.beside [--votes 1000000] [--contenders 200] [--seconds 10] [--rounds 3] [--nice N]
[--export | --checks]`. 40 votes and 2 battles a second, each on time whether or not the one before is answered, with
and without a process that fits a board of so many imported votes again and again, as the worker does. Everything shares
all cores; rounds alternate. `--nice 0` gives the fits as much of the processor as anybody; by default it is what `arena
work` takes. With `--export` it is a download of the board's votes that is under way, in another form each round. With
`--checks` the votes are people's, and it is a round of all checks for smells that are due more often than daily, all at
once, as they are after a start; those that need a browser are skipped.
"""

import argparse
import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import monotonic

import aiohttp
import numpy as np
import uvloop

from arena import cli
from arena import db as database
from arena.config import Settings
from arena.db import Pool
from arena.integration import archives, boards, snapshots
from arena.integration.archives import Archive
from arena.people import voters
from arena.publishing import checks, releases, rounds
from tests import builders
from tests.benchmarks import processes, smells
from tests.benchmarks import votes as ballots
from tests.benchmarks.processes import House, Running
from tests.upstream import Provider

BOARD = "million"
VOTES_PER_SECOND = 40
BATTLES_PER_SECOND = 2
ROUND_SECONDS = 120.0
SECRET = "s" * 32
MANY = "1000000"
# An export is written once for all who ask, so each round asks for another.
FORMS = ("votes.parquet", "votes.jsonl")
HERE = {"content-type": "application/json"}

Call = Callable[[int], Awaitable[None]]


@dataclass(frozen=True)
class Round:
    """The 99th percentiles of one round, in milliseconds."""

    vote: float
    battle: float


async def _refit_for_ever(url: str) -> None:
    settings = Settings(database_url=url, redis_url="", secret=SECRET)
    async with database.pool(url, size=2) as db:
        board = await boards.require(db, BOARD)
        while True:
            await snapshots.fit(db, board, settings)
            print("fitted", flush=True)


def _file(folder: Path, votes: int, contenders: int) -> Path:
    """Votes of 10,000 voters on pairs drawn evenly."""
    rng = np.random.default_rng(7)
    first = rng.integers(contenders, size=votes)
    second = (first + rng.integers(1, contenders, size=votes)) % contenders
    said = rng.choice(["model_a", "model_b", "tie"], p=[0.4, 0.4, 0.2], size=votes)
    voter = rng.integers(10_000, size=votes)
    rows = (f"c{a},c{b},{one},v{who}" for a, b, one, who in zip(first, second, said, voter, strict=True))
    path = folder / "votes.csv"
    path.write_text("\n".join(["model_a,model_b,winner,voter", *rows]))
    return path


async def _check_once(url: str, address: str) -> None:
    settings = Settings(database_url=url, redis_url="", secret=SECRET, public_url=address, browser="none")
    frequent = {name: check for name, check in checks.ALL.items() if check.every < timedelta(days=1)}
    async with database.pool(url, size=settings.pool_size) as db:
        await db.execute("DELETE FROM smell_checks")
        print("checking", flush=True)
        began = monotonic()
        ran = await rounds.make(db, settings, now=datetime.now(UTC), among=frequent)
        slowest = max(ran, key=lambda name: ran[name].seconds)
        ends = Counter(each.outcome.value for each in ran.values())
        print(
            f"{len(ran)} checks in {monotonic() - began:.1f} s ({dict(ends)}), "
            f"{slowest} {ran[slowest].seconds:.1f} s of it",
            file=sys.stderr,
            flush=True,
        )
    await asyncio.Event().wait()  # Whoever has called for it ends it.


@asynccontextmanager
async def _beside(nice: int, *what: str) -> AsyncIterator[Process]:
    """A process of this program that does something, from its first line on."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.benchmarks.beside", *what, "--nice", str(nice)),
        stdout=PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, {processes.MEASURED, *processes.OTHERS}),
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(ROUND_SECONDS):
            assert await process.stdout.readline(), "It ended; its own words are above."
        yield process
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def _downloading(address: str, release: str, name: str) -> AsyncIterator[None]:
    """A client, a process of its own, that asks for a file of the release which nobody has asked for before."""
    began = monotonic()
    load = "import sys, urllib.request; urllib.request.urlretrieve(sys.argv[1], '/dev/null')"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", load, f"{address}/api/v1/releases/{release}/{name}")
    )
    yield
    assert await process.wait() == 0
    print(f"{name} took {monotonic() - began:.1f} s at most", flush=True)


async def _paced(call: Call, first: int, rate: int, seconds: int) -> list[float]:
    """Call on time, so many a second; for each the seconds from its time to its answer."""
    began = monotonic()

    async def one(number: int) -> float:
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - monotonic()))
        await call(first + number)
        return monotonic() - due

    async with asyncio.timeout(ROUND_SECONDS):
        return await asyncio.gather(*(one(number) for number in range(rate * seconds)))


async def _play(session: aiohttp.ClientSession, first: int, seconds: int) -> Round:
    async def vote(number: int) -> None:
        path = f"/api/v1/battles/{ballots.battle(number + 1)}/vote"
        async with session.post(path, data=b'{"outcome":"a"}', headers=HERE) as answer:
            assert answer.status == 201, await answer.text()

    async def ask(_: int) -> None:
        async with session.post("/api/v1/battles", data=b'{"prompt":"Why is the sky blue?"}', headers=HERE) as answer:
            assert answer.status == 201, await answer.text()

    took = await asyncio.gather(
        _paced(vote, first, VOTES_PER_SECOND, seconds), _paced(ask, 0, BATTLES_PER_SECOND, seconds)
    )
    late = [quantiles(each, n=100)[98] * 1e3 for each in took]
    return Round(*late)


async def _enter(db: Pool, here: House, answering: Running, chosen: argparse.Namespace) -> str:
    """The board that is fitted, two contenders that answer, and battles that wait for their votes; the voter."""
    upstream, voter_id = Provider(), voters.invite()
    upstream.address = ("127.0.0.1", answering.port)
    for _ in range(2):
        await builders.contender(db, upstream, "benchmark")
    waiting = VOTES_PER_SECOND * chosen.seconds * (2 * chosen.rounds + 1)
    await ballots.fill(db, voter_id, 0, waiting)
    if chosen.checks:
        for _ in range(chosen.contenders - 2):
            await builders.contender(db, upstream, "benchmark")
        # A connection of the pool waits for no statement as long.
        connection = await database.connect(here.database_url)
        await smells.fill(connection, chosen.votes, chosen.contenders)
        await connection.close()
        await _release(db, here, "overall")
    else:
        with TemporaryDirectory(prefix="arena-beside-") as folder:
            path = await asyncio.to_thread(_file, Path(folder), chosen.votes, chosen.contenders)
            await archives.bring(db, Archive(file=path, slug=BOARD))
    await db.execute("VACUUM ANALYZE")
    return f"voter={voters.token(voter_id, here.secret)}"


async def _release(db: Pool, here: House, board: str) -> str:
    settings = Settings(database_url=here.database_url, redis_url="", secret=SECRET, replicates=2)
    return await releases.refresh(db, await boards.require(db, board), settings)


async def main(chosen: argparse.Namespace) -> None:
    """Play the rounds and print the figures."""
    everywhere = {processes.MEASURED, *processes.OTHERS}
    limits = ("VOTES_PER_MINUTE", "BATTLES_PER_HOUR", "NETWORK_BATTLES_PER_HOUR", "CONCURRENT_BATTLES")
    settings = {f"ARENA_{name}": MANY for name in (*limits, "ENDPOINT_CALLS_PER_MINUTE", "SAME_PROMPT_VOTES")}
    calm, busy = [], []
    async with (
        processes.running("tests.benchmarks.provider", cores=everywhere) as answering,
        processes.house(durable=True, cores=everywhere, **settings) as here,
        database.pool(here.database_url, size=2) as db,
    ):
        cookie = await _enter(db, here, answering, chosen)
        address = f"http://127.0.0.1:{here.server.port}"
        async with aiohttp.ClientSession(address, headers={"cookie": cookie}) as session:
            each = VOTES_PER_SECOND * chosen.seconds
            await _play(session, 0, chosen.seconds)  # Warms up and is not counted.
            release = await _release(db, here, BOARD) if chosen.export else ""
            refit, check = ("--refit", here.database_url), ("--check", here.database_url, address)
            if chosen.checks:  # The pages' templates are read once.
                async with _beside(chosen.nice, *check):
                    await asyncio.sleep(2 * chosen.seconds)
            for number in range(chosen.rounds):
                calm.append(await _play(session, (2 * number + 1) * each, chosen.seconds))
                async with (
                    _downloading(address, release, FORMS[number])
                    if chosen.export
                    else _beside(chosen.nice, *(check if chosen.checks else refit))
                ):
                    busy.append(await _play(session, (2 * number + 2) * each, chosen.seconds))
    other = "an export" if chosen.export else "the checks" if chosen.checks else "a refit"
    for what in ("vote", "battle"):
        alone, beside = ([getattr(one, what) for one in rounds] for rounds in (calm, busy))
        ratio = median(late / early for late, early in zip(beside, alone, strict=True))
        print(
            f"{what} p99: {median(alone):.0f} ms, beside {other} {median(beside):.0f} ms, {ratio:.2f} times (gate 1.50)"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.beside", description=__doc__)
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--contenders", type=int, default=200)
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--nice", type=int, default=cli.WORK_NICE)
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--export", action="store_true")
    other.add_argument("--checks", action="store_true")
    parser.add_argument("--refit", help=argparse.SUPPRESS)
    parser.add_argument("--check", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.refit:
        os.nice(given.nice)
        uvloop.run(_refit_for_ever(given.refit))
    elif given.check:
        os.nice(given.nice)
        uvloop.run(_check_once(*given.check))
    else:
        given.rounds = min(given.rounds, len(FORMS)) if given.export else given.rounds
        uvloop.run(main(given))
