"""A headless browser, where there is one on this machine: pages are opened in it and asked how they are drawn.

It is spoken to by the DevTools protocol over its own socket, so nothing has to be installed beside the browser.
"""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import aiohttp
import msgspec

from arena.config import Settings
from arena.publishing.checkup import CannotLook

NAMES: Final = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "headless_shell")
FLAGS: Final = (
    "--headless",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--no-first-run",
    "--remote-debugging-port=0",
)
START_SECONDS: Final = 20.0
ANSWER_SECONDS: Final = 20.0
LOOK_SECONDS: Final = 0.05
HEIGHT: Final = 900


def path(settings: Settings) -> str:
    """Where the browser is; CannotLook where there is none."""
    found = shutil.which(settings.browser) if settings.browser else next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        raise CannotLook("There is no browser on this machine: install Chromium, or set ARENA_BROWSER to its path.")
    return found


class Browser:
    """A running browser with one page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = count(1)
        self._session: str | None = None

    async def begin(self) -> None:
        """Open the page that everything is shown in."""
        target = await self._call("Target.createTarget", url="about:blank")
        attached = await self._call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        await self._call("Page.enable")
        # Pages are as they are in the window that somebody works in: what is focused there is drawn so.
        await self._call("Emulation.setFocusEmulationEnabled", enabled=True)

    async def show(self, address: str, *, width: int, language: str, theme: str = "light") -> None:
        """Show an address as somebody of this language sees it in a window of this width, on a system of this theme."""
        size = {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": False}
        await self._call("Emulation.setDeviceMetricsOverride", **size)
        preferred = [
            {"name": "prefers-color-scheme", "value": theme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]
        await self._call("Emulation.setEmulatedMedia", features=preferred)
        await self._call("Network.setExtraHTTPHeaders", headers={"accept-language": language})
        gone = await self._call("Page.navigate", url=address)
        if failure := gone.get("errorText"):
            raise CannotLook(f"The browser could not open {address}: {failure}.")
        async with asyncio.timeout(ANSWER_SECONDS):
            # What a page does while it loads is over when its modules have run, which they do before it is complete.
            while await self.ask("document.readyState") != "complete":  # noqa: ASYNC110 - it happens in the browser
                await asyncio.sleep(LOOK_SECONDS)

    async def ask(self, expression: str) -> Any:
        """What an expression is on the page."""
        told = await self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in told:
            raise ValueError(told["exceptionDetails"].get("text", "The page could not say."))
        return told["result"].get("value")

    async def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        await self._socket.send_str(msgspec.json.encode(message).decode())
        async with asyncio.timeout(ANSWER_SECONDS):
            while True:
                # Between calls the browser tells of what happens; only the answer is waited for.
                answer = msgspec.json.decode(await self._socket.receive_str())
                if answer.get("id") == number:
                    break
        if "error" in answer:
            raise ValueError(f"{method}: {answer['error'].get('message')}")
        return dict(answer["result"])


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Browser]:
    """A browser of its own, with nothing in it from before, ended afterwards whatever happens."""
    program = path(settings)
    # The system's own fence needs rights that root's processes in a container don't have; it shows our pages alone.
    flags = (*FLAGS, "--no-sandbox") if os.geteuid() == 0 else FLAGS
    with TemporaryDirectory(prefix="arena-browser-", ignore_cleanup_errors=True) as folder:
        running = await asyncio.create_subprocess_exec(
            program, *flags, f"--user-data-dir={folder}", stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            address = await _address(running, Path(folder) / "DevToolsActivePort")
            async with aiohttp.ClientSession() as session, session.ws_connect(address, max_msg_size=0) as socket:
                browser = Browser(socket)
                await browser.begin()
                yield browser
        finally:
            if running.returncode is None:
                running.kill()
            await running.wait()


async def _address(running: asyncio.subprocess.Process, told: Path) -> str:
    """Where the browser can be spoken to, which it writes down once it can be."""
    async with asyncio.timeout(START_SECONDS):
        while True:
            if running.returncode is not None:
                raise CannotLook("The browser on this machine does not start.")
            lines = await asyncio.to_thread(_lines, told)
            if len(lines) > 1:
                return f"ws://127.0.0.1:{lines[0]}{lines[1]}"
            await asyncio.sleep(LOOK_SECONDS)


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
