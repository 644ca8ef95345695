"""Ports: where the service listens."""

import socket

from arena.errors import ArenaError


class PortTaken(ArenaError):
    """The port is taken by another program; choose another one with --port or ARENA_PORT."""


def bind(host: str, port: int) -> socket.socket:
    """Take a port, to listen on it later; port 0 takes any free one."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named as TCP, so that asyncio sends what is written at once: else a body waits 40 ms for its head's receipt.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host, port))
    except OSError as error:
        taken.close()
        raise PortTaken(
            f"Port {port} of {host} can't be used ({error.strerror}); choose another one with --port or ARENA_PORT "
            "(0: any free one)."
        ) from None
    return taken


def address(taken: socket.socket) -> str:
    """The address that reaches it in a browser on this machine."""
    host, port = taken.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
