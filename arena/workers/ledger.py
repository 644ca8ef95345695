"""The ledger's sequencer: what the outbox holds becomes leaves, a few seconds after it was noted."""

import asyncio
import logging
from typing import Any

import msgspec

from arena import config, outbox
from arena.config import Settings
from arena.db import AWAY, Pool
from arena.integration import heads, ledger
from arena.integration.ledger import Broken

log = logging.getLogger(__name__)

# A head covers every act that is older than ten seconds, so there is time for some that come in the middle.
EVERY_SECONDS = 2.0


async def begin(db: Pool, settings: Settings) -> None:
    """Have the service's own settings recorded, where they are others than those recorded last."""
    told = {name: value for name, value in config.told(settings).items() if name != "port"}
    if await _recorded(db) != msgspec.to_builtins(told):
        await outbox.note(db, "settings_changed", {"of": outbox.SERVICE, "settings": told}, subject=outbox.SERVICE)


async def _recorded(db: Pool) -> Any:
    found = await ledger.find(db, "settings_changed", outbox.SERVICE)
    return None if found is None else msgspec.json.decode(await ledger.leaf(db, found))["settings"]


async def sequence(db: Pool, settings: Settings, *, stop: asyncio.Event) -> None:
    """Make leaves of what is noted until `stop` is set; a broken ledger is left as it is.

    What is noted waits meanwhile, as it does while PostgreSQL is away.
    """
    key = heads.key(settings)
    while not stop.is_set():
        try:
            while await ledger.append(db, key):
                pass
        except Broken as error:
            log.error("ledger not continued error=%s", error)
        except AWAY as error:
            log.warning("ledger waits error=%s", type(error).__name__)
        try:
            await asyncio.wait_for(stop.wait(), EVERY_SECONDS)
        except TimeoutError:
            continue
