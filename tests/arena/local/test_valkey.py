"""Valkey as a child, on the real server."""

import os
import signal
import stat
from urllib.parse import urlsplit

import pytest
from redis.asyncio import Redis

from arena.local.ground import Ground
from arena.local.valkey import Valkey
from tests import servers


async def started(site: Ground) -> Valkey:
    server = Valkey(site)
    await server.start()
    await server.ready()
    return server


async def test_it_keeps_what_it_was_told_over_a_kill_and_is_on_no_port() -> None:
    with servers.site() as site:
        first = await started(site)
        async with Redis.from_url(first.url) as redis:
            await redis.set("battle", "open")
            assert await redis.config_get("port") == {"port": "0"}
            # The log of commands is written to the disk every second; the kernel has it at once, which a kill leaves.
            assert (await redis.config_get("appendonly")) == {"appendonly": "yes"}
        first.child.process.send_signal(signal.SIGKILL)
        await first.child.wait()
        second = await started(site)
        try:
            async with Redis.from_url(second.url) as redis:
                assert await redis.get("battle") == b"open"
        finally:
            await second.stop()


async def test_only_its_own_account_may_use_the_socket() -> None:
    with servers.site() as site:
        server = await started(site)
        try:
            socket = urlsplit(server.url).path
            status = os.stat(socket)
            assert stat.S_ISSOCK(status.st_mode)
            assert stat.S_IMODE(status.st_mode) == 0o700
        finally:
            await server.stop()
        with pytest.raises(FileNotFoundError):
            os.stat(socket)
