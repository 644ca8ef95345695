"""Check: an endpoint is put through the contract test, and every step is kept as it ends."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from uuid import UUID, uuid4

from arena.config import Settings
from arena.db import AWAY, Pool
from arena.sealing import Keyring
from arena.submission import checks, contract, endpoints, registrations
from arena.submission.contract import Step
from arena.submission.probes import Claims
from arena.submission.reports import State
from arena.upstream import Upstream

log = logging.getLogger(__name__)

BEAT_SECONDS = 10.0


async def run(db: Pool, settings: Settings, check_id: UUID) -> None:
    """Run the check, unless another worker has it; where this one is stopped, `look_after` ends it soon."""
    worker = uuid4()
    endpoint_id = await checks.claim(db, check_id, worker)
    if endpoint_id is None:
        return
    async with _beating(db, check_id, worker):
        ended = await _tried(db, settings, endpoint_id, check_id, worker)
    if ended is None:
        return
    reason = contract.reason(ended)
    async with db.acquire() as connection:
        await checks.end(connection, check_id, worker, reason)
    log.info("checked endpoint=%s check=%s reason=%s", endpoint_id, check_id, reason)


async def look_after(db: Pool) -> None:
    """End the checks whose worker is gone, so that they can be run again."""
    gone = await checks.look_after(db)
    if gone:
        log.warning("interrupted checks=%d", gone)


async def _tried(db: Pool, settings: Settings, endpoint_id: UUID, check_id: UUID, worker: UUID) -> list[Step] | None:
    """The steps as they ended; None where the check was taken away meanwhile."""
    [target] = await endpoints.targets(db, [endpoint_id])
    claims, ended = await _claims(db, settings, endpoint_id), list[Step]()
    async with Upstream(Keyring(settings)) as upstream, aclosing(contract.run(upstream, target, claims)) as steps:
        async for step in steps:
            if not await checks.keep(db, check_id, worker, step):
                return None
            if step.state is not State.RUNNING:
                ended.append(step)
    return ended


async def _claims(db: Pool, settings: Settings, endpoint_id: UUID) -> Claims:
    found = await registrations.require(db, endpoint_id)
    return Claims(
        name=found.name,
        organisation=found.organisation,
        context_tokens=found.context_tokens,
        concurrency=found.concurrency,
        prompt_characters=settings.prompt_characters,
    )


@asynccontextmanager
async def _beating(db: Pool, check_id: UUID, worker: UUID) -> AsyncIterator[None]:
    """Say again and again that this worker is at it."""

    async def beat() -> None:
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            try:
                await checks.beat(db, check_id, worker)
            except AWAY as error:
                log.warning("no beat check=%s error=%s", check_id, type(error).__name__)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()
        await asyncio.gather(beating, return_exceptions=True)
