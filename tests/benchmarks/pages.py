"""How often the leaderboard is served, next to the same bytes sent by the server's HTTP layer alone.

`python -m tests.benchmarks.pages [--requests 3000] [--rounds 3]`. 32 readers on kept connections; the page whole (200)
and for a reader who has it (304). Rounds alternate; the arena and the limit (uvicorn and one ASGI function) share one
core, and what is asked has another one where there is one.
"""

import argparse
import asyncio
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import monotonic

import uvicorn
import uvloop
from litestar.types import Receive, Scope, Send

from arena import db as database
from arena import ports
from arena.config import Settings
from arena.evaluation import votes
from arena.integration import boards
from arena.publishing import releases
from rating import Outcome
from tests import builders
from tests.benchmarks import processes
from tests.benchmarks.processes import House
from tests.upstream import Provider

READERS = 32
CONTENDERS = 20
BATTLES = 200
ROUND_SECONDS = 120.0


def limit(page: Path) -> None:
    """Serve one page's bytes until the process is ended."""
    body = page.read_bytes()

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        has = any(name == b"if-none-match" for name, _ in scope["headers"])
        headers = [(b"content-type", b"text/html; charset=utf-8"), (b"etag", b'"page"')]
        sent = b"" if has else body
        headers += [] if has else [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 304 if has else 200, "headers": headers})
        await send({"type": "http.response.body", "body": sent, "more_body": False})

    with ports.bind("127.0.0.1", 0) as port:
        port.listen(READERS)
        print(ports.address(port), flush=True)
        config = uvicorn.Config(serve, access_log=False, log_config=None, lifespan="off")
        uvicorn.Server(config).run(sockets=[port])


async def _ask(port: int, path: str, etag: str, times: int) -> tuple[bytes, bytes]:
    """One reader's requests, one after the other; the head and body of the last answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    known = f"if-none-match: {etag}\r\n" if etag else ""
    head, body = b"", b""
    for _ in range(times):
        writer.write(f"GET {path} HTTP/1.1\r\nhost: localhost\r\n{known}\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 304" if etag else b"http/1.1 200"), head
        body = b"" if etag else await reader.readexactly(int(_header(head, b"content-length")))
    writer.close()
    return head, body


def _header(head: bytes, name: bytes) -> bytes:
    return head.partition(name + b": ")[2].partition(b"\r\n")[0]


async def play(port: int, path: str, etag: str, requests: int) -> float:
    """Answers a second, in one round."""
    began, each = monotonic(), requests // READERS
    async with asyncio.timeout(ROUND_SECONDS):
        await asyncio.gather(*(_ask(port, path, etag, each) for _ in range(READERS)))
    return each * READERS / (monotonic() - began)


async def _release(here: House) -> None:
    upstream = Provider()
    upstream.address = ("127.0.0.1", 1)
    settings = Settings(database_url=here.database_url, redis_url="", secret=here.secret, replicates=20)
    async with database.pool(here.database_url, size=4) as db:
        entrants = [await builders.contender(db, upstream, "benchmark") for _ in range(CONTENDERS)]
        for number in range(BATTLES):
            battle, voter = await builders.ready_battle(db, entrants)
            await votes.cast(db, battle.id, voter, list(Outcome)[number % 4])
        await releases.refresh(db, await boards.require(db, "overall"), settings)


async def main(requests: int, rounds: int) -> None:
    """Play the rounds and print the figures."""
    core, path = {processes.MEASURED}, "/leaderboard"
    async with processes.house(durable=False, cores=core) as here:
        await _release(here)
        head, body = await _ask(here.server.port, path, "", 1)
        with TemporaryDirectory(prefix="arena-page-") as folder:
            page = Path(folder) / "page.html"
            page.write_bytes(body)
            async with processes.running("tests.benchmarks.pages", "--limit", str(page), cores=core) as least:
                print(f"the page has {len(body):,} bytes")
                for status, etag in ((200, ""), (304, _header(head, b"etag").decode())):
                    pairs = [
                        (
                            await play(least.port, path, etag, requests),
                            await play(here.server.port, path, etag, requests),
                        )
                        for _ in range(rounds)
                    ]
                    ratio = median(ours / limit for limit, ours in pairs)
                    rates = [median(rate) for rate in zip(*pairs, strict=True)]
                    print(f"{status}: limit {rates[0]:6.0f}/s  arena {rates[1]:6.0f}/s  {ratio:.2f} of the limit")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pages", description=__doc__)
    parser.add_argument("--requests", type=int, default=3000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.limit:
        limit(chosen.limit)
    else:
        processes.watch_from_the_others()
        uvloop.run(main(chosen.requests, chosen.rounds))
