import asyncio
import socket

import pytest

from arena import ports


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_what_is_written_is_sent_at_once(host: str) -> None:
    accepted: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken = writer.get_extra_info("socket")
        accepted.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    port = ports.bind(host, 0)
    async with await asyncio.start_server(serve, sock=port):
        _, writer = await asyncio.open_connection(*port.getsockname()[:2])
        assert await accepted
        writer.close()
