"""Which addresses an endpoint may have, and the session that holds its calls to them and to their limits.

An address is checked where a socket is made for it, after the last resolution of its name: a check of names or of a
resolver's answers is bypassed by literal addresses, and by a name that resolves to something else the next time.
"""

import re
import socket
from collections.abc import Callable
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Self

import aiohttp

# aiohttp's own reading of a URL, so that what is checked is what is called.
from yarl import URL

from arena.errors import Refused
from arena.upstream.calls import Grants

HEADER_LINE_BYTES = 8192
HEADER_BYTES = 32768
URL_CHARACTERS = 2000

# A server behind uvicorn, as most open-weight models are, hangs up after five idle seconds; a connection must not be
# taken up again in just that moment, because a question is not asked twice.
KEEP_ALIVE_SECONDS = 4.0

# The IANA registries of special-purpose addresses. The list is our own because ipaddress calls several of these
# global on Python 3.11.
_CLOSED = [
    ip_network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        # Everything but 2000::/3, the only IPv6 space in global use (RFC 4291, 2.4): so loopback, unique local, link
        # and site local, multicast, and IPv4 addresses in compatible (::/96) and NAT64 (64:ff9b::/32) clothes.
        "::/3",
        "4000::/2",
        "8000::/1",
        # Inside 2000::/3: protocol assignments with Teredo, documentation, 6to4, documentation.
        "2001::/23",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
    )
]

# A name that is written otherwise is read otherwise by every part of a system.
_NAME = re.compile(r"[\w.-]+")

# Resolvers read a name that ends in a number as an address: 127.1, 0x7f000001, 2130706433.
_NUMBER = re.compile(r"(.*\.)?(\d+|0x[\da-f]*)\.?", re.IGNORECASE)

Address = IPv4Address | IPv6Address
SocketInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]]


class Reply(aiohttp.ClientResponse):
    """A reply that remembers the certificate its connection was opened with; None without TLS."""

    certificate: dict[str, Any] | None = None

    async def start(self, connection: Any) -> Self:
        """Read the reply's head; afterwards the connection may be another reply's already."""
        self.certificate = connection.transport and connection.transport.get_extra_info("peercert")
        await super().start(connection)
        return self


class AddressRefused(PermissionError):
    """The arena may not call this address."""


def check_url(url: str, allowed: Grants) -> None:
    """Refuse an endpoint's base URL that the arena could never call, with the reason.

    A name is not resolved: what it stands for is checked at every connection.
    """
    if len(url) > URL_CHARACTERS or not url.isprintable() or not set(url).isdisjoint(" \\"):
        raise Refused(
            "The URL of an endpoint has at most {most} characters, no spaces and no backslashes.",
            most=URL_CHARACTERS,
            field="base_url",
        )
    if not set(url).isdisjoint("?#@"):
        raise Refused(
            "The URL of an endpoint has no user name, no query and no fragment: leave out @, ? and #.", field="base_url"
        )
    scheme, host, port = _parts(url)
    address = _address(host)
    granted = {granted_port for _, granted_port in allowed}
    named = address is None and _NAME.fullmatch(host) and not _NUMBER.fullmatch(host)
    if named and (port in granted or (scheme, port) == ("https", 443)):
        return
    if address is not None and _may_call(address, port, allowed, public=scheme == "https"):
        return
    raise Refused(
        "An endpoint is called by https on port 443 of a public address; "
        "an operator can allow it one other address and port.",
        field="base_url",
    )


def normal(url: str) -> str:
    """The URL in the form in which two of the same place are equal."""
    return str(URL(url)).rstrip("/")


def open_session(base_url: str, allowed: Grants) -> aiohttp.ClientSession:
    """A session that can reach one endpoint and nothing else.

    Its connections are pooled, so it must serve only the endpoint that the grants were given to.
    """
    return aiohttp.ClientSession(
        # How many calls an endpoint gets at once is decided where battles are opened, so there is no limit here.
        connector=aiohttp.TCPConnector(
            socket_factory=_guard(allowed, public=base_url.lower().startswith("https:")),
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            limit=0,
        ),
        response_class=Reply,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),  # none: every wait is held to its deadline by deadlines.py
        auto_decompress=False,
        trust_env=False,
        max_line_size=HEADER_LINE_BYTES,
        max_field_size=HEADER_LINE_BYTES,
    )


def _guard(allowed: Grants, *, public: bool) -> Callable[[SocketInfo], socket.socket]:
    def make(info: SocketInfo) -> socket.socket:
        family, kind, protocol, _, (host, port, *_) = info
        address = _address(str(host))
        if address is None or not _may_call(address, int(port), allowed, public=public):
            raise AddressRefused(AddressRefused.__doc__)
        return socket.socket(family, kind, protocol)

    return make


def _may_call(address: Address, port: int, allowed: Grants, *, public: bool) -> bool:
    if any((address, port) == (_address(host), granted_port) for host, granted_port in allowed):
        return True
    return public and port == 443 and not any(address in network for network in _CLOSED)


@lru_cache(maxsize=1024)  # The same few are looked at for every call.
def _address(host: str) -> Address | None:
    """The address that a literal stands for, an IPv4 address in IPv6 clothes unwrapped; None for a name."""
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _parts(url: str) -> tuple[str, str, int]:
    try:
        parsed = URL(url)
        scheme, host, port = parsed.scheme, parsed.host or "", parsed.port or 0
    except ValueError:
        scheme = host = ""
        port = 0
    # The resolver can't encode longer labels, and would fail with an error of quite another kind.
    labels = host.removesuffix(".").split(".")
    if scheme not in ("http", "https") or not all(0 < len(label) < 64 for label in labels):
        raise Refused("The URL of an endpoint has the form https://host/path.", field="base_url")
    return scheme, host, port
