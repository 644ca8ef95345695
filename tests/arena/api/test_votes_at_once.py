"""A thousand votes, each sent twice, flipped, raced and cut off: none lost, none counted twice."""

import asyncio
import json
from collections import defaultdict
from random import Random
from urllib.parse import urlsplit
from uuid import UUID

from arena.config import Settings
from arena.db import Pool
from arena.evaluation.battles import Battle
from arena.people import voters
from tests.builders import contender, ready_battle
from tests.upstream import Provider

VOTES = 1000
FLIPPED = {"a": "b", "b": "a", "tie": "both_bad", "both_bad": "tie"}


async def test_a_thousand_votes_under_fire_are_a_thousand_rows(
    arena: str, db: Pool, settings: Settings, provider: Provider
) -> None:
    chance = Random(7)
    entrants = [await contender(db, provider, "identity") for _ in range(3)]
    voter = voters.invite()
    cookie = f"voter={voters.token(voter, settings.secret)}"
    battles = [(await ready_battle(db, entrants, voter))[0] for _ in range(VOTES)]
    told: dict[UUID, set[tuple[str, str]]] = defaultdict(set)
    room = asyncio.Semaphore(16)

    async def send(battle: Battle, outcome: str, *, cut: bool) -> None:
        async with room:
            answer = await _vote(arena, cookie, battle.id, outcome, cut=cut)
        if answer is not None:
            status, body = answer
            assert status in (200, 201, 409), body
            if status != 409:
                told[battle.id].add((body["vote"]["id"], body["vote"]["outcome"]))

    async def vote(battle: Battle) -> None:
        outcome = chance.choice(list(FLIPPED))
        calls = [
            send(battle, outcome, cut=True),
            send(battle, outcome, cut=False),
            send(battle, FLIPPED[outcome], cut=False),
        ]
        chance.shuffle(calls)
        await asyncio.gather(*calls)
        # Whoever got no answer asks again; by now the battle has its vote, and it is told again.
        for again in FLIPPED:
            await send(battle, again, cut=False)

    await asyncio.gather(*(vote(battle) for battle in battles))
    rows = {row["battle_id"]: (str(row["id"]), row["outcome"]) for row in await db.fetch("SELECT * FROM votes")}
    assert len(rows) == VOTES == await db.fetchval("SELECT count(*) FROM votes")
    assert {battle_id: {row} for battle_id, row in rows.items()} == told
    assert await db.fetchval("SELECT count(*) FROM battles WHERE state = 'voted'") == VOTES


async def _vote(
    arena: str, cookie: str, battle_id: UUID, outcome: str, *, cut: bool
) -> tuple[int, dict[str, dict[str, str]]] | None:
    """Send a vote over a connection of its own; `cut` hangs up without waiting for the answer."""
    address = urlsplit(arena)
    body = json.dumps({"outcome": outcome}).encode()
    head = (
        f"POST /api/v1/battles/{battle_id}/vote HTTP/1.1\r\nhost: {address.netloc}\r\ncookie: {cookie}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(head.encode() + body)
        await writer.drain()
        if cut:
            return None
        async with asyncio.timeout(30):
            answer = await reader.read()
        status, _, _ = answer.partition(b"\r\n")
        return int(status.split()[1]), json.loads(answer.partition(b"\r\n\r\n")[2])
    finally:
        writer.close()
