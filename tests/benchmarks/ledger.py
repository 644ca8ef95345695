"""The ledger: how fast its tree grows in memory and its leaves are written, and how long a proof takes in a million.

`python -m tests.benchmarks.ledger [--leaves 1000000] [--proofs 500]`. Times of arithmetic are the processor's, those of
proofs are what a caller waits for, with PostgreSQL beside it.
"""

import argparse
from random import Random
from statistics import median, quantiles
from time import perf_counter, process_time

import uvloop

from arena import db as database
from arena.db import Pool
from arena.integration import ledger, ledger_checks, merkle
from arena.integration.heads import Key
from arena.integration.merkle import Growth
from tests import servers

APPENDS = 200_000


def _grow() -> float:
    """Appends a second of processor time: a leaf hashed, and every subtree that it completes."""
    leaves, growth = [b"%0200d" % number for number in range(APPENDS)], Growth()
    began = process_time()
    for data in leaves:
        for _ in growth.append(merkle.leaf(data)):
            pass
    return APPENDS / (process_time() - began)


async def _fill(db: Pool, key: Key, leaves: int) -> float:
    """Leaves a second, out of the outbox."""
    await db.execute("DELETE FROM outbox")
    for begin in range(0, leaves, 50_000):
        await db.execute(
            "INSERT INTO outbox (kind, payload) SELECT 'settings_changed', jsonb_build_object('number', n) "
            "FROM generate_series($1::int, $2::int) AS n",
            begin,
            min(begin + 50_000, leaves) - 1,
        )
    began = perf_counter()
    while await ledger.append(db, key):
        pass
    return leaves / (perf_counter() - began)


async def _prove(db: Pool, leaves: int, proofs: int) -> list[float]:
    chance, taken = Random(1), []
    for _ in range(proofs):
        began = perf_counter()
        await ledger.prove(db, chance.randrange(leaves), leaves)
        taken.append((perf_counter() - began) * 1e3)
    return taken


async def _measure(leaves: int, proofs: int) -> None:
    print(f"in memory: {max(_grow() for _ in range(3)):,.0f} appends/s of processor time")
    async with servers.postgres() as postgres:
        await database.migrate(postgres.url)
        async with database.pool(postgres.url, size=2) as db:
            print(f"out of the outbox: {await _fill(db, Key('benchmark', bytes(32)), leaves):,.0f} leaves/s")
            taken = await _prove(db, leaves, proofs)
            print(f"a proof among {leaves:,}: median {median(taken):.2f} ms, p99 {quantiles(taken, n=100)[-1]:.2f} ms")
            began = perf_counter()
            assert await ledger_checks.check(db) is None
            print(f"a check of all: {perf_counter() - began:.1f} s")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--leaves", type=int, default=1_000_000)
    parser.add_argument("--proofs", type=int, default=500)
    chosen = parser.parse_args()
    uvloop.run(_measure(chosen.leaves, chosen.proofs))


if __name__ == "__main__":
    main()
