"""Hostile addresses: all of them lead to a listener on this machine that must never be reached."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from arena.errors import Refused
from arena.submission.connections import Connection, checked
from arena.upstream import Dialect, Failure, Limits, Message, Target, Upstream, UpstreamFailed
from tests.builders import KEYRING
from tests.upstream import Provider

LIMITS = Limits(first_byte_seconds=2, idle_seconds=2, answer_seconds=4, answer_bytes=1000)
# Allowed is the listener's port, at an address where nobody is: what gets as far as the guard must be stopped there.
ELSEWHERE = "10.255.255.254"

LITERALS = [
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "127.000.000.001",
    "0177.0.0.1",
    "0x7f.0.0.1",
    "0x7f.1",
    "0x7f000001",
    "0X7F000001",
    "017700000001",
    "2130706433",
    "127.0.0x1",
    "0.0.0.0",
    "0",
    "127.255.255.254",
    "127。0。0。1",
    "127．0．0．1",
    "１２７.0.0.1",
    "①②⑦.0.0.1",
    "127.0.0.①",
    "⑫⑦.0.0.1",
    "１２７。０。０。１",
    "127%2e0%2e0%2e1",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::ffff:0:127.0.0.1]",
    "[::127.0.0.1]",
    "[::7f00:1]",
    "[64:ff9b::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b:1::7f00:1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[fe80::1%25lo]",
    "[::1%25lo]",
    "[fec0::7f00:1]",
]
NAMES = {
    "plain.example": ["127.0.0.1"],
    "wildcard.example": ["0.0.0.0"],
    "sixth.example": ["::1"],
    "any-sixth.example": ["::"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "translated.example": ["64:ff9b::7f00:1"],
    "compatible.example": ["::127.0.0.1"],
    "many.example": ["127.0.0.1", "::1", "::ffff:127.0.0.1"],
    "127.0.0.1.example": ["127.0.0.1"],
    "localhost": ["127.0.0.1", "::1"],
    "localhost.": ["127.0.0.1"],
    "LOCALHOST": ["127.0.0.1"],
    "ⓛocalhost": ["127.0.0.1"],
    "metadata.example": ["169.254.169.254"],
}
# The listener's own place in them is PLACE, its port PORT.
URLS = [
    "http://example.org@PLACE/v1",
    "http://example.org:word@PLACE/v1",
    "http://@PLACE/v1",
    "http://PLACE#@example.org/v1",
    "http://PLACE?@example.org/v1",
    "http://example.org\\@PLACE/v1",
    "http://PLACE\\.example.org/v1",
    "http://127.0.0.1\u3002example.org@PLACE/v1",
    "http:PLACE/v1",
    "//PLACE/v1",
    "ftp://PLACE/v1",
    "gopher://PLACE/_GET",
    "file://PLACE/etc/passwd",
    "http://PLACE /v1",
    "http://PLACE\t/v1",
    "http://PLACE\r\nhost: example.org/v1",
    "http://127.0.0.1:0PORT/v1",
    "http://127.0.0.1:+PORT/v1",
    "http://127.0.0.1:-1/v1",
    "http://127.0.0.1:0/v1",
    "http://127.0.0.1:22/v1",
    "http://127.0.0.1:99999/v1",
    "https://127.0.0.1/v1",
    "https://127.0.0.1:8443/v1",
]


class Listener:
    """Counts who connects to its port at both loopback addresses."""

    def __init__(self) -> None:
        self.port = 0
        self.reached = 0

    async def meet(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reached += 1
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listening = Listener()
    first = await asyncio.start_server(listening.meet, "0.0.0.0", 0)
    listening.port = first.sockets[0].getsockname()[1]
    second = await asyncio.start_server(listening.meet, "::1", listening.port)
    yield listening
    for server in (first, second):
        server.close()


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream(KEYRING) as opened:
        yield opened


class Resolver(AbstractResolver):
    """A resolver that knows hostile names, each answer for itself; the others it asks the system for."""

    def __init__(self, answers: dict[str, list[list[str]]]) -> None:
        self._answers = answers
        self._system = ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        told = self._answers.get(host)
        if told is None:
            return await self._system.resolve(host, port, family)
        found = told.pop(0) if len(told) > 1 else told[0]
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address in found
        ]

    async def close(self) -> None:
        await self._system.close()


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[list[str]]]:
    """What the names stand for: one answer after another, the last one for ever."""
    answers = {name.lower(): [addresses] for name, addresses in NAMES.items()}
    monkeypatch.setattr("aiohttp.connector.DefaultResolver", lambda **_: Resolver(answers))
    return answers


def target(base_url: str, *allowed: tuple[str, int], **changes: Any) -> Target:
    return Target(
        endpoint_id=changes.get("endpoint_id", uuid4()),
        base_url=base_url,
        model=changes.get("model", "identity"),
        dialect=Dialect.OPENAI,
        parameters={},
        system_prompt=None,
        allowed=frozenset(allowed),
    )


async def refusal(upstream: Upstream, base_url: str, port: int) -> str:
    """The sentence with which the address is refused, where it is registered or where it is called."""
    asked = target(base_url, (ELSEWHERE, port))
    try:
        checked(Connection(base_url=base_url, model="m"), asked.allowed)
    except Refused as refused:
        return str(refused)
    with pytest.raises(UpstreamFailed) as failed:
        await heard(upstream, asked)
    assert failed.value.code is Failure.ADDRESS, failed.value
    return failed.value.detail


async def heard(upstream: Upstream, asked: Target) -> list[object]:
    return [part async for part in upstream.stream(asked, [Message("user", "Hi")], LIMITS)]


def is_about_the_address(sentence: str) -> bool:
    return sentence.startswith(
        ("An endpoint is called by https", "The URL of an endpoint", "The arena may not call this endpoint's address")
    )


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("host", [*LITERALS, *NAMES])
async def test_no_way_of_writing_or_naming_an_address_reaches_it(
    upstream: Upstream, listener: Listener, host: str, scheme: str
) -> None:
    sentence = await refusal(upstream, f"{scheme}://{host}:{listener.port}/v1", listener.port)
    assert is_about_the_address(sentence), sentence
    assert listener.reached == 0


@pytest.mark.parametrize("url", URLS)
async def test_no_address_with_something_round_it_is_reached(upstream: Upstream, listener: Listener, url: str) -> None:
    place = f"127.0.0.1:{listener.port}"
    url = url.replace("PLACE", place).replace("PORT", str(listener.port))
    assert is_about_the_address(await refusal(upstream, url, listener.port))
    assert listener.reached == 0


async def test_a_name_that_changes_what_it_stands_for_is_checked_at_every_connection(
    upstream: Upstream, provider: Provider, listener: Listener, names: dict[str, list[list[str]]]
) -> None:
    names["rebinding.example"] = [["127.0.0.1"], ["::1"]]
    url = f"http://rebinding.example:{provider.address[1]}/v1"
    for endpoint_id, reached in ((UUID(int=1), True), (UUID(int=2), False)):
        asked = target(url, provider.address, endpoint_id=endpoint_id)
        checked(Connection(base_url=url, model="m"), asked.allowed)
        if reached:
            await heard(upstream, asked)
            continue
        with pytest.raises(UpstreamFailed) as failed:
            await heard(upstream, asked)
        assert failed.value.code is Failure.ADDRESS
    assert len(provider.calls) == 1
    assert listener.reached == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "plain.example", "[::1]", "example.org@127.0.0.1"])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_never_followed(
    upstream: Upstream, provider: Provider, listener: Listener, host: str, status: int
) -> None:
    provider.reply("moved", status, {"location": f"http://{host}:{listener.port}/v1/chat/completions"})
    with pytest.raises(UpstreamFailed) as failed:
        await heard(upstream, target(provider.base_url, provider.address, model="moved"))
    assert (failed.value.code, failed.value.status) == (Failure.STATUS, status)
    assert listener.reached == 0


@pytest.mark.parametrize("host", ["127.0.0.1", "[::ffff:127.0.0.1]", "plain.example", "localhost", "many.example"])
async def test_a_private_address_that_was_allowed_is_reached(upstream: Upstream, provider: Provider, host: str) -> None:
    url = f"http://{host}:{provider.address[1]}/v1"
    asked = target(url, provider.address)
    checked(Connection(base_url=url, model="m"), asked.allowed)
    assert len(await heard(upstream, asked)) > 1
    assert len(provider.calls) == 1
