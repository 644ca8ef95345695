"""The door of the service: what every request passes before it is anybody's in particular."""

import asyncio
from contextlib import suppress
from http import HTTPStatus

from litestar.enums import HttpMethod, ScopeType
from litestar.types import ASGIApp, Message, Receive, ReceiveMessage, Scope, Send

from arena.errors import ArenaError

BODY_SECONDS = 10.0


class SlowBody(ArenaError):
    """The body of this request did not arrive within ten seconds. Send it again."""

    status = 408


class Door:
    """Answers HEAD as GET without the body, and waits for a request's body for so long and no longer.

    A body that is too large is read to its end all the same, within that time, and thrown away.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == ScopeType.HTTP:
            receive = _in_time(receive)
            if scope["method"] not in (HttpMethod.GET, HttpMethod.HEAD):  # Nothing reads what comes with these.
                send = _heard(receive, send)
            if scope["method"] == HttpMethod.HEAD and not scope["path"].endswith("/stream"):
                scope["method"] = HttpMethod.GET
                send = _headers_only(send)
        await self._app(scope, receive, send)


def _headers_only(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.body":
            message["body"] = b""
        await send(message)

    return sent


def _heard(receive: Receive, send: Send) -> Send:
    """Who sends more than is read hears why: a connection that is closed while they send shows them no answer."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            with suppress(SlowBody):
                while (await receive()).get("more_body"):
                    pass
        await send(message)

    return sent


def _in_time(receive: Receive) -> Receive:
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS
    arriving = True

    async def received() -> ReceiveMessage:
        nonlocal arriving
        if not arriving:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            raise SlowBody from None
        arriving = message["type"] == "http.request" and bool(message["more_body"])
        return message

    return received
