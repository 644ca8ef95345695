"""A battle's whole life before its vote, and every byte that leaves the server meanwhile: nothing tells who is who."""

import asyncio
import logging
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from arena.db import Pool
from tests.builders import Event, Visitor, contender
from tests.conftest import Open
from tests.upstream import Provider

MODELS = ("northgate-large-7x", "southgate-mini-3y")


async def _enter(db: Pool, provider: Provider, *models: str) -> list[bytes]:
    """Two contenders with a name for everything there is; what must not be seen of them."""
    for number, model in enumerate(models):
        names = {"slug": f"slug-of-{number}x", "name": f"Titled {number}x", "organisation": f"Makers {number}x"}
        await contender(db, provider, model, description=f"Described {number}x", **names)
    rows = await db.fetch(
        """
        SELECT contenders.id, contenders.slug, contenders.name, contenders.organisation, contenders.description,
               endpoints.id, endpoints.model, providers.id, providers.slug, providers.name
        FROM contenders JOIN endpoints ON contender_id = contenders.id JOIN providers ON providers.id = provider_id
        """
    )
    host, port = provider.address
    secrets = {str(value) for row in rows for value in row.values()} | {value.hex for row in rows for value in row[:1]}
    return [secret.encode() for secret in secrets | {f"{host}:{port}", f":{port}", "litellm", "acme", "chatcmpl"}]


def _seen(secrets: list[bytes], *where: bytes | bytearray) -> list[bytes]:
    return [secret for secret in secrets if any(secret.lower() in each.lower() for each in where)]


async def _call(visitor: Visitor, battle_id: str) -> dict[str, tuple[int, Any]]:
    """Every call that belongs to a battle but the stream, answered without its place in the address."""
    path = f"/api/v1/battles/{battle_id}"
    answers = {
        "show": await visitor.get(path),
        "stream": await visitor.get(f"{path}/stream"),
        "stop": await visitor.post(f"{path}/stop", {}),
        "turn": await visitor.post(f"{path}/turns", {"prompt": "And then?"}),
        "vote": await visitor.post(f"{path}/vote", {"outcome": "a"}),
        "skip": await visitor.post(f"{path}/skip", {"reason": "x"}),
    }
    return {name: (status, str(body).replace(battle_id, "ID")) for name, (status, body) in answers.items()}


@pytest.mark.parametrize("pace", ["lockstep", "paced", "buffered"])
async def test_nothing_that_leaves_before_the_vote_tells_who_a_side_is(
    open_arena: Open, db: Pool, provider: Provider, redis: Redis, caplog: pytest.LogCaptureFixture, pace: str
) -> None:
    secrets = await _enter(db, provider, *MODELS)
    gate = asyncio.Event()
    for model in MODELS:
        provider.script(model, ["# A title\n\n", "Some words.\n\n", gate, "An end."])
    caplog.set_level(logging.INFO)
    address = await open_arena(pace=pace)
    async with Visitor(address) as voter, Visitor(address) as stranger:
        await voter.get("/")
        await stranger.ask()
        battle_id = await voter.ask()
        assert (await voter.vote(battle_id, "a"))[0] == 409
        assert (await voter.post(f"/api/v1/battles/{battle_id}/turns", {"prompt": "More?"}))[0] == 409
        hearing = asyncio.create_task(voter.hear(battle_id))
        await voter.get(f"/api/v1/battles/{battle_id}")
        assert await _call(stranger, battle_id) == await _call(stranger, str(uuid4()))
        gate.set()
        events = (await hearing).events
        await voter.get(f"/api/v1/battles/{battle_id}")
        assert await _call(stranger, battle_id) == await _call(stranger, str(uuid4()))
        assert (await voter.post(f"/api/v1/battles/{battle_id}/turns", {"prompt": "And then?"}))[0] == 201
        events += (await voter.hear(battle_id)).events
        assert (await voter.post(f"/api/v1/battles/{battle_id}/vote", {"outcome": "first"}))[0] == 400
        before = bytes(voter.received), bytes(stranger.received), caplog.text.encode()
        assert b"An end." in before[0]
        keys: list[Any] = await redis.keys("*")
        assert _seen(secrets, *before, *keys) == []
        assert {status for status, _ in (await _call(stranger, battle_id)).values()} == {404}
        assert (await voter.vote(battle_id, "a"))[0] == 201
        assert len(_seen(secrets, bytes(voter.received)[len(before[0]) :])) >= 4
    _require_even(events)


def _require_even(events: list[Event]) -> None:
    """Both sides of an event have the same fields in the same order, and no event is about one side alone."""
    for event in events:
        if event.name in ("tick", "html"):
            first, second = event.data["sides"]
            assert list(first) == list(second)
            assert not {"id", "side", "position"} & (set(event.data) | set(first))


@pytest.mark.parametrize(
    "fault", ["status401", "status429", "status500", "status200_error", "hang_mid", "disconnect", "identity", "empty"]
)
async def test_a_battle_that_fails_tells_neither_who_failed_nor_which_side(
    open_arena: Open, db: Pool, provider: Provider, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    caplog.set_level(logging.INFO)
    gate = asyncio.Event()
    provider.script(MODELS[0], ["Begun ", gate])
    secrets = await _enter(db, provider, MODELS[0], fault)
    secrets = [secret for secret in secrets if secret != fault.encode()]
    gate.set()
    async with Visitor(await open_arena(first_byte_seconds=0.3, idle_seconds=0.3, answer_seconds=0.6)) as voter:
        battle_id = await voter.ask()
        heard = await voter.hear(battle_id)
        assert heard.end == ("ready" if fault == "identity" else "failed")
        _, shown = await voter.get(f"/api/v1/battles/{battle_id}")
        await voter.vote(battle_id, "a") if heard.end == "failed" else None
        await voter.post(f"/api/v1/battles/{battle_id}/skip", {})
        assert shown["reveal"] is None
        assert _seen(secrets, bytes(voter.received), caplog.text.encode()) == []
    if heard.end == "failed":
        assert heard.events[-1].data == {"code": "interrupted"}


async def test_a_stopped_and_a_skipped_battle_tell_nobody_who_the_sides_were(
    open_arena: Open, db: Pool, provider: Provider
) -> None:
    secrets = await _enter(db, provider, *MODELS)
    gate = asyncio.Event()
    for model in MODELS:
        provider.script(model, ["Some words.", gate])
    async with Visitor(await open_arena()) as voter:
        battle_id = await voter.ask()
        stream = voter.stream(battle_id)
        async with asyncio.timeout(30):
            while (await anext(stream)).name != "tick":
                pass
            assert (await voter.post(f"/api/v1/battles/{battle_id}/stop", {}))[0] == 200
            assert [event.name async for event in stream][-1] == "ready"
        assert (await voter.post(f"/api/v1/battles/{battle_id}/skip", {"reason": "x"}))[0] == 200
        assert (await voter.vote(battle_id, "a"))[0] == 409
        await voter.get(f"/api/v1/battles/{battle_id}")
        assert _seen(secrets, bytes(voter.received)) == []
