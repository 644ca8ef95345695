import asyncio
from collections.abc import AsyncIterator

import aiohttp
import pytest

from arena.errors import Refused
from arena.upstream import safety
from arena.upstream.calls import Grants
from tests.upstream import Provider, provider

NOBODY: Grants = frozenset()

# Vectors after the special-purpose registries of IANA and the ways round a guard that look at names or at a
# resolver's answers only.
CLOSED = [
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "[::]",
    "[::1]",
    "[::127.0.0.1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::808:808]",
    "[64:ff9b:1::1]",
    "[100::1]",
    "[2001::1]",
    "[2001:0:4136:e378:8000:63bf:3fff:fdd2]",
    "[2001:db8::1]",
    "[2002:7f00:1::]",
    "[2002:a00:1::1]",
    "[3fff::1]",
    "[fc00::1]",
    "[fd00:ec2::254]",
    "[fe80::1]",
    "[fec0::1]",
    "[ff02::1]",
    "127。0。0。1",
    "①②⑦.0.0.1",
]
NUMBERS = ["0x7f000001", "0177.0.0.1", "2130706433", "127.1", "0x7f.1", "127.0.0.1.", "10.0.0x1"]
OPEN = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "192.0.1.1", "[2606:4700::1111]", "[::ffff:8.8.8.8]", "api.example.org"]


@pytest.fixture
async def upstream() -> AsyncIterator[Provider]:
    async with provider() as running:
        yield running


async def refusal(url: str, allowed: Grants) -> aiohttp.ClientError:
    """What an attempt to get the URL ends in."""
    async with safety.open_session(url, allowed) as session, asyncio.timeout(5):
        with pytest.raises((aiohttp.ClientConnectorError, aiohttp.InvalidURL)) as failed:
            await session.get(url)
    return failed.value


def is_refused(error: aiohttp.ClientError) -> bool:
    return isinstance(getattr(error, "os_error", None), safety.AddressRefused)


@pytest.mark.parametrize("host", [*CLOSED, *NUMBERS])
def test_a_special_address_is_refused_at_registration(host: str) -> None:
    with pytest.raises(Refused, match="public address"):
        safety.check_url(f"https://{host}/v1", NOBODY)


@pytest.mark.parametrize("host", [*CLOSED, "localhost"])
async def test_a_special_address_is_refused_at_the_connection(host: str) -> None:
    assert is_refused(await refusal(f"https://{host}/v1", NOBODY))


@pytest.mark.parametrize("host", NUMBERS)
async def test_a_number_for_an_address_reaches_nothing(upstream: Provider, host: str) -> None:
    error = await refusal(f"http://{host}:{upstream.address[1]}/v1", NOBODY)
    assert is_refused(error) or isinstance(error, aiohttp.InvalidURL | aiohttp.ClientConnectorDNSError)
    assert not upstream.calls


@pytest.mark.parametrize("host", OPEN)
def test_a_public_host_is_let_through_on_the_https_port_only(host: str) -> None:
    safety.check_url(f"https://{host}/v1", NOBODY)
    for url in (f"http://{host}/v1", f"http://{host}:443/v1", f"https://{host}:80/v1", f"https://{host}:8443/v1"):
        with pytest.raises(Refused):
            safety.check_url(url, NOBODY)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "example.org/v1",
        "//example.org/v1",
        "ftp://example.org/v1",
        "file:///etc/passwd",
        "https://",
        "https:///v1",
        "https://[::1/v1",
        "https://example.org:99999/v1",
        "https://example..org/v1",
        f"https://{'a' * 64}.org/v1",
        f"https://example.org/{'a' * 2000}",
        "https://user@example.org/v1",
        "https://user:word@example.org/v1",
        "https://@example.org/v1",
        "https://example.org/v1?key=x",
        "https://example.org/v1?",
        "https://example.org/v1#x",
        "https://example.org\\@127.0.0.1/v1",
        "https://example.org/v1 ",
        "https://example.org/\nv1",
    ],
)
def test_a_url_that_is_no_plain_address_is_refused_with_a_sentence(url: str) -> None:
    with pytest.raises(Refused, match=r"^The URL of an endpoint .*\.$"):
        safety.check_url(url, frozenset({("127.0.0.1", 443)}))


def test_a_grant_opens_its_own_address_and_port_and_no_other() -> None:
    allowed = frozenset({("127.0.0.1", 8991)})
    safety.check_url("http://127.0.0.1:8991/v1", allowed)
    safety.check_url("http://[::ffff:127.0.0.1]:8991/v1", allowed)
    for other in ("http://127.0.0.1:8992/v1", "http://127.0.0.2:8991/v1", "http://127.0.0.1/v1"):
        with pytest.raises(Refused):
            safety.check_url(other, allowed)


async def test_a_granted_address_is_reached_by_its_number_and_by_a_name(upstream: Provider) -> None:
    for host in ("127.0.0.1", "localhost"):
        url = f"http://{host}:{upstream.address[1]}/v1"
        safety.check_url(url, frozenset({upstream.address}))
        async with safety.open_session(url, frozenset({upstream.address})) as session:
            await session.get(url)
    assert len(upstream.calls) == 2


async def test_another_port_of_a_granted_address_is_refused(upstream: Provider) -> None:
    async with provider() as other:
        error = await refusal(other.base_url, frozenset({upstream.address}))
    assert is_refused(error)
    assert not other.calls


async def test_without_tls_only_granted_addresses_are_reached() -> None:
    # An address of the public space: the guard refuses it before a packet is sent.
    error = await refusal("http://8.8.8.8:443/v1", frozenset({("127.0.0.1", 443)}))
    assert is_refused(error)


async def test_an_open_and_a_closed_port_are_refused_in_the_same_words(upstream: Provider) -> None:
    opened = await refusal(upstream.base_url, NOBODY)
    closed = await refusal("http://127.0.0.1:1/v1", NOBODY)
    assert is_refused(opened)
    assert str(getattr(opened, "os_error", None)) == str(getattr(closed, "os_error", None))
