"""How many votes are recorded durably, next to what PostgreSQL alone does with the same statement.

`python -m tests.benchmarks.votes [--votes 4000] [--rounds 3]`. 32 voters vote over HTTP as fast as they are answered,
each battle once; pgbench's 32 clients cast as many votes by the statement for one vote, on the same server, which
syncs every commit. Rounds alternate. Server, database and voters share all cores.
"""

import argparse
import asyncio
import os
import tempfile
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from pathlib import Path
from statistics import median, quantiles
from time import monotonic
from uuid import UUID

import uvloop

from arena import db as database
from arena.db import Connection, Pool
from arena.local import binaries
from arena.people import voters
from tests import builders
from tests.benchmarks import processes
from tests.benchmarks.processes import House
from tests.upstream import Provider

CLIENTS = 32
ROUND_SECONDS = 120.0

# The statement of `votes.cast`, for a battle of the client's own: its number is made of round, client and turn.
SCRIPT = """
\\set turn :turn + 1
\\set battle :base + :client_id * :each + :turn
WITH open AS (
    UPDATE battles SET state = 'voted', closed_at = coalesce(closed_at, now())
    WHERE id = ('00000000-0000-4000-8000-' || lpad(to_hex(:battle::bigint), 12, '0'))::uuid
      AND voter_id = :voter::uuid AND state IN ('ready', 'voted')
    RETURNING id
)
INSERT INTO votes (battle_id, outcome)
SELECT id, 'a' FROM open
ON CONFLICT (battle_id) DO UPDATE SET outcome = votes.outcome
WHERE votes.outcome = EXCLUDED.outcome
RETURNING id, outcome, cast_at, xmax = 0 AS new;
"""


@dataclass(frozen=True)
class Round:
    """The figures of one round."""

    per_second: float
    p99_ms: float


def battle(number: int) -> UUID:
    """A battle by its number."""
    return UUID(f"00000000-0000-4000-8000-{number:012x}")


async def fill(db: Pool, voter_id: UUID, base: int, votes: int) -> None:
    """Battles that wait for their vote, with all that the answer to it tells."""
    ids = [battle(base + number + 1) for number in range(votes)]
    async with db.acquire() as connection, connection.transaction():
        await voters.hold(connection, voter_id)
        await connection.execute(
            """
            INSERT INTO battles (id, voter_id, state, rule, propensity)
            SELECT unnest($1::uuid[]), $2, 'ready', 'benchmark', 1
            """,
            ids,
            voter_id,
        )
        await connection.execute(
            """
            INSERT INTO sides (battle_id, position, contender_id, endpoint_id)
            SELECT battle, rank - 1, contender_id, endpoint_id FROM unnest($1::uuid[]) AS battle,
                (SELECT contender_id, id AS endpoint_id, row_number() OVER (ORDER BY id) AS rank FROM endpoints) AS two
            """,
            ids,
        )
        await connection.execute("INSERT INTO turns (battle_id, turn, content) SELECT unnest($1::uuid[]), 1, '[]'", ids)
        await connection.execute(
            """
            INSERT INTO answers (battle_id, position, turn, content, html, seconds)
            SELECT battle, position, 1, '[{"type": "text", "text": "Yes."}]', '<p>Yes.</p>', 1
            FROM unnest($1::uuid[]) AS battle, generate_series(0, 1) AS position
            """,
            ids,
        )


async def _vote(here: House, cookie: str, base: int, each: int) -> list[float]:
    """One client's votes, one after the other over one connection; the seconds that each took."""
    reader, writer = await asyncio.open_connection("127.0.0.1", here.server.port)
    body, took = b'{"outcome":"a"}', []
    for turn in range(1, each + 1):
        head = (
            f"POST /api/v1/battles/{battle(base + turn)}/vote HTTP/1.1\r\nhost: localhost\r\ncookie: {cookie}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        began = monotonic()
        writer.write(head.encode() + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 201"), answer
        await reader.readexactly(int(answer.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        took.append(monotonic() - began)
    writer.close()
    return took


async def play(here: House, voter_id: UUID, base: int, each: int) -> Round:
    """One round over HTTP."""
    cookie = f"voter={voters.token(voter_id, here.secret)}"
    began = monotonic()
    async with asyncio.timeout(ROUND_SECONDS):
        took = await asyncio.gather(*(_vote(here, cookie, base + client * each, each) for client in range(CLIENTS)))
    seconds = [one for client in took for one in client]
    return Round(len(seconds) / (monotonic() - began), quantiles(seconds, n=100)[98] * 1e3)


async def pgbench(here: House, voter_id: UUID, base: int, each: int) -> Round:
    """One round of PostgreSQL alone, over the same socket and with a prepared statement."""
    program = binaries.postgres(copied=os.geteuid() == 0) / "bin" / "pgbench"
    variables = {"turn": 0, "base": base, "each": each, "voter": voter_id}
    with tempfile.TemporaryDirectory(prefix="arena-pgbench-") as folder:
        (Path(folder) / "vote.sql").write_text(SCRIPT)
        told = await asyncio.create_subprocess_exec(
            program,
            *("--no-vacuum", "--protocol=prepared", "--file=vote.sql", "--log", "--log-prefix=took"),
            *(f"--client={CLIENTS}", f"--transactions={each}"),
            *(f"--define={name}={value}" for name, value in variables.items()),
            here.database_url,
            cwd=folder,
            stdout=PIPE,
        )
        async with asyncio.timeout(ROUND_SECONDS):
            output, _ = await told.communicate()
        assert told.returncode == 0, output.decode()
        lines = _log(Path(folder))
    per_second = float(output.partition(b"tps = ")[2].split()[0])
    return Round(per_second, quantiles([int(line.split()[2]) / 1e3 for line in lines], n=100)[98])


def _log(folder: Path) -> list[str]:
    return [line for log in folder.glob("took.*") for line in log.read_text().splitlines()]


async def _votes(connection: Connection | Pool) -> int:
    return int(await connection.fetchval("SELECT count(*) FROM votes"))


async def main(votes: int, rounds: int) -> None:
    """Play the rounds and print the figures."""
    each = votes // CLIENTS
    votes = each * CLIENTS
    everywhere = {processes.MEASURED, *processes.OTHERS}
    upstream, voter_id = Provider(), voters.invite()
    upstream.address = ("127.0.0.1", 1)
    least, ours = [], []
    async with (
        # One voter casts them all, so the limit counts as it does for anybody and refuses nothing.
        processes.house(durable=True, cores=everywhere, ARENA_VOTES_PER_MINUTE="1000000") as here,
        database.pool(here.database_url, size=1) as db,
    ):
        for _ in range(2):
            await builders.contender(db, upstream, "benchmark")
        for number in range(-1, rounds):  # The first round warms up and is not counted.
            base = (number + 1) * 2 * votes
            await fill(db, voter_id, base, 2 * votes)
            await db.execute("VACUUM ANALYZE")
            least.append(await pgbench(here, voter_id, base, each))
            assert await _votes(db) == base + votes
            ours.append(await play(here, voter_id, base + votes, each))
            assert await _votes(db) == base + 2 * votes
    for name, figures in (("pgbench", least[1:]), ("arena", ours[1:])):
        rate, p99 = median(one.per_second for one in figures), median(one.p99_ms for one in figures)
        print(f"{name:<8} {rate:7.0f} votes/s  p99 {p99:6.1f} ms")
    pairs = list(zip(ours[1:], least[1:], strict=True))
    rate = median(us.per_second / limit.per_second for us, limit in pairs)
    late = median(us.p99_ms / limit.p99_ms for us, limit in pairs)
    print(f"votes: {rate:.2f} of pgbench (gate 0.18, goal 0.40); p99 {late:.1f} times pgbench's (gate 5)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.votes", description=__doc__)
    parser.add_argument("--votes", type=int, default=4000)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    uvloop.run(main(chosen.votes, chosen.rounds))
