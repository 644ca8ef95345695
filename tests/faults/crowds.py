"""Crowds: voters who send twice, flip, race and hang up, and note every answer they get."""

import asyncio
import json
from collections import defaultdict
from random import Random
from urllib.parse import urlsplit
from uuid import UUID

from arena.db import Pool
from tests.builders import contender, ready_battle
from tests.upstream import Provider

FLIPPED = {"a": "b", "b": "a", "tie": "both_bad", "both_bad": "tie"}

Told = tuple[str, str]


class Crowd:
    """Voters who send everything several times and note every answer; whoever gets none, or a 503, asks again."""

    def __init__(self, arena: str, cookie: str, *, patience_seconds: float = 120, retry_seconds: float = 0.05) -> None:
        self.told: dict[UUID, set[Told]] = defaultdict(set)
        self.answers = 0
        self.refused = 0
        self._patience, self._retry = patience_seconds, retry_seconds
        self._address = urlsplit(arena)
        self._cookie = cookie
        self._room = asyncio.Semaphore(8)
        self._chance = Random(7)

    async def has_answers(self, number: int) -> bool:
        """Whether they have got so many answers."""
        return self.answers >= number

    async def vote(self, battle_id: UUID) -> None:
        """Vote for one battle as badly as one can, and then once more with every outcome."""
        async with self._room:
            await self._vote(battle_id)

    async def _vote(self, battle_id: UUID) -> None:
        outcome = self._chance.choice(list(FLIPPED))
        calls = [
            self._call(battle_id, outcome, cut=True),
            self._send(battle_id, outcome),
            self._send(battle_id, outcome),
            self._send(battle_id, FLIPPED[outcome]),
        ]
        self._chance.shuffle(calls)
        await asyncio.gather(*calls)
        for again in FLIPPED:
            await self._send(battle_id, again)

    async def _send(self, battle_id: UUID, outcome: str) -> None:
        async with asyncio.timeout(self._patience):
            while (answer := await self._answer(battle_id, outcome)) is None:  # noqa: ASYNC110 - as a client does it.
                await asyncio.sleep(self._retry)
        self.answers += 1
        status, body = answer
        assert status in (200, 201, 409), body
        if status != 409:
            self.told[battle_id].add((body["vote"]["id"], body["vote"]["outcome"]))

    async def _answer(self, battle_id: UUID, outcome: str) -> tuple[int, dict[str, dict[str, str]]] | None:
        raw = await self._call(battle_id, outcome)
        status = int(raw.split(maxsplit=2)[1])
        if status == 503:
            assert b"\r\nretry-after: " in raw.lower()
            self.refused += 1
            return None
        return status, json.loads(raw.partition(b"\r\n\r\n")[2])

    async def _call(self, battle_id: UUID, outcome: str, *, cut: bool = False) -> bytes:
        """Send a vote over a connection of its own; `cut` hangs up without waiting for the answer."""
        body = json.dumps({"outcome": outcome})
        head = (
            f"POST /api/v1/battles/{battle_id}/vote HTTP/1.1\r\nhost: {self._address.netloc}\r\n"
            f"cookie: {self._cookie}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            "connection: close\r\n\r\n"
        )
        reader, writer = await asyncio.open_connection(self._address.hostname, self._address.port)
        try:
            writer.write((head + body).encode())
            await writer.drain()
            return b"" if cut else await reader.read()
        finally:
            writer.close()


async def ready(db: Pool, provider: Provider, voter: UUID, number: int) -> list[UUID]:
    """So many battles that wait for their vote: one made as they are made, and copies of it."""
    entrants = [await contender(db, provider, "identity") for _ in range(2)]
    battle, _ = await ready_battle(db, entrants, voter)
    async with db.acquire() as connection, connection.transaction():
        await connection.execute("CREATE TEMP TABLE copies ON COMMIT DROP AS SELECT * FROM battles WHERE false")
        await connection.execute(
            """
            INSERT INTO copies SELECT (jsonb_populate_record(battles, jsonb_build_object('id', gen_random_uuid()))).*
            FROM battles, generate_series(2, $1)
            """,
            number,
        )
        await connection.execute("INSERT INTO battles SELECT * FROM copies")
        for table in ("turns", "sides", "answers"):
            await connection.execute(
                f"""
                INSERT INTO {table}
                SELECT (jsonb_populate_record({table}, jsonb_build_object('battle_id', copies.id))).*
                FROM {table}, copies WHERE battle_id = $1
                """,
                battle.id,
            )
    return [row["id"] for row in await db.fetch("SELECT id FROM battles")]


async def agrees(db: Pool, crowd: Crowd, number: int) -> None:
    """Check that each of so many battles has one vote, that nobody was told another one, and that some were refused."""
    # A connection of the pool that the restarts have ended is replaced at its next use.
    await db.expire_connections()
    rows = {row["battle_id"]: (str(row["id"]), row["outcome"]) for row in await db.fetch("SELECT * FROM votes")}
    assert len(rows) == number == await db.fetchval("SELECT count(*) FROM votes")
    assert {battle_id: {row} for battle_id, row in rows.items()} == crowd.told
    assert await db.fetchval("SELECT count(*) FROM battles WHERE state = 'voted'") == number
    assert crowd.refused > 0, "the restarts came too late to be noticed"
