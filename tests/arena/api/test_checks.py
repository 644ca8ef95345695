"""A provider's endpoint on its way through the contract test, over HTTP and with a worker at work."""

import asyncio
import logging
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import UUID, uuid4

import pytest
from msgspec import structs

from arena import operators, workers
from arena.config import Settings
from arena.db import Pool
from arena.submission import checks, contract, lifecycle
from arena.submission.lifecycle import ARENA
from arena.submission.reports import State
from arena.workers import check
from tests.builders import Visitor, contender, until
from tests.conftest import Open
from tests.pupils import but, good, never
from tests.upstream import Provider

KEY = "sk-live-0123456789abcdef4f2a"


class Provided:
    """Somebody with a key who brings endpoints of the test's provider, which an operator has allowed."""

    def __init__(self, visitor: Visitor, provider: Provider, key: str) -> None:
        self.visitor = visitor
        self.headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
        self.entry = {
            "base_url": provider.base_url,
            "model": "tide",
            "name": "Tidewater",
            "key": KEY,
            "concurrency": 2,
            "grant": {"address": provider.address[0], "port": provider.address[1], "reason": "the test provider"},
        }

    async def post(self, path: str, body: Any = None) -> tuple[int, Any]:
        return await self.visitor.post(f"/api/v1{path}", body, headers=self.headers)

    async def get(self, path: str) -> Any:
        status, body = await self.visitor.get(f"/api/v1{path}", headers=self.headers)
        assert status == 200, body
        return body

    async def brings(self, **changes: Any) -> str:
        status, body = await self.post("/endpoints", self.entry | changes)
        assert (status, body["state"]) == (201, "checking"), body
        return str(body["id"])

    async def state(self, endpoint_id: str) -> tuple[str, str | None]:
        body = await self.get(f"/endpoints/{endpoint_id}")
        return body["state"], body["reason"]

    async def ends_in(self, endpoint_id: str, state: str, reason: str | None = None) -> None:
        async def there() -> bool:
            return await self.state(endpoint_id) == (state, reason)

        await until(there)

    async def latest(self, endpoint_id: str) -> Any:
        listed = await self.get(f"/endpoints/{endpoint_id}/checks")
        return await self.get(f"/endpoints/{endpoint_id}/checks/{listed['items'][0]['id']}")


@pytest.fixture
def taught(provider: Provider) -> Provider:
    """The provider with a good model that wants its key."""
    provider.keys, provider.models = {KEY}, ["tide"]
    provider.teach("tide", good)
    return provider


async def _somebody(arena: str, settings: Settings, provider: Provider) -> AsyncIterator[Provided]:
    key = await operators.create(settings.database_url, email="ann@example.org", name="Ann", organisation="Northgate")
    async with Visitor(arena) as visitor:
        yield Provided(visitor, provider, key)


@pytest.fixture
async def idle(arena: str, settings: Settings, taught: Provider) -> AsyncIterator[Provided]:
    """A provider at an arena without a worker."""
    async for somebody in _somebody(arena, settings, taught):
        yield somebody


@pytest.fixture
async def ann(open_arena: Open, settings: Settings, taught: Provider) -> AsyncIterator[Provided]:
    """A provider at an arena that works."""
    async for somebody in _somebody(await open_arena(working=True), settings, taught):
        yield somebody


async def test_two_calls_bring_a_contender_to_its_first_battle(
    ann: Provided, db: Pool, provider: Provider, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint_id = await ann.brings()
    await ann.ends_in(endpoint_id, "warming")
    shown = await ann.latest(endpoint_id)
    assert (shown["state"], shown["reason"]) == ("passed", None)
    assert [step["name"] for step in shown["steps"]] == [trial.name for trial in contract.TRIALS]
    assert {step["state"] for step in shown["steps"]} == {"pass"}
    assert shown["steps"][2]["text"] == "It accepts the key, and refuses a wrong one."
    events = await ann.get(f"/endpoints/{endpoint_id}/events")
    assert [(one["state"], one["actor"]) for one in events["items"]] == [
        ("warming", "arena"),
        ("checking", "provider"),
        ("draft", "provider"),
    ]
    provider.keys = set()
    await contender(db, provider, "words:Rivers bend.")
    battle_id = await ann.visitor.ask()
    assert (await ann.visitor.hear(battle_id)).end == "ready"
    sides = "SELECT count(*) FROM sides WHERE endpoint_id = $1"
    assert await db.fetchval(sides, UUID(endpoint_id)) == 1
    assert KEY not in caplog.text


async def test_what_was_rejected_is_mended_and_run_again(ann: Provided, taught: Provider) -> None:
    taught.teach("tide", but("rivers", (["x" * 900], 0.0, "stop")))
    endpoint_id = await ann.brings()
    await ann.ends_in(endpoint_id, "rejected", "not_streaming")
    first = await ann.latest(endpoint_id)
    assert (first["state"], first["reason"]) == ("failed", "not_streaming")
    [streaming] = [step for step in first["steps"] if step["name"] == "streaming"]
    assert (streaming["state"], streaming["fatal"]) == ("fail", True)
    assert streaming["text"] == "The whole answer of 900 characters came as one event."
    assert streaming["exchanges"][0]["reply"].startswith("HTTP 200\n")
    taught.teach("tide", good)
    status, body = await ann.post(f"/endpoints/{endpoint_id}/check")
    assert (status, len(body["steps"])) == (202, len(contract.TRIALS))
    await ann.ends_in(endpoint_id, "warming")
    listed = await ann.get(f"/endpoints/{endpoint_id}/checks")
    assert [one["state"] for one in listed["items"]] == ["passed", "failed"]


@pytest.mark.parametrize("model", ["status401", "status403", "status500", "echo"])
async def test_a_key_that_the_endpoint_repeats_is_nowhere_in_the_clear(
    ann: Provided, db: Pool, taught: Provider, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    taught.keys = set()
    taught.teach("echo", lambda call: f"You are {call.key} or {call.key.upper()}, and I am Qwen. {good(call)}")
    endpoint_id = await ann.brings(model=model)
    await until(partial(_ended, db, 1))
    await ann.latest(endpoint_id)
    await ann.get(f"/endpoints/{endpoint_id}/events")
    tables = await db.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    rows = [await db.fetch(f"SELECT * FROM {table['tablename']}") for table in tables]
    kept = (str([dict(row) for table in rows for row in table]) + caplog.text).lower()
    kept += bytes(ann.visitor.received).decode().lower()
    assert KEY not in kept
    assert KEY.encode().hex() not in kept
    assert "[redacted]" in kept


async def test_a_check_is_shown_step_by_step_while_it_runs(ann: Provided, taught: Provider) -> None:
    gate = asyncio.Event()
    taught.teach("tide", but("rivers", lambda _: (("It ", gate, "flows ", "on. " * 30), 0.0, "stop")))
    endpoint_id = await ann.brings()

    async def streaming() -> bool:
        return bool((await ann.latest(endpoint_id))["steps"][3]["state"] == "running")

    await until(streaming)
    shown = await ann.latest(endpoint_id)
    assert shown["state"] == "running"
    assert [step["state"] for step in shown["steps"]] == [*["pass"] * 3, "running", *["waiting"] * 9]
    gate.set()
    await ann.ends_in(endpoint_id, "warming")


async def test_one_check_of_an_endpoint_runs_at_a_time(idle: Provided, db: Pool) -> None:
    endpoint_id = await idle.brings()
    tried = await asyncio.gather(*[idle.post(f"/endpoints/{endpoint_id}/check") for _ in range(4)])
    assert {(status, "check of this endpoint is running" in body["detail"]) for status, body in tried} == {(409, True)}
    assert await db.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'check'") == 1
    assert (await idle.latest(endpoint_id))["state"] == "waiting"


async def test_a_listed_endpoint_stays_listed_while_it_is_checked_and_is_paused_where_it_fails(
    ann: Provided, db: Pool, taught: Provider
) -> None:
    endpoint_id = await ann.brings()
    await ann.ends_in(endpoint_id, "warming")
    async with db.acquire() as connection:
        await lifecycle.move(connection, UUID(endpoint_id), lifecycle.State.LISTED, actor=ARENA)
    ways = ((False, "listed", None), (True, "paused", "key_refused"), (False, "paused", None))
    for number, (refused, state, reason) in enumerate(ways):
        taught.keys = {"another"} if refused else {KEY}
        assert (await ann.post(f"/endpoints/{endpoint_id}/check"))[0] == 202
        await until(partial(_ended, db, number + 2))
        assert (await ann.state(endpoint_id))[0] == state
        assert (await ann.latest(endpoint_id))["reason"] == reason


async def test_a_retired_endpoint_is_not_checked(idle: Provided, db: Pool) -> None:
    endpoint_id = await idle.brings()
    await db.execute("UPDATE checks SET ended_at = now()")
    await db.execute("UPDATE endpoints SET state = 'retired'")
    status, body = await idle.post(f"/endpoints/{endpoint_id}/check")
    assert (status, "retired" in body["detail"]) == (409, True)


async def test_a_check_whose_worker_is_gone_ends_as_interrupted_and_is_run_again(
    idle: Provided, db: Pool, settings: Settings
) -> None:
    endpoint_id = await idle.brings()
    check_id, gone = UUID((await idle.latest(endpoint_id))["id"]), uuid4()
    assert await checks.claim(db, check_id, gone) == UUID(endpoint_id)
    assert await checks.claim(db, check_id, uuid4()) is None
    assert await checks.look_after(db) == 0
    await db.execute("UPDATE checks SET alive_until = now() - interval '1 second'")
    assert await checks.look_after(db) == 1
    assert await idle.state(endpoint_id) == ("rejected", "interrupted")
    shown = await idle.latest(endpoint_id)
    assert (shown["state"], {step["state"] for step in shown["steps"]}) == ("interrupted", {"skipped"})
    # Who was taken for dead writes nothing any more.
    step = contract.Step(name="address", state=State.PASS)
    assert not await checks.keep(db, check_id, gone, step)
    async with db.acquire() as connection:
        await checks.end(connection, check_id, gone, None)
    assert (await idle.post(f"/endpoints/{endpoint_id}/check"))[0] == 202
    await check.run(db, settings, UUID((await idle.latest(endpoint_id))["id"]))
    assert await idle.state(endpoint_id) == ("warming", None)


async def test_a_check_that_nobody_was_called_for_is_called_for_again(idle: Provided, db: Pool) -> None:
    endpoint_id = await idle.brings()
    await db.execute("DELETE FROM pgqueuer")
    await db.execute("UPDATE checks SET begun_at = now() - interval '1 hour'")
    for _ in range(2):
        await checks.look_after(db)
    assert await db.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'check'") == 1
    assert (await idle.state(endpoint_id))[0] == "checking"


async def test_a_worker_that_is_stopped_in_the_middle_leaves_the_check_to_the_next(
    idle: Provided, db: Pool, settings: Settings, taught: Provider
) -> None:
    taught.teach("tide", but("rivers", lambda _: never()))
    endpoint_id = await idle.brings()
    stop = asyncio.Event()
    working = asyncio.create_task(workers.run(settings, stop=stop))

    async def streaming() -> bool:
        return bool((await idle.latest(endpoint_id))["steps"][3]["state"] == "running")

    await until(streaming)
    stop.set()
    async with asyncio.timeout(30):
        await working
    await db.execute("UPDATE checks SET alive_until = now() - interval '1 second'")
    await check.look_after(db)
    assert await idle.state(endpoint_id) == ("rejected", "interrupted")


async def test_a_literal_private_address_is_refused_until_an_operator_has_allowed_it(
    arena: str, taught: Provider, db: Pool
) -> None:
    async with Visitor(arena) as visitor:
        account = {"email": "eve@example.org", "name": "Eve", "password": "correct horse battery", "key": "laptop"}
        _, body = await visitor.post("/api/v1/accounts", account | {"organisation": "Eve's lab"})
        eve = Provided(visitor, taught, body["key"])
        status, body = await eve.post("/endpoints", {name: eve.entry[name] for name in ("base_url", "model", "name")})
        assert (status, "port 443 of a public address" in body["detail"]) == (400, True)
        assert (await eve.post("/endpoints", eve.entry))[0] == 403
    assert not taught.calls
    assert await db.fetchval("SELECT count(*) FROM checks") == 0


async def test_another_endpoints_check_is_not_shown(idle: Provided) -> None:
    first = await idle.brings()
    second = await idle.brings(model="other", name="Other")
    check_id = (await idle.latest(first))["id"]
    status, _ = await idle.visitor.get(f"/api/v1/endpoints/{second}/checks/{check_id}", headers=idle.headers)
    assert status == 404


async def test_a_key_that_cannot_be_opened_is_said_at_once(idle: Provided, db: Pool, settings: Settings) -> None:
    endpoint_id = await idle.brings()
    changed = structs.replace(settings, secret="t" * 32)
    await check.run(db, changed, UUID((await idle.latest(endpoint_id))["id"]))
    assert await idle.state(endpoint_id) == ("rejected", "key_unopenable")


async def _ended(db: Pool, number: int) -> bool:
    return bool(await db.fetchval("SELECT count(*) FROM checks WHERE ended_at IS NOT NULL") == number)
