import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from arena.evaluation.writers import Writer
from arena.upstream import Dialect, Limits, Message, Target, Upstream
from tests.builders import KEYRING
from tests.upstream import Provider

LIMITS = Limits(first_byte_seconds=5, idle_seconds=5, answer_seconds=10, answer_bytes=1000)


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream(KEYRING) as opened:
        yield opened


async def test_after_a_text_nothing_is_read_until_the_writer_is_told_to_listen(
    upstream: Upstream, provider: Provider
) -> None:
    gate, writer = asyncio.Event(), Writer()
    provider.script("says", ["Hello", gate, " world"])
    target = Target(
        endpoint_id=uuid4(),
        base_url=provider.base_url,
        model="says",
        dialect=Dialect.OPENAI,
        parameters={},
        system_prompt=None,
        allowed=frozenset({provider.address}),
    )
    writing = asyncio.create_task(writer.write(upstream, target, [Message("user", "Hi")], LIMITS))
    async with asyncio.timeout(30):
        await writer.news.wait()
        gate.set()
        early, _ = await asyncio.wait([writing], timeout=0.2)
        assert (early, writer.text) == (set(), "Hello")
        while not writer.ended:
            writer.listen()
            await asyncio.sleep(0)
    assert writer.text == "Hello world"
    assert writer.finished
