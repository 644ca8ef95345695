"""`arena up`: the whole arena on one machine, its servers as children that are started, kept and stopped together."""

import asyncio
import importlib
import logging
import os
import secrets
import socket
import time
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

import msgspec

from arena import config, db, ports
from arena.config import Settings
from arena.errors import ArenaError, SettingsWrong
from arena.evaluation import upkeep
from arena.local import contenders, ground, parts, running
from arena.local.ground import Ground
from arena.local.model import Model
from arena.local.parts import Part, Say
from arena.local.postgres import Postgres
from arena.local.valkey import Valkey
from arena.local.worker import Worker

# A board on one machine shows each vote soon; a public one is released at the pace of its own settings.
RELEASE_SECONDS = "5"
BATTLE_DRAIN_SECONDS = "0"
DRAIN_SECONDS = 2.0

log = logging.getLogger(__name__)


async def up(folder: Path, *, port: int | None, demo: bool, stop: asyncio.Event, say: Say) -> None:
    """Run the arena on a folder until `stop` is set, and leave no process behind, whatever happens."""
    site = ground.prepare(folder)
    with ground.claimed(site):
        secret = ground.kept(site.folder / "secret", secrets.token_urlsafe)
        key = ground.kept(site.folder / "ledger.key", _ledger_key)
        settings = _settings(os.environ, port=port, secret=secret, ledger_key=key)
        taken = ports.bind(settings.host, settings.port)
        if site.servers != site.folder:
            say(
                f"Others may not enter {site.folder}, so the servers' files are in {site.servers} (to start afresh, "
                "delete both)"
            )
        _log_to(site.log("serve"))
        house = House(site, settings, demo=demo, say=say)
        try:
            if await _unless(stop, house.start()):
                await house.serve(taken, stop)
        finally:
            taken.close()
            say("Stopping")
            await house.stop()
    say("Stopped")


class House:
    """The parts of one arena, and the order in which they start and stop."""

    def __init__(self, site: Ground, settings: Settings, *, demo: bool, say: Say) -> None:
        self._site = site
        self._settings = settings
        self._say = say
        self._postgres = Postgres(site)
        self._valkey = Valkey(site)
        self._model = Model(site) if demo else None
        self._worker: Worker | None = None
        self._began = time.monotonic()

    async def start(self) -> None:
        """Start everything that a page needs; the model goes on loading meanwhile."""
        running.unsay(self._site)
        for part in (self._model, self._valkey, self._postgres):
            if part is not None:
                await part.start()
        # The service takes as long to load as its servers to start, so it is loaded in a thread while they do.
        loading = asyncio.create_task(asyncio.to_thread(importlib.import_module, "arena.app"))
        await self._tell(self._valkey)
        await self._tell(self._postgres)
        urls = {"database_url": self._postgres.url, "redis_url": self._valkey.url}
        self._settings = msgspec.structs.replace(self._settings, **urls)
        await self._fill(self._postgres.url)
        running.say(self._site, self._settings)
        await loading

    async def serve(self, port: socket.socket, stop: asyncio.Event) -> None:
        """Serve until `stop` is set, or until a part can't be kept alive, which is then raised."""
        from arena import app  # only here: loading it takes a second, which the servers use to start

        address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        serving = asyncio.create_task(app.serve(self._settings, port=port, stop=stop, ready=address.set_result))
        kept: tuple[Part, ...] = (self._postgres, self._valkey)
        others = [asyncio.create_task(parts.keep(part, stop, self._say)) for part in kept]
        others.append(asyncio.create_task(self._open(address, stop)))
        ended, _ = await asyncio.wait([serving, *others], return_when=asyncio.FIRST_COMPLETED)
        stop.set()
        await asyncio.wait([serving], timeout=DRAIN_SECONDS)
        for task in others:
            task.cancel()
        for task in (serving, *ended):
            await task

    async def stop(self) -> None:
        """Stop every part; the database last, as the others may still have something to write."""
        running.unsay(self._site)
        for together in ((self._worker, self._model), (self._valkey, self._postgres)):
            await asyncio.gather(*(part.stop() for part in together if part is not None))

    async def _fill(self, url: str) -> None:
        """Bring the schema up to date and enter the contenders that this machine has."""
        applied = await db.migrate(url)
        if applied:
            self._say(f"Migrated the database to {applied[-1]}")
        await self._clear(url)
        if self._model is None:
            await contenders.leave(url)
        else:
            await contenders.enter(url, self._model.url)

    async def _clear(self, url: str) -> None:
        """Battles that an arena before this one was killed in the middle of are answered by nobody."""
        connection = await db.connect(url)
        try:
            await upkeep.sweep(connection, silent_seconds=0, hours=self._settings.battle_hours)
        finally:
            await connection.close()

    async def _open(self, address: asyncio.Future[str], stop: asyncio.Event) -> None:
        """Say that the arena is open once it can answer; only then start the worker, which no page waits for."""
        if self._model is not None:
            await self._tell(self._model)
        self._say(f"Arena is open at {await address} — Ctrl-C stops it")
        # The worker looks for smells at the address that was really taken.
        probe_url = self._settings.probe_url or await address
        self._worker = Worker(self._site, msgspec.structs.replace(self._settings, probe_url=probe_url))
        await self._worker.start()
        kept = [part for part in (self._model, self._worker) if part is not None]
        bringing = [] if self._model is None else [self._bring_demo()]
        await asyncio.gather(*(parts.keep(part, stop, self._say) for part in kept), *bringing)

    async def _bring_demo(self) -> None:
        """Bring the demo board in; an arena without it is open all the same, and tries again at its next start."""
        from arena.local import demo  # only here: no page waits for it

        try:
            if await demo.bring(self._settings):
                self._say(f"Brought in the board {demo.ARCHIVE.name}")
        except (ArenaError, OSError, *db.AWAY) as error:
            log.warning("demo failed error=%s", type(error).__name__)
            self._say(f"The board {demo.ARCHIVE.name} could not be brought in ({error or type(error).__name__})")

    async def _tell(self, part: Part) -> None:
        line = await part.ready()
        self._say(f"{line} ({time.monotonic() - self._began:.1f} s)")


def _settings(environment: Mapping[str, str], *, port: int | None, secret: str, ledger_key: str = "") -> Settings:
    """The settings of an arena on one machine; the servers' addresses are filled in when these have started."""
    for name in ("ARENA_DATABASE_URL", "ARENA_REDIS_URL"):
        if name in environment:
            raise SettingsWrong(
                f"{name} is set, but `arena up` starts its own servers: unset it, or use `arena serve` and `work`."
            )
    ours = {"ARENA_DATABASE_URL": "", "ARENA_REDIS_URL": "", "ARENA_SECRET": secret}
    ours |= {"ARENA_LEDGER_KEY": ledger_key}
    ours |= {"ARENA_RELEASE_SECONDS": RELEASE_SECONDS, "ARENA_DRAIN_SECONDS": BATTLE_DRAIN_SECONDS}
    asked = {} if port is None else {"ARENA_PORT": str(port)}
    return config.load({**ours, **environment, **asked})


def _ledger_key() -> str:
    from arena.integration import heads  # only here: it is needed once

    return heads.new()


def _log_to(file: Path) -> None:
    logging.basicConfig(filename=file, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, None]) -> bool:
    """Do the work, or give it up when `stop` is set; whether it was done."""
    working = asyncio.create_task(work)
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait([working, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not working.done():
        working.cancel()
        await asyncio.wait([working])
        return False
    await working
    return True
