import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from arena.upstream import (
    Dialect,
    Failure,
    Finished,
    Limits,
    Message,
    Target,
    Text,
    Transcript,
    Upstream,
    UpstreamFailed,
    deadlines,
)
from arena.upstream.safety import KEEP_ALIVE_SECONDS
from tests import messages
from tests.builders import KEYRING
from tests.replies import END, HELLO, REPLIES, STREAMS, WIRES
from tests.upstream import Provider, provider

KEY = "sk-3f9c1b2a7d"
ENDPOINT = UUID(int=1)
LIMITS = Limits(first_byte_seconds=5, idle_seconds=5, answer_seconds=10, answer_bytes=65536)
WORLD = [Text("Hello"), Text(" world")]


@pytest.fixture
async def endpoint() -> AsyncIterator[Provider]:
    async with provider() as running:
        yield running


class Looking(Upstream):
    """Hears an answer as a battle does: waits for the first text, and then looks for more again and again."""

    async def stream(
        self, target: Target, messages: list[Message], limits: Limits, transcript: Transcript | None = None
    ) -> AsyncGenerator[Text | Finished, None]:
        async with self.asked(target, messages, limits, transcript) as answer:
            begun = False
            while not answer.over:
                said = answer.ready() if begun else await answer.more()
                begun = begun or bool(said)
                if said:
                    yield Text(said)
                else:
                    await asyncio.sleep(0.001)
            yield answer.close()


@pytest.fixture(params=[Upstream, Looking])
async def upstream(request: pytest.FixtureRequest) -> AsyncIterator[Upstream]:
    async with request.param(KEYRING) as opened:
        yield opened


def target(endpoint: Provider, model: str, **changes: Any) -> Target:
    plain = Target(
        endpoint_id=ENDPOINT,
        base_url=endpoint.base_url,
        model=model,
        dialect=Dialect.OPENAI,
        parameters={},
        system_prompt=None,
        allowed=frozenset({endpoint.address}),
        key=KEY,
    )
    return msgspec.structs.replace(plain, **changes)


async def ask(upstream: Upstream, asked: Target, **limits: Any) -> tuple[list[Text | Finished], UpstreamFailed | None]:
    """Everything that came, and the failure it ended in, if it did."""
    heard: list[Text | Finished] = []
    try:
        async for part in upstream.stream(asked, [Message("user", "Hi")], msgspec.structs.replace(LIMITS, **limits)):
            heard.append(part)
    except UpstreamFailed as failure:
        return heard, failure
    return heard, None


def text(heard: list[Text | Finished]) -> str:
    return "".join(part.text for part in heard if isinstance(part, Text))


async def test_an_answer_comes_piece_by_piece_and_then_its_end(upstream: Upstream, endpoint: Provider) -> None:
    gate = asyncio.Event()
    endpoint.script("slow", ["Hello", gate, " world"])
    async with aclosing(upstream.stream(target(endpoint, "slow"), [Message("user", "Hi")], LIMITS)) as answer:
        assert await anext(answer) == Text("Hello")
        gate.set()
        assert [part async for part in answer] == [Text(" world"), Finished("stop", 7, 2, False)]


async def test_the_endpoint_gets_the_question_the_key_and_nothing_about_the_arena(
    upstream: Upstream, endpoint: Provider
) -> None:
    await ask(upstream, target(endpoint, "words:a b", parameters={"temperature": 0.5}, system_prompt="Be brief."))
    call = endpoint.calls[0]
    assert call.path == "/v1/chat/completions"
    assert call.messages == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
    assert call.body["temperature"] == 0.5
    headers = {name: value for name, value in call.headers.items() if name not in ("host", "content-length")}
    assert headers == {
        "accept": "text/event-stream",
        "accept-encoding": "identity",
        "authorization": f"Bearer {KEY}",
        "content-type": "application/json",
        "user-agent": "arena",
    }


ODD = [
    ("identity", "Hello world"),
    ("nodone", "Hello world"),
    ("doneonly", "Hello world"),
    ("length", "Hello world"),
    ("badsse", "Hello world"),
    ("badutf8", "Hel��lo"),
    ("nul", "Hello"),
    ("multiline", "Hello world"),
    ("crlf", "Hello world"),
    ("bom", "Hello world"),
    ("comments", "Hello world"),
    ("split", "Grüße 👋"),
    ("nullcontent", "Hello world"),
    ("multichoice", "Hello world"),
    ("tools", "Hello world"),
    ("noblank", "Hello world"),
    ("afterwards", "Hello world"),
    ("xss", "<script>alert(1)</script>"),
    ("sse_inject", "\n\nevent: ready\ndata: {}\n\n"),
]


def in_both(cases: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The cases, each in every dialect that its model speaks."""
    whole = set(REPLIES) | set(WIRES)
    spoken = {Dialect.OPENAI: whole | set(STREAMS), Dialect.ANTHROPIC: whole | set(messages.STREAMS)}
    return [(dialect, *case) for dialect in Dialect for case in cases if case[0] in spoken[dialect]]


@pytest.mark.parametrize(("dialect", "model", "expected"), in_both(ODD))
async def test_an_odd_but_whole_answer_is_heard(
    upstream: Upstream, endpoint: Provider, dialect: Dialect, model: str, expected: str
) -> None:
    heard, failure = await ask(upstream, target(endpoint, model, dialect=dialect))
    assert (text(heard), failure) == (expected, None)
    assert isinstance(heard[-1], Finished)
    assert heard[-1].truncated == (model == "length")


FAULTS = [
    ("vanish", Failure.UNREACHABLE, ""),
    ("badstatus", Failure.MALFORMED, ""),
    ("status400", Failure.STATUS, ""),
    ("status401", Failure.STATUS, ""),
    ("status403", Failure.STATUS, ""),
    ("status404", Failure.STATUS, ""),
    ("status429", Failure.RATE_LIMITED, ""),
    ("status500", Failure.STATUS, ""),
    ("status503", Failure.STATUS, ""),
    ("redirect", Failure.STATUS, ""),
    ("redirect_loop", Failure.STATUS, ""),
    ("status200_error", Failure.MALFORMED, ""),
    ("disconnect", Failure.TRUNCATED, "Hello world"),
    ("error_mid", Failure.MALFORMED, "Hello world"),
    ("nofinish", Failure.TRUNCATED, "Hello world"),
    ("empty", Failure.EMPTY, ""),
    ("empty_text", Failure.EMPTY, " \n"),
    ("refusal", Failure.REFUSED, ""),
    ("badjson", Failure.MALFORMED, "Hello world"),
    ("surrogate", Failure.MALFORMED, ""),
    ("hugeline", Failure.TOO_LONG, ""),
    ("hugechunk", Failure.TOO_LONG, ""),
    ("infinite", Failure.TOO_LONG, "x" * 65536),
    ("junk", Failure.TOO_LONG, ""),
    ("hugeheaders", Failure.MALFORMED, ""),
    ("manyheaders", Failure.MALFORMED, ""),
    ("gzip", Failure.CONTENT_TYPE, ""),
    ("html", Failure.CONTENT_TYPE, ""),
    ("octet", Failure.CONTENT_TYPE, ""),
    ("json", Failure.CONTENT_TYPE, ""),
]


@pytest.mark.parametrize(("dialect", "model", "code", "expected"), in_both(FAULTS))
async def test_a_fault_ends_in_its_code_with_the_text_before_it(
    upstream: Upstream, endpoint: Provider, dialect: Dialect, model: str, code: Failure, expected: str
) -> None:
    heard, failure = await ask(upstream, target(endpoint, model, dialect=dialect))
    assert failure is not None
    assert (failure.code, text(heard)) == (code, expected)
    assert not any(isinstance(part, Finished) for part in heard)
    assert len(endpoint.calls) == 1


@pytest.mark.parametrize(("dialect", "model"), in_both([("rst",), ("badchunked",)]))
async def test_a_broken_connection_is_a_failure(
    upstream: Upstream, endpoint: Provider, dialect: Dialect, model: str
) -> None:
    # What was sent before the break may be lost with it, so that even the status may never have come.
    _, failure = await ask(upstream, target(endpoint, model, dialect=dialect))
    assert failure is not None
    assert failure.code in (Failure.TRUNCATED, Failure.UNREACHABLE, Failure.MALFORMED)


STALLS = [
    ("hang", Failure.TIMEOUT, "first_byte_seconds"),
    ("slow_headers", Failure.TIMEOUT, "first_byte_seconds"),
    ("hang_headers", Failure.TIMEOUT, "first_byte_seconds"),
    ("pings", Failure.TIMEOUT, "first_byte_seconds"),
    ("hang_mid", Failure.TIMEOUT, "idle_seconds"),
    ("drip", Failure.SLOW, "answer_seconds"),
    ("hang", Failure.SLOW, "answer_seconds"),
    ("hang_mid", Failure.SLOW, "answer_seconds"),
]


@pytest.mark.parametrize(("dialect", "model", "code", "limit"), in_both(STALLS))
async def test_a_stall_ends_at_its_deadline_and_the_call_with_it(
    upstream: Upstream, endpoint: Provider, dialect: Dialect, model: str, code: Failure, limit: str
) -> None:
    began = time.monotonic()
    _, failure = await ask(upstream, target(endpoint, model, dialect=dialect), **{limit: 0.2})
    assert failure is not None
    assert failure.code is code
    assert 0.15 < time.monotonic() - began < 2
    async with asyncio.timeout(1):
        await endpoint.calls[0].closed_early.wait()


@pytest.mark.parametrize("model", ["hang_end", "pings_end"])
async def test_an_answer_whose_end_was_said_is_whole_though_the_line_stays_open(
    upstream: Upstream, endpoint: Provider, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "TAIL_SECONDS", 0.1)
    async with asyncio.timeout(2):
        heard, failure = await ask(upstream, target(endpoint, model))
    assert (text(heard), heard[-1], failure) == ("Hello world", Finished("stop", None, None, False), None)


async def test_the_time_its_reader_takes_is_not_the_endpoints_idle_time(upstream: Upstream, endpoint: Provider) -> None:
    limits, gate = msgspec.structs.replace(LIMITS, idle_seconds=0.05), asyncio.Event()
    endpoint.script("waits", ["Hello", gate, " world"])
    async with aclosing(upstream.stream(target(endpoint, "waits"), [], limits)) as answer:
        assert await anext(answer) == Text("Hello")
        gate.set()
        await asyncio.sleep(0.1)
        assert [part async for part in answer] == [Text(" world"), Finished("stop", 7, 2, False)]


@pytest.mark.parametrize("model", ["hang_mid", "drip", "infinite"])
async def test_closing_the_answer_hangs_up_at_once(upstream: Upstream, endpoint: Provider, model: str) -> None:
    async with aclosing(upstream.stream(target(endpoint, model), [], LIMITS)) as answer:
        await anext(answer)
    async with asyncio.timeout(1):
        await endpoint.calls[0].closed_early.wait()


@pytest.mark.parametrize("model", ["hang", "slow_headers", "hang_mid"])
async def test_cancelling_the_reader_hangs_up_at_once(upstream: Upstream, endpoint: Provider, model: str) -> None:
    reading = asyncio.create_task(ask(upstream, target(endpoint, model)))
    call = await endpoint.called()
    reading.cancel()
    async with asyncio.timeout(1):
        await call.closed_early.wait()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_an_endless_answer_is_hung_up_on(upstream: Upstream, endpoint: Provider) -> None:
    await ask(upstream, target(endpoint, "infinite"))
    async with asyncio.timeout(1):
        await endpoint.calls[0].closed_early.wait()


@pytest.mark.parametrize("model", [model for model, _, _ in FAULTS] + ["hang_mid", "rst", "badchunked"])
async def test_a_failure_tells_neither_the_key_nor_the_host_nor_what_was_sent(
    upstream: Upstream, endpoint: Provider, model: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        _, failure = await ask(upstream, target(endpoint, model), idle_seconds=0.05)
    told = f"{failure!r} {failure} {failure and failure.detail} {caplog.text}".lower()
    for secret in (KEY, "127.0.0.1", str(endpoint.address[1]), "acme", "10.0.0.7", "traceback", "openssh", "hello"):
        assert secret not in told
    assert failure is not None
    assert failure.__cause__ is None
    assert failure.__suppress_context__ or failure.__context__ is None


async def test_a_closed_port_and_an_unknown_name_are_told_in_the_same_words(upstream: Upstream) -> None:
    async with provider() as gone:
        pass
    closed = target(gone, "identity")
    unknown = msgspec.structs.replace(closed, base_url="https://nobody.invalid/v1")
    failures = [(await ask(upstream, asked))[1] for asked in (closed, unknown)]
    assert [str(failure) for failure in failures] == ["unreachable: The endpoint could not be reached."] * 2


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("99999999999", 3600.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2215 07:28:00 GMT", 3600.0),
        ("-1", None),
        ("soon", None),
        ("", None),
        ("1e9", None),
    ],
)
async def test_the_time_an_endpoint_asks_to_be_left_alone_is_told_with_a_cap(
    upstream: Upstream, endpoint: Provider, value: str, seconds: float | None
) -> None:
    endpoint.reply("busy", 429, {"retry-after": value})
    _, failure = await ask(upstream, target(endpoint, "busy"))
    assert failure is not None
    assert (failure.code, failure.retry_after) == (Failure.RATE_LIMITED, seconds)


async def test_an_endpoint_without_a_grant_cannot_use_the_connection_of_one_that_has_it(
    upstream: Upstream, endpoint: Provider
) -> None:
    granted = target(endpoint, "identity")
    await ask(upstream, granted)
    for other in (
        msgspec.structs.replace(granted, endpoint_id=uuid4(), allowed=frozenset()),
        msgspec.structs.replace(granted, allowed=frozenset()),
        msgspec.structs.replace(granted, allowed=frozenset({("127.0.0.1", 1)})),
    ):
        _, failure = await ask(upstream, other)
        assert failure is not None
        assert failure.code is Failure.ADDRESS
    assert len(endpoint.calls) == 1


async def test_a_proxy_in_the_environment_is_not_used(
    upstream: Upstream, endpoint: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with provider() as proxy:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.address[1]}")
        await ask(upstream, target(endpoint, "identity", allowed=frozenset({endpoint.address, proxy.address})))
        assert (len(proxy.calls), len(endpoint.calls)) == (0, 1)


async def test_a_cookie_is_not_kept(upstream: Upstream, endpoint: Provider) -> None:
    endpoint.reply("cookie", 200, {"content-type": "text/event-stream", "set-cookie": "a=b"}, HELLO + END)
    # By name, because no jar at all keeps the cookies of a numeric host.
    asked = target(endpoint, "cookie", base_url=endpoint.base_url.replace("127.0.0.1", "localhost"))
    for _ in range(2):
        await ask(upstream, asked)
    assert [call.headers.get("cookie") for call in endpoint.calls] == [None, None]


@pytest.mark.parametrize("base_url", ["https://127.0.0.1/v1", "https://localhost/v1", "https://127.1/v1", "junk"])
async def test_an_address_nobody_granted_is_not_called(upstream: Upstream, endpoint: Provider, base_url: str) -> None:
    _, failure = await ask(upstream, target(endpoint, "identity", base_url=base_url))
    assert failure is not None
    assert failure.code is Failure.ADDRESS


async def test_endpoints_never_share_a_connection(upstream: Upstream, endpoint: Provider) -> None:
    assert KEEP_ALIVE_SECONDS < 5
    for endpoint_id in (ENDPOINT, uuid4()):
        await ask(upstream, target(endpoint, "status500", endpoint_id=endpoint_id))
    assert endpoint.calls[0].connection != endpoint.calls[1].connection


async def test_a_closed_upstream_asks_nothing(endpoint: Provider) -> None:
    async with Upstream(KEYRING) as upstream:
        pass
    _, failure = await ask(upstream, target(endpoint, "identity"))
    assert failure is not None
    assert failure.code is Failure.UNREACHABLE
    assert not endpoint.calls


async def test_many_answers_at_once_are_kept_apart(upstream: Upstream, endpoint: Provider) -> None:
    models = [f"words:{number} {number}" for number in range(200)]
    answers = await asyncio.gather(*[ask(upstream, target(endpoint, model)) for model in models])
    assert [text(heard) for heard, _ in answers] == [f"{number} {number}" for number in range(200)]
