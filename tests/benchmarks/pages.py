"""How often the leaderboard and its JSON are served, next to nginx serving the same bytes, and to our HTTP layer alone.

`python -m tests.benchmarks.pages [--requests 20000] [--rounds 3]`. 32 readers on kept connections; each whole (200) and
for a reader who has it (304). Rounds alternate; the arena, nginx (one worker, where it is installed) and the limit
(uvicorn and one ASGI function) share one core; rates are those of their own processor time. Where wrk is installed it
asks as well, from another core and for some seconds, and its rates are those of the clock.
"""

import argparse
import asyncio
import os
import re
import shutil
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

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
from tests.benchmarks.processes import House, Running
from tests.upstream import Provider

READERS = 32
NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
events {{ worker_connections 256; }}
http {{
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    open_file_cache max=100;
    sendfile on;
    server {{ listen 127.0.0.1:{port}; root {folder}; default_type text/html; }}
}}
"""
CONTENDERS = 20
BATTLES = 200
ROUND_SECONDS = 120.0
WRK_SECONDS = 3

Play = Callable[[Running, str, str], Awaitable[float]]


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


async def play(server: Running, path: str, etag: str, requests: int) -> float:
    """Answers for a second of the server's own processor time, in one round: who asks is slower than who answers."""
    began, each = server.cpu_seconds(), requests // READERS
    async with asyncio.timeout(ROUND_SECONDS):
        await asyncio.gather(*(_ask(server.port, path, etag, each) for _ in range(READERS)))
    return each * READERS / (server.cpu_seconds() - began)


async def wrk(server: Running, path: str, etag: str) -> float:
    """Answers for a second by the clock, to a program that asks faster than any of the servers answers."""
    known = ["--header", f"If-None-Match: {etag}"] if etag else []
    address = f"http://127.0.0.1:{server.port}{path}"
    program = await asyncio.create_subprocess_exec(
        *("wrk", "--threads=1", f"--connections={READERS}", f"--duration={WRK_SECONDS}s", *known, address), stdout=PIPE
    )
    async with asyncio.timeout(ROUND_SECONDS):
        told = (await program.communicate())[0].decode()
    assert program.returncode == 0, told
    assert "Non-2xx" not in told, told
    return float(re.findall(r"Requests/sec:\s+([0-9.]+)", told)[0])


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


@asynccontextmanager
async def _nginx(folder: Path, core: set[int]) -> AsyncIterator[Running | None]:
    """An nginx that serves the folder's files, or None where there is no nginx."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        yield None
        return
    with ports.bind("127.0.0.1", 0) as port:
        number = port.getsockname()[1]
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=number))
    process = await asyncio.create_subprocess_exec(
        program, "-p", str(folder), "-c", str(folder / "nginx.conf"), "-e", str(folder / "error.log")
    )
    os.sched_setaffinity(process.pid, core)
    try:
        await _listening(number)
        yield Running(process.pid, number)
    finally:
        process.terminate()
        await process.wait()


async def _listening(number: int) -> None:
    async with asyncio.timeout(10):
        while True:
            with suppress(OSError):
                (await asyncio.open_connection("127.0.0.1", number))[1].close()
                return
            await asyncio.sleep(0.05)


async def main(requests: int, rounds: int) -> None:
    """Play the rounds and print the figures."""
    core = {processes.MEASURED}
    async with processes.house(durable=False, cores=core) as here:
        await _release(here)
        for path in ("/leaderboard", "/api/v1/boards/overall"):
            _, body = await _ask(here.server.port, path, "", 1)
            print(f"{path} has {len(body):,} bytes")
            with TemporaryDirectory(prefix="arena-page-") as folder:
                os.chmod(folder, 0o755)
                page = Path(folder) / path.removeprefix("/")
                page.parent.mkdir(parents=True, exist_ok=True)
                page.write_bytes(body)
                async with (
                    processes.running("tests.benchmarks.pages", "--limit", str(page), cores=core) as least,
                    _nginx(Path(folder), core) as nginx,
                ):
                    servers = {"limit": least, "nginx": nginx, "arena": here.server}
                    there = {name: one for name, one in servers.items() if one}
                    await _compare(path, there, partial(play, requests=requests), rounds)
                    if shutil.which("wrk"):
                        print("by the clock:")
                        await _compare(path, there, wrk, rounds)


async def _compare(path: str, servers: dict[str, Running], ask: Play, rounds: int) -> None:
    for status in (200, 304):
        etags = {name: await _etag(server.port, path) if status == 304 else "" for name, server in servers.items()}
        played = []
        for _ in range(rounds):
            played.append({name: await ask(one, path, etags[name]) for name, one in servers.items()})
        others = [name for name in servers if name != "arena"]
        rates = "  ".join(f"{name} {median(each[name] for each in played):6.0f}/s" for name in servers)
        of = "  ".join(f"{median(each['arena'] / each[name] for each in played):.2f} of {name}" for name in others)
        print(f"{status}: {rates}  {of}")


async def _etag(port: int, path: str) -> str:
    head, _ = await _ask(port, path, "", 1)
    return _header(head, b"etag").decode()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.pages", description=__doc__)
    parser.add_argument("--requests", type=int, default=20000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.limit:
        limit(chosen.limit)
    else:
        processes.watch_from_the_others()
        uvloop.run(main(chosen.requests, chosen.rounds))
