"""What the checks for smells cost on an arena with 200 contenders and a million votes of people.

`python -m tests.benchmarks.smells [--votes 1000000] [--contenders 200] [--rounds 3]`. Rows are made by PostgreSQL
itself, one release is fitted, and every check that looks from inside runs so many times, one after another, on a
connection that may use one process alone: its time is then no less than what it takes of a core, in the server and in
PostgreSQL together. Prints the median of each, how often it is due, and what all of them take of a core; nightly checks
stand apart.
"""

import argparse
import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from statistics import median
from time import monotonic

from arena import db as database
from arena.config import Settings
from arena.db import Connection
from arena.integration import boards
from arena.publishing import checks, releases
from arena.publishing.checkup import Check, Scene
from tests import servers, upstream
from tests.builders import contender

NIGHTLY = timedelta(days=1)
ROWS = """
    UPDATE contenders SET licence = 'MIT', entered_at = now() - interval '90 days',
                          committed_at = now() - interval '90 days';
    INSERT INTO draws (id, endpoint_ids, shares)
    SELECT gen_random_uuid(), array_agg(id), array_agg(2.0 / $2::float8) FROM endpoints;
    INSERT INTO voters (id) SELECT gen_random_uuid() FROM generate_series(1, 20000);
    CREATE TEMPORARY TABLE drawn AS
        SELECT gen_random_uuid() AS id, number, number % 20000 AS voter, (random() * $2)::int % $2 AS first,
               1 + (random() * ($2 - 1))::int % ($2 - 1) AS step,
               now() - random() * interval '60 days' AS opened_at
        FROM generate_series(1, $1) AS number;
    CREATE TEMPORARY TABLE those AS SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM voters;
    CREATE TEMPORARY TABLE ranked AS
        SELECT contender_id, id AS endpoint_id, row_number() OVER (ORDER BY contender_id) - 1 AS place FROM endpoints;
    INSERT INTO battles (id, voter_id, state, rule, propensity, draw_id, kind, opened_at, answered_at, closed_at)
    SELECT drawn.id, those.id, 'voted', 'uniform', 2.0 / ($2 * ($2 - 1)), (SELECT id FROM draws LIMIT 1), 'blind',
           opened_at, opened_at + interval '20 seconds', opened_at + interval '1 minute'
    FROM drawn JOIN those ON place = voter;
    INSERT INTO sides (battle_id, position, contender_id, endpoint_id, last_asked_at)
    SELECT drawn.id, position, contender_id, endpoint_id, opened_at
    FROM drawn CROSS JOIN (VALUES (0), (1)) AS sides (position)
    JOIN ranked ON place = (first + position * step) % $2;
    INSERT INTO turns (battle_id, turn, content, shown, shown_at)
    SELECT id, 1, '[{"type": "text", "text": "Which is it?"}]', ARRAY[400, 400], opened_at + interval '5 seconds'
    FROM drawn;
    INSERT INTO votes (battle_id, outcome, cast_at)
    SELECT id, (ARRAY['a', 'b', 'tie'])[1 + number % 3], opened_at + interval '1 minute' FROM drawn;
    INSERT INTO readings (vote_id, dwell_seconds, text_seconds) SELECT id, 30, 40 FROM votes;
    DROP TABLE drawn; DROP TABLE those; DROP TABLE ranked;
"""


async def main(votes: int, contenders: int, rounds: int) -> int:
    """Measure once; 0 if all but nightly checks take less than 2 % of a core."""
    async with AsyncExitStack() as stack:
        postgres = await stack.enter_async_context(servers.postgres())
        settings = Settings(database_url=postgres.url, redis_url="", secret="s" * 32, port=0, replicates=20)
        await database.migrate(settings.database_url)
        db = await stack.enter_async_context(database.pool(settings.database_url, size=4))
        provider = await stack.enter_async_context(upstream.provider())
        for number in range(contenders):
            await contender(db, provider, f"m-{number}", slug=f"c-{number:03}", name=f"Contender {number:03}")
        connection = await database.connect(settings.database_url)
        stack.push_async_callback(connection.close)
        await fill(connection, votes, contenders)
        began = monotonic()
        await releases.refresh(db, await boards.require(db, "overall"), settings)
        print(f"{votes:,} votes, {contenders} contenders; released in {monotonic() - began:.0f} s", flush=True)
        await connection.execute("ANALYZE; SET max_parallel_workers_per_gather = 0")
        return await _measured(connection, settings, rounds)


async def fill(connection: Connection, votes: int, contenders: int) -> None:
    """Make so many battles with votes of people between the contenders that there are."""
    await connection.execute("SET session_replication_role = replica")
    for statement in ROWS.replace("$1", str(votes)).replace("$2", str(contenders)).split(";\n"):
        if statement.strip():
            await connection.execute(statement)
    await connection.execute("SET session_replication_role = origin; ANALYZE")


async def _measured(connection: Connection, settings: Settings, rounds: int) -> int:
    shares = {True: 0.0, False: 0.0}
    for check in checks.ALL.values():
        if not check.inside:
            continue
        taken, found = median_of([await _timed(connection, settings, check) for _ in range(rounds)])
        share = taken / check.every.total_seconds()
        shares[check.every >= NIGHTLY] += share
        print(
            f"{check.id:8} {taken * 1000:9.1f} ms  every {check.every!s:>16}  {share:8.4%}  {found} found", flush=True
        )
    print(f"all but nightly ones {shares[False]:.3%} of a core, nightly ones {shares[True]:.3%}")
    return 0 if shares[False] < 0.02 else 1


def median_of(runs: list[tuple[float, int]]) -> tuple[float, int]:
    """The median time, and what the last run found."""
    return median(taken for taken, _ in runs), runs[-1][1]


async def _timed(connection: Connection, settings: Settings, check: Check) -> tuple[float, int]:
    began = monotonic()
    seen = await check.look(Scene(db=connection, settings=settings, now=datetime.now(UTC)))
    return monotonic() - began, len(seen)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--votes", type=int, default=1_000_000)
    parser.add_argument("--contenders", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    raise SystemExit(asyncio.run(main(given.votes, given.contenders, given.rounds)))
