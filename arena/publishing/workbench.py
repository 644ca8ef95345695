"""The workbench: what takes a processor for seconds is done one after the other, so that readers keep the rest."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from arena.errors import ArenaError

WAIT_SECONDS: Final = 60.0


class TooMany(ArenaError):
    """Too many comparisons and drawings are being made. Ask again in a minute."""

    status = 503


class Workbench:
    """One place to work at in this process; whoever waits for it longer than a minute is told to come back."""

    def __init__(self) -> None:
        self._place = asyncio.Lock()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Work while nobody else does."""
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._place.acquire()
        except TimeoutError:
            raise TooMany from None
        try:
            yield
        finally:
            self._place.release()
