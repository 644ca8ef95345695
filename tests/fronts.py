"""A front: a proxy before a running arena, which spoils what is answered at an address."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

Spoil = Callable[[int, str], tuple[int, str]]


@dataclass
class Front:
    """A proxy before the arena that spoils what is answered at an address."""

    session: aiohttp.ClientSession
    url: str = ""
    spoilt: dict[str, Spoil] = field(default_factory=dict)
    headers: dict[str, dict[str, str]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    async def pass_on(self, request: web.Request, arena: str) -> web.StreamResponse:
        if request.path in self.held:
            await self.closing.wait()
        told = ("cookie", "content-type", "accept-language")
        headers = {name: request.headers[name] for name in told if name in request.headers}
        body = await request.read() or None
        async with self.session.request(request.method, arena + request.path_qs, data=body, headers=headers) as answer:
            status, body = answer.status, await answer.read()
            if request.path_qs in self.spoilt:
                status, text = self.spoilt[request.path_qs](status, body.decode())
                body = text.encode()
            kind = {"content-type": answer.headers["content-type"]} if "content-type" in answer.headers else {}
            return web.Response(status=status, body=body, headers=kind | self.headers.get(request.path_qs, {}))
