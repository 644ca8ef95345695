"""Each upstream fault with twenty good battles beside it: they lose nothing, come as soon, and memory stays."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from time import monotonic

import pytest

from arena.db import Pool
from tests.builders import Event, Visitor, contender
from tests.conftest import Open
from tests.replies import REPLIES, STREAMS, WIRES
from tests.upstream import Provider

pytestmark = pytest.mark.slow

GOOD = 20
OTHERS = ("faulty", "beside-it")
TOKENS = 50
TOKEN_SECONDS = 0.025
STAMP = re.compile(r"(\d+\.\d{4}) ")
RATIO = 1.5
# What a busy machine may add to any one of its moments, whatever else happens.
FLOOR_SECONDS = 0.06
ATTEMPTS = 4
# So late is no token unless the whole machine stood still; then battles may have met their deadlines.
DISTURBED_SECONDS = 0.5
MEMORY_BYTES = 20 * 1024 * 1024
WHOLE = {
    *("identity", "nodone", "doneonly", "length", "badsse", "badutf8", "nul", "multiline", "crlf", "bom", "comments"),
    *("split", "nullcontent", "multichoice", "tools", "noblank", "afterwards", "xss", "sse_inject", "hang_end"),
    *("pings_end",),
}
FAULTS = sorted({*REPLIES, *STREAMS, *WIRES} - WHOLE)
# What the dialects share is tried in one of them.
IN_MESSAGES = ["badjson", "empty", "error_mid", "hang_mid", "infinite", "nofinish", "refusal", "status200_error"]
CODES = {"interrupted"}


@dataclass
class Beside:
    """How the good battles went: how late each token was, and what the process took."""

    lags: list[float] = field(default_factory=list)
    whole: int = 0
    memory: int = 0

    @property
    def p99(self) -> float:
        """The lag that one token in a hundred exceeds."""
        return quantiles(self.lags, n=100)[98]


def _stamps() -> Iterator[str | asyncio.Event]:
    """Tokens that say when they were due: where the process stands still they come late, however they are sent."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    for token in range(TOKENS):
        gate, due = asyncio.Event(), began + token * TOKEN_SECONDS
        loop.call_at(due, gate.set)
        yield gate
        yield f"{due:.4f} "


@pytest.fixture
async def visitor(open_arena: Open) -> AsyncIterator[Visitor]:
    """Somebody at an arena as it is in use, with deadlines short enough to wait for."""
    seconds = {"first_byte_seconds": 1.0, "idle_seconds": 1.0, "answer_seconds": 4.0}
    address = await open_arena(tick_seconds=0.04, pace="paced", pace_characters=1000, **seconds)
    async with Visitor(address) as somebody:
        yield somebody


@pytest.mark.parametrize("fault", FAULTS)
async def test_good_battles_beside_a_fault_lose_nothing_and_come_as_soon(
    db: Pool, provider: Provider, visitor: Visitor, fault: str
) -> None:
    await _compare(db, provider, visitor, fault, "openai")


@pytest.mark.parametrize("fault", IN_MESSAGES)
async def test_good_battles_beside_a_fault_of_the_other_dialect_do_as_well(
    db: Pool, provider: Provider, visitor: Visitor, fault: str
) -> None:
    await _compare(db, provider, visitor, fault, "anthropic")


async def _compare(db: Pool, provider: Provider, visitor: Visitor, fault: str, dialect: str) -> None:
    """Rounds without the fault and with it by turns, the first of all to warm up.

    A fault that held others up would do so every time; what else runs on the machine does so now and then.
    """
    for model in ("good", "better"):
        provider.teach(model, lambda _: (_stamps(), 0.0, "stop"))
        await contender(db, provider, model, slug=model)
    for slug, model in zip(OTHERS, (fault, "words:Nothing to add."), strict=True):
        await contender(db, provider, model, slug=slug)
    await db.execute("UPDATE endpoints SET dialect = $2 WHERE model = $1", fault, dialect)
    await _round(db, visitor, faulty=False)
    for attempt in range(1, ATTEMPTS + 1):
        alone, beside = [await _round(db, visitor, faulty=faulty) for faulty in (False, True)]
        as_soon = beside.p99 <= alone.p99 * RATIO + FLOOR_SECONDS
        if alone.whole == beside.whole == GOOD and as_soon and beside.memory < MEMORY_BYTES:
            break
        disturbed = max(alone.lags) > DISTURBED_SECONDS or max(beside.lags) > DISTURBED_SECONDS
        assert disturbed or beside.whole == GOOD
        assert attempt < ATTEMPTS, (alone.p99, beside.p99, beside.whole, beside.memory)
    assert await db.fetchval("SELECT count(*) >= 1 FROM battles WHERE state = 'void'")


async def _round(db: Pool, visitor: Visitor, *, faulty: bool) -> Beside:
    beside = Beside()
    async with _measured(beside):
        await _list(db, "good", "better")
        battles = [await visitor.ask() for _ in range(GOOD)]
        hearing = [asyncio.create_task(_hear(visitor, battle_id, beside)) for battle_id in battles]
        if faulty:
            await db.execute("UPDATE endpoints SET cooled_until = NULL, failures = 0")
            await _list(db, *OTHERS)
            heard = await visitor.hear(await visitor.ask())
            assert (heard.end, heard.events[-1].data["code"] in CODES) == ("failed", True)
        await asyncio.gather(*hearing)
    return beside


async def _list(db: Pool, *slugs: str) -> None:
    """Let these be the only ones that are drawn."""
    await db.execute(
        """
        UPDATE endpoints SET state = CASE WHEN slug = ANY($1::text[]) THEN 'listed' ELSE 'paused' END
        FROM contenders WHERE contenders.id = contender_id
        """,
        slugs,
    )


async def _hear(visitor: Visitor, battle_id: str, beside: Beside) -> None:
    texts, last = ["", ""], Event("", None)
    async for event in visitor.stream(battle_id):
        now, last = monotonic(), event
        for side, said in enumerate(event.data["sides"] if event.name == "tick" else []):
            texts[side] += said["text"]
            beside.lags += [now - float(stamp) for stamp in STAMP.findall(said["text"])]
    beside.whole += last.name == "ready" and all(len(STAMP.findall(text)) == TOKENS for text in texts)


@asynccontextmanager
async def _measured(beside: Beside) -> AsyncIterator[None]:
    """The most that the process takes more than now."""

    async def watch() -> None:
        before = _resident()
        while True:
            beside.memory = max(beside.memory, _resident() - before)
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
