"""The life of `arena up` as somebody at a terminal sees it: it opens, survives, stops, and leaves nothing behind."""

import asyncio
import os
import signal
import sys
from functools import partial
from pathlib import Path

import aiohttp
import pytest

from tests.builders import until
from tests.journeys.conftest import CHECKOUT, STOP_SECONDS, Start


async def status(url: str) -> int:
    async with aiohttp.ClientSession() as http, http.get(url, timeout=aiohttp.ClientTimeout(total=10)) as answer:
        return answer.status


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_it_opens_and_a_signal_stops_it_in_order(start: Start, number: signal.Signals) -> None:
    up = await start("--no-demo")
    assert await status(f"{await up.opened()}/health/ready") == 200
    assert any("PostgreSQL 18 initialised in " in line for line in up.said)
    assert {"postgres.lock", "valkey.lock", "worker.lock", "up.lock"} <= set(up.left_behind())
    code, seconds = await up.stop(number)
    assert code == 0
    assert seconds < STOP_SECONDS
    assert up.left_behind() == []


async def test_a_signal_while_it_starts_stops_it_as_well(start: Start) -> None:
    up = await start("--no-demo")
    await up.until("Valkey started")
    code, seconds = await up.stop(signal.SIGTERM)
    assert code == 0
    assert seconds < STOP_SECONDS
    assert up.left_behind() == []


async def test_a_second_one_on_the_folder_is_refused_with_a_sentence(start: Start) -> None:
    first = await start("--no-demo")
    address = await first.opened()
    second = await start("--no-demo")
    await second.until(f"An arena is already running on {first.folder} (process {first.process.pid})")
    assert await second.process.wait() == 1
    assert await status(f"{address}/health/ready") == 200


async def test_after_a_kill_nothing_is_left_and_it_starts_clean(start: Start) -> None:
    first = await start("--no-demo")
    await first.opened()
    await first.stop(signal.SIGKILL)
    second = await start("--no-demo")
    assert await status(f"{await second.opened()}/health/ready") == 200
    assert not any("initialised" in line for line in second.said)
    await second.stop(signal.SIGKILL)
    await second.gone()


async def test_servers_that_are_killed_are_started_again(start: Start) -> None:
    up = await start("--no-demo")
    address = await up.opened()
    note = next(up.folder.rglob("postmaster.pid"))
    os.kill(int(note.read_text().splitlines()[0]), signal.SIGKILL)
    await up.until("PostgreSQL ended unexpectedly (signal 9); starting it again")
    await up.until("PostgreSQL 18 started again")

    async def ready() -> bool:
        return await status(f"{address}/health/ready") == 200

    await until(ready, seconds=10)
    assert (await up.stop(signal.SIGTERM))[0] == 0


@pytest.mark.slow
async def test_a_signal_stops_it_while_two_models_are_answering(start: Start) -> None:
    up = await start()
    address = await up.opened()
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        prompt = {"prompt": "Count slowly from one to two hundred, in words."}
        async with http.post(f"{address}/api/v1/battles", json=prompt) as opened:
            assert opened.status == 201, await opened.text()
            battle = (await opened.json())["id"]
        async with http.get(f"{address}/api/v1/battles/{battle}/stream") as stream:
            async for line in stream.content:
                if line.startswith(b"event: tick"):
                    break
            code, seconds = await up.stop(signal.SIGTERM)
    assert code == 0
    assert seconds < STOP_SECONDS
    assert up.left_behind() == []


@pytest.mark.slow
async def test_the_demo_board_is_brought_in_once_and_the_command_finds_the_arena(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "votes.csv"
    file.write_text("model_a,model_b,winner\nash,birch,model_a\n")
    up = await start()
    address = await up.opened()
    await up.until("Brought in the board LLMFAO 2023")
    await until(partial(released, address, "llmfao-2023", 8931), seconds=20)
    command = (sys.executable, "-m", "arena", "import", "votes", str(file), "--board", "trees")
    done = await asyncio.create_subprocess_exec(*command, "--data", str(up.folder), cwd=CHECKOUT)
    assert await done.wait() == 0
    assert await released(address, "trees", 1)
    await up.stop(signal.SIGTERM)
    again = await start()
    address = await again.opened()
    assert await released(address, "llmfao-2023", 8931)
    await again.stop(signal.SIGTERM)
    await again.until("Stopped")
    assert not any("LLMFAO" in line for line in again.said)


async def released(address: str, board: str, votes: int) -> bool:
    async with aiohttp.ClientSession() as http, http.get(f"{address}/api/v1/boards/{board}") as answer:
        release = (await answer.json())["release"]
        return release is not None and release["votes"] == votes
