"""An arena that is asked from outside, and what stands between it and whoever asks."""

from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from msgspec import structs

from arena.config import Settings
from arena.db import Pool
from arena.evaluation import votes
from arena.integration import boards
from arena.publishing import releases
from rating import Outcome as Winner
from tests.builders import contender, ready_battle
from tests.fronts import Front
from tests.upstream import Provider

NAMES = ("anna", "berta", "clara")


@pytest.fixture
async def front(arena: str) -> AsyncIterator[Front]:
    """The proxy, in front of a running arena."""
    opened = Front(aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()))
    service = web.Application()

    async def passed(request: web.Request) -> web.StreamResponse:
        return await opened.pass_on(request, arena)

    service.router.add_route("*", "/{rest:.*}", passed)
    runner = web.AppRunner(service, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    opened.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield opened
    opened.closing.set()
    await runner.cleanup()
    await opened.session.close()


@pytest.fixture
async def watched(db: Pool, settings: Settings, provider: Provider, front: Front) -> Settings:
    """The settings of an arena with three contenders and two releases, to be looked at through the front."""
    provider.script("ready", ["It is ready."])
    entrants = [await contender(db, provider, "ready", slug=name, name=name.title()) for name in NAMES]
    board = await boards.require(db, "overall")
    for number, outcome in enumerate((Winner.A, Winner.B, Winner.TIE) * 3):
        battle, voter = await ready_battle(db, [entrants[number % 3], entrants[(number + 1) % 3]])
        await votes.cast(db, battle.id, voter, outcome)
        if number in (5, 8):
            await releases.refresh(db, board, settings)
    return structs.replace(settings, probe_url=front.url)
