"""The local model's server: its port, and a real answer of the real model."""

import socket
from pathlib import Path

import aiohttp
import pytest

from arena.local import model
from arena.local.model import Model
from tests import servers


def test_the_port_stays_the_same_until_somebody_else_has_it(tmp_path: Path) -> None:
    note = tmp_path / "model-port"
    first = model._kept_port(note)
    assert model._kept_port(note) == first
    with socket.create_server((model.HOST, first)):
        second = model._kept_port(note)
    assert second != first
    assert model._kept_port(note) == second


@pytest.mark.slow
async def test_it_answers_in_openais_dialect_and_shows_nobody_what_others_asked() -> None:
    with servers.site() as site:
        server = Model(site)
        try:
            await server.start()
            assert await server.ready() == "Model SmolLM2-135M loaded"
            async with aiohttp.ClientSession() as http:
                question = {"role": "user", "content": "Say hello."}
                body = {"model": model.ALIAS, "messages": [question], "max_tokens": 40}
                async with http.post(f"{server.url}/chat/completions", json=body) as response:
                    answer = (await response.json())["choices"][0]["message"]["content"]
                async with http.get(server.url.replace("/v1", "/slots")) as response:
                    slots = response.status
        finally:
            await server.stop()
    assert answer.strip()
    assert slots >= 400
