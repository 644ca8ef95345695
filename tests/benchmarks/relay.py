"""What a battle costs the server, next to the least that any relay in Python costs.

`python -m tests.benchmarks.relay [--battles 50] [--rounds 3]`. Battles begin within a second and are answered by a
provider with 50 chunks a second and side; the arena runs on one core, `paced`. Its rounds alternate with those of
`tests/benchmarks/limit.py` on the same core. Processor time is the server's own, all it does for a battle included.
"""

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median, quantiles
from time import monotonic

import aiohttp
import uvloop

from arena import db as database
from arena.config import Settings
from tests import builders
from tests.benchmarks import processes, provider
from tests.benchmarks.processes import House, Running
from tests.upstream import Provider

BEGIN_SECONDS = 1.0
ROUND_SECONDS = 120.0
CHUNKS = 2 * provider.TOKENS
# Everybody here comes from one network; its battles are counted, and never too many.
MANY = str(10**6)
TICK_SECONDS = Settings(database_url="", redis_url="", secret="").tick_seconds


@dataclass
class Heard:
    """One stream as it came: when each piece did, and what it was; nothing where it was refused."""

    asked_at: float = field(default_factory=monotonic)
    pieces: list[tuple[float, bytes]] = field(default_factory=list)


@dataclass(frozen=True)
class Told:
    """What a stream said: the characters of each side with the time of each arrival, and the events' sizes."""

    texts: tuple[str, str]
    arrivals: tuple[list[tuple[int, float]], list[tuple[int, float]]]
    text_bytes: int
    ordered: bool

    @property
    def whole(self) -> bool:
        """Whether nothing was lost, doubled or out of order."""
        return self.ordered and all(text.partition(" ")[2] == provider.REST for text in self.texts)

    def lags(self) -> list[float]:
        """For each token the seconds between the moment it was due at the provider and its arrival here."""
        late = []
        for text, arrivals in zip(self.texts, self.arrivals, strict=True):
            come = iter(arrivals)
            length, at = 0, 0.0
            for end, due in provider.due(text):
                while length < end:
                    length, at = next(come)
                late.append(at - due)
        return late


@dataclass(frozen=True)
class Round:
    """The figures of one round."""

    battles: int
    whole: int
    cpu_ms: float
    lag_p50: float
    lag_p99: float
    first_p50: float
    first_p99: float
    bytes_per_token: float


Open = Callable[[aiohttp.ClientSession], Awaitable[Heard]]
Read = Callable[[Heard], Told]


def _events(heard: Heard) -> list[tuple[float, str, str]]:
    """The events with their times, names and data."""
    found, pending = [], b""
    for at, piece in heard.pieces:
        *blocks, pending = (pending + piece).split(b"\n\n")
        for block in blocks:
            fields = dict(line.split(": ", 1) for line in block.decode().split("\n") if not line.startswith(":"))
            if fields:
                found.append((at, fields["event"], fields["data"]))
    return found


def _told(said: Sequence[tuple[float, tuple[str, str]]], *, text_bytes: int, ordered: bool) -> Told:
    texts, arrivals = ["", ""], ([], [])  # type: tuple[list[str], tuple[list[tuple[int, float]], list[tuple[int, float]]]]
    for at, pair in said:
        for side, text in enumerate(pair):
            if text:
                texts[side] += text
                arrivals[side].append((len(texts[side]), at))
    return Told((texts[0], texts[1]), arrivals, text_bytes, ordered)


def read_battle(heard: Heard) -> Told:
    """What the arena said; its ticks are numbered, and `ready` is the end."""
    events = _events(heard)
    ticks = [(at, json.loads(data)) for at, name, data in events if name == "tick"]
    numbers = [0, *(tick["seq"] for _, tick in ticks)]
    said = [(at, (tick["sides"][0]["text"], tick["sides"][1]["text"])) for at, tick in ticks]
    frames = len("event: tick\nid: \ndata: \n\n")
    size = sum(frames + len(str(number)) for number in numbers[1:])
    size += sum(len(data.encode()) for _, name, data in events if name == "tick")
    ordered = all(after == before + 1 for before, after in pairwise(numbers))
    ordered = ordered and any(name == "ready" for _, name, _ in events[-1:])
    return _told(said, text_bytes=size, ordered=ordered)


def read_limit(heard: Heard) -> Told:
    """What the limit said: an event for each chunk of either side."""
    events = _events(heard)
    said = [(at, (json.loads(data), "") if name == "a" else ("", json.loads(data))) for at, name, data in events]
    size = sum(len(f"event: {name}\ndata: {data}\n\n".encode()) for _, name, data in events)
    return _told(said, text_bytes=size, ordered=True)


async def _listen(session: aiohttp.ClientSession, url: str, heard: Heard) -> Heard:
    async with session.get(url) as response:
        if response.status != 200:
            return heard
        async for piece in response.content.iter_any():
            heard.pieces.append((monotonic(), piece))
    return heard


def _battle(port: int) -> Open:
    """Open a battle as somebody new, and follow it."""

    async def opened(session: aiohttp.ClientSession) -> Heard:
        heard, url = Heard(), f"http://127.0.0.1:{port}/api/v1/battles"
        async with session.post(url, json={"prompt": "Which is it?"}) as response:
            if response.status != 201:
                return heard
            battle = await response.json()
        return await _listen(session, f"{url}/{battle['id']}/stream", heard)

    return opened


def _relayed(port: int) -> Open:
    async def opened(session: aiohttp.ClientSession) -> Heard:
        return await _listen(session, f"http://127.0.0.1:{port}/", Heard())

    return opened


async def play(server: Running, opened: Open, read: Read, battles: int) -> Round:
    """One round of so many battles."""

    async def one(number: int) -> Heard:
        await asyncio.sleep(number * BEGIN_SECONDS / battles)
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            return await opened(session)

    before = server.cpu_seconds()
    async with asyncio.timeout(ROUND_SECONDS):
        heard = await asyncio.gather(*(one(number) for number in range(battles)))
    used = server.cpu_seconds() - before
    told = [read(stream) for stream in heard]
    whole = [stream for stream in told if stream.whole]
    assert whole, "no stream was whole, so there is nothing to measure"
    lags = quantiles([lag for stream in whole for lag in stream.lags()], n=100)
    firsts = [
        stream.arrivals[0][0][1] - begun.asked_at for stream, begun in zip(told, heard, strict=True) if stream.whole
    ]
    first = quantiles(firsts, n=100, method="inclusive") if len(firsts) > 1 else firsts * 99
    size = sum(stream.text_bytes for stream in told) / (battles * CHUNKS)
    cpu_ms = used * 1e6 / (battles * CHUNKS)
    return Round(battles, len(whole), cpu_ms, lags[49], lags[98], first[49], first[98], size)


async def _enter(here: House, answering: Running) -> None:
    upstream = Provider()
    upstream.address = ("127.0.0.1", answering.port)
    async with database.pool(here.database_url, size=1) as db:
        for _ in range(2):
            await builders.contender(db, upstream, "benchmark")
        await db.execute("UPDATE boards SET pace = 'paced' WHERE slug = 'overall'")


def _of(rounds: Sequence[Round], figure: str) -> float:
    return median(float(getattr(each, figure)) for each in rounds)


def _line(name: str, rounds: Sequence[Round], tick: float) -> str:
    def milliseconds(figure: str, less: float = 0.0) -> str:
        return f"{(_of(rounds, figure) - less) * 1e3:5.0f}"

    return (
        f"{name}: {_of(rounds, 'cpu_ms'):6.1f} ms CPU/1,000 chunks  "
        f"lag above tick p50 {milliseconds('lag_p50', tick)} p99 {milliseconds('lag_p99', tick)} ms  "
        f"first text p50 {milliseconds('first_p50')} p99 {milliseconds('first_p99')} ms"
    )


def _verdicts(ours: Sequence[Round], least: Sequence[Round]) -> list[str]:
    """Each figure that must hold, beside its bound."""
    whole, battles = sum(each.whole for each in ours), sum(each.battles for each in ours)
    ratios = sorted(us.cpu_ms / limit.cpu_ms for us, limit in zip(ours, least, strict=True))
    lag, limits = (_of(ours, "lag_p99") - TICK_SECONDS) * 1e3, _of(least, "lag_p99") * 1e3
    return [
        f"whole: {whole} of {battles} (gate: all)",
        f"CPU: {median(ratios):.2f} of the limit, {ratios[0]:.2f} to {ratios[-1]:.2f} (gate 3.00, goal 2.00)",
        f"lag p99: {lag:.0f} ms above the tick (gate 60 on a calm machine), the limit's {limits:.0f} ms",
        f"text events: {_of(ours, 'bytes_per_token'):.1f} bytes/token (gate 70)",
    ]


async def main(battles: int, rounds: int) -> None:
    """Play the rounds and print the figures."""
    core, settings = {processes.MEASURED}, {"ARENA_NETWORK_BATTLES_PER_HOUR": MANY}
    async with (
        processes.running("tests.benchmarks.provider", cores=processes.OTHERS) as answering,
        processes.running("tests.benchmarks.limit", str(answering.port), cores=core) as limit,
        processes.house(durable=False, cores=core, **settings) as here,
    ):
        await _enter(here, answering)
        await play(here.server, _battle(here.server.port), read_battle, 5)
        empty, full = here.server.megabytes(), 0.0
        least, ours = [], []
        for _ in range(rounds):
            least.append(await play(limit, _relayed(limit.port), read_limit, battles))
            ours.append(await play(here.server, _battle(here.server.port), read_battle, battles))
            full = full or here.server.megabytes()
        print(_line("limit", least, 0.0), _line("arena", ours, TICK_SECONDS), *_verdicts(ours, least), sep="\n")
        print(f"memory: {empty:.0f} MB before, {(full - empty) / battles * 100:.1f} MB per 100 battles (gate 15)")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.relay", description=__doc__)
    parser.add_argument("--battles", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    processes.watch_from_the_others()
    uvloop.run(main(chosen.battles, chosen.rounds))
