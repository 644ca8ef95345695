"""The contract test against a provider that does all of it, and one that does a single thing otherwise."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from msgspec import structs

from arena.submission import contract, exercises, trials
from arena.submission.contract import LIMITS, Step
from arena.submission.probes import Claims, Probe
from arena.submission.reports import State
from arena.upstream import Dialect, Target, Upstream
from tests.builders import KEYRING
from tests.certificates import certificate
from tests.pupils import STORY, but, good, late, never
from tests.upstream import Call, Provider, Speech

KEY = "sk-live-0123456789abcdef"
CLAIMS = Claims(
    name="Tidewater 7", organisation="Northgate Lab", context_tokens=2000, concurrency=4, prompt_characters=4000
)
SHORT = structs.replace(LIMITS, first_byte_seconds=1.0, idle_seconds=0.5, answer_seconds=3.0)
ENDED = [trial.name for trial in contract.TRIALS]


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream(KEYRING) as opened:
        yield opened


def target(provider: Provider, **changes: Any) -> Target:
    plain = Target(
        endpoint_id=UUID(int=1),
        base_url=provider.base_url,
        model="tide",
        dialect=Dialect.OPENAI,
        parameters={},
        system_prompt=None,
        allowed=frozenset({provider.address}),
        key=KEY,
        headers={"x-team": "red herring"},
    )
    return structs.replace(plain, **changes)


async def checked(
    upstream: Upstream, asked: Target, claims: Claims = CLAIMS, *, seconds: float = 60, **limits: Any
) -> dict[str, Step]:
    """Every step as it ended, by its name, in order."""
    steps = contract.run(upstream, asked, claims, limits=structs.replace(SHORT, **limits), seconds=seconds)
    return {step.name: step async for step in steps if step.state is not State.RUNNING}


def taught(provider: Provider, speech: Speech = good) -> Target:
    provider.keys, provider.models = {KEY}, ["tide"]
    provider.teach("tide", speech)
    return target(provider)


@pytest.mark.parametrize("dialect", list(Dialect))
async def test_a_good_endpoint_passes_every_step(upstream: Upstream, provider: Provider, dialect: Dialect) -> None:
    asked = structs.replace(taught(provider), dialect=dialect)
    steps = await checked(upstream, asked)
    assert list(steps) == ENDED
    assert {step.name: step.state for step in steps.values() if step.state is not State.PASS} == {}
    assert contract.reason(steps.values()) is None
    assert all(step.exchanges for step in steps.values() if step.name not in ("model", "pace"))


async def test_every_step_is_told_as_it_begins_and_as_it_ends(upstream: Upstream, provider: Provider) -> None:
    told = [(step.name, step.state) async for step in contract.run(upstream, taught(provider), CLAIMS, limits=SHORT)]
    assert [name for name, state in told[::2] if state is State.RUNNING] == ENDED
    assert [name for name, state in told[1::2] if state is State.PASS] == ENDED


# A step, what the model does otherwise, how the step ends, and some of its sentence.
OTHERWISE: list[tuple[str, Speech, State, str]] = [
    ("key", lambda _: (404, {}, b""), State.FAIL, "Look at the base address"),
    ("key", lambda _: (307, {"location": "https://example.org"}, b""), State.FAIL, "elsewhere"),
    ("key", lambda _: (200, {}, b"{}"), State.FAIL, "not an event stream"),
    ("key", lambda _: (500, {}, b""), State.FAIL, "status {status}"),
    ("key", lambda _: (429, {}, b""), State.FAIL, "too many"),
    ("key", lambda _: never(), State.FAIL, "gave no text"),
    ("streaming", but("rivers", ([STORY], 0.0, "stop")), State.FAIL, "as one event"),
    ("streaming", but("rivers", ([STORY[:400], STORY[400:]], 0.0, "stop")), State.WARN, "large pieces"),
    ("streaming", but("rivers", "No."), State.WARN, "too few to tell"),
    ("streaming", but("rivers", (500, {}, b"")), State.FAIL, "status {status}"),
    ("hanging_up", but("five hundred", (503, {}, b"")), State.FAIL, "status {status}"),
    ("characters", but("Repeat", "He\ufffdllo"), State.FAIL, "not valid UTF-8"),
    ("characters", but("Repeat", "河流塑造大地。 and so on"), State.WARN, "left out or changed"),
    ("characters", but("Repeat", (500, {}, b"")), State.FAIL, "status {status}"),
    ("long_prompt", but("How does it go on", (400, {}, b"too long")), State.FAIL, "got no answer"),
    ("turns", but("locker", "What number?"), State.WARN, "did not know"),
    ("turns", but("locker", (400, {}, b"")), State.FAIL, "two turns"),
    ("at_once", but("the number 13", (429, {}, b"")), State.FAIL, "calls at once"),
    ("at_once", but("the number 1337", "1300"), State.FAIL, "another had asked for"),
    ("context", but("password", (400, {}, b"")), State.FAIL, "words got no answer"),
    ("context", but("password", "Which one?"), State.WARN, "did not know the beginning"),
    ("name", but("Who are you", "I am Qwen, made by Alibaba."), State.WARN, "gives it away"),
    ("name", but("Who are you", "Northgate made me."), State.WARN, "gives it away"),
    ("name", but("Who are you", "Call me Tidewater."), State.WARN, "gives it away"),
    ("name", but("Who are you", (500, {}, b"")), State.FAIL, "status {status}"),
]


@pytest.mark.parametrize(("name", "speech", "state", "sentence"), OTHERWISE)
async def test_what_is_done_otherwise_is_said_in_its_step_alone(
    upstream: Upstream, provider: Provider, name: str, speech: Speech, state: State, sentence: str
) -> None:
    steps = await checked(upstream, taught(provider, speech))
    assert (steps[name].state, sentence in steps[name].sentence) == (state, True), steps[name]
    fatal = state is State.FAIL and name in contract.FATAL
    assert contract.reason(steps.values()) == (steps[name].code if fatal else None)
    others = {step.state for step in steps.values() if step.name not in (name, "calling_off")}
    assert others <= ({State.PASS, State.SKIPPED} if name == "key" else {State.PASS})


async def test_a_whole_answer_in_one_event_is_rejected_as_not_streaming(upstream: Upstream, provider: Provider) -> None:
    steps = await checked(upstream, taught(provider, but("rivers", ([STORY], 0.0, "stop"))))
    assert contract.reason(steps.values()) == "not_streaming"
    assert steps["streaming"].values == {"characters": len(STORY)}


async def test_a_stream_that_is_held_back_and_let_out_at_once_is_not_streaming(
    upstream: Upstream, provider: Provider
) -> None:
    held: Speech = but("rivers", lambda _: late(3.2, STORY * 2))
    steps = await checked(upstream, taught(provider, held), first_byte_seconds=5.0, answer_seconds=6.0)
    assert (steps["streaming"].state, steps["streaming"].code) == (State.FAIL, "not_streaming")
    assert "holds the stream back" in steps["streaming"].sentence


async def test_a_refused_key_ends_the_test_and_names_the_status(upstream: Upstream, provider: Provider) -> None:
    asked = taught(provider)
    provider.keys = {"another"}
    steps = await checked(upstream, asked)
    assert (steps["key"].code, steps["key"].values) == ("key_refused", {"status": 401})
    assert {steps[name].state for name in ENDED[3:]} == {State.SKIPPED}
    assert contract.reason(steps.values()) == "key_refused"


async def test_a_key_that_is_missing_is_asked_for(upstream: Upstream, provider: Provider) -> None:
    steps = await checked(upstream, structs.replace(taught(provider), key=None))
    assert (steps["key"].code, "none was given" in steps["key"].sentence) == ("key_refused", True)


async def test_an_endpoint_that_takes_any_key_is_warned_of(upstream: Upstream, provider: Provider) -> None:
    asked = taught(provider)
    provider.keys = set()
    steps = await checked(upstream, asked)
    assert (steps["key"].state, "a wrong one as well" in steps["key"].sentence) == (State.WARN, True)
    provider.teach("tide", lambda call: good(call) if call.key == KEY else (500, {}, b""))
    steps = await checked(upstream, asked)
    assert (steps["key"].state, steps["key"].values) == (State.WARN, {"why": "status 500"})


async def test_an_endpoint_without_a_key_needs_none(upstream: Upstream, provider: Provider) -> None:
    asked = structs.replace(taught(provider), key=None)
    provider.keys = set()
    assert (await checked(upstream, asked))["key"].state is State.PASS


@pytest.mark.parametrize(
    ("models", "state", "values"),
    [
        (None, State.PASS, {}),
        (["other", "tide"], State.PASS, {"model": "tide"}),
        (["alpha", "tide-7b"], State.WARN, {"model": "tide", "near": "tide-7b"}),
        (["ti\0de"], State.WARN, {"model": "tide", "near": "ti\ufffdde"}),
        (["x"], State.WARN, {"model": "tide"}),
        (["tide" * 1000] * 100, State.WARN, {"model": "tide"}),
        ([], State.WARN, {"model": "tide"}),
    ],
)
async def test_the_nearest_listed_model_is_named(
    upstream: Upstream, provider: Provider, models: list[str] | None, state: State, values: dict[str, str]
) -> None:
    asked = taught(provider)
    provider.models = models
    step = (await checked(upstream, asked))["model"]
    assert (step.state, step.values) == (state, values)


async def test_after_a_hang_up_a_silent_or_slow_endpoint_is_reported(upstream: Upstream, provider: Provider) -> None:
    hung_up: list[bool] = []

    def sulks(call: Call) -> Any:
        if "five hundred" in call.question:
            hung_up.append(True)
            return STORY
        return good(call) if len(hung_up) == 0 or "hello" not in call.question else (503, {}, b"")

    steps = await checked(upstream, taught(provider, sulks))
    assert (steps["hanging_up"].state, steps["hanging_up"].values) == (State.FAIL, {"why": "status 503"})
    assert (steps["calling_off"].state, steps["calling_off"].code) == (State.FAIL, "no_answer")
    assert contract.reason(steps.values()) is None


async def test_an_endpoint_that_goes_on_writing_for_nobody_is_warned_of(upstream: Upstream, provider: Provider) -> None:
    asked = taught(provider, lambda call: late(3.3, good(call)) if len(provider.calls) > 2 else good(call))
    probe = Probe(upstream, asked, CLAIMS, structs.replace(SHORT, first_byte_seconds=8, answer_seconds=10))
    await probe.ask("Hello?")
    report = await trials.hanging_up(probe)
    assert (report.state, "writing for nobody" in report.sentence) == (State.WARN, True)


async def test_calls_that_are_called_off_are_hung_up_on(upstream: Upstream, provider: Provider) -> None:
    waiting: Speech = but("five hundred", lambda _: ([asyncio.Event()], 0.0, "stop"))
    await checked(upstream, taught(provider, waiting))
    counting = [call for call in provider.calls if "five hundred" in call.question]
    assert len(counting) == 1 + CLAIMS.at_once
    async with asyncio.timeout(1):
        await asyncio.gather(*[call.closed_early.wait() for call in counting])


@pytest.mark.parametrize(("declared", "calls"), [(None, 2), (1, 1), (4, 4), (500, 8)])
async def test_as_many_calls_at_once_are_tried_as_were_declared_and_eight_at_most(
    upstream: Upstream, provider: Provider, declared: int | None, calls: int
) -> None:
    met: list[int] = []
    present = 0

    def counting(_: Call) -> Any:
        nonlocal present
        present += 1
        met.append(present)
        return (503, {}, b"")

    claims = structs.replace(CLAIMS, concurrency=declared)
    steps = await checked(upstream, taught(provider, but("Reply with the number 1", counting)), claims)
    assert len(met) == calls
    assert steps["at_once"].values == {"calls": calls, "silent": calls, "why": "status 503"}
    assert steps["at_once"].state is (State.WARN if declared is None else State.FAIL)


async def test_a_long_prompt_keeps_to_what_was_declared(upstream: Upstream, provider: Provider) -> None:
    for declared, prompt, most in ((None, 50_000, exercises.LONG_CHARACTERS), (500, 50_000, 1000), (None, 800, 800)):
        claims = structs.replace(CLAIMS, context_tokens=declared, prompt_characters=prompt)
        provider.calls.clear()
        steps = await checked(upstream, taught(provider), claims)
        assert steps["long_prompt"].values["characters"] == most
        asked = next(call.question for call in provider.calls if "How does it go on" in call.question)
        assert most - 50 < len(asked) <= most
        assert steps["context"].state is State.PASS


async def test_a_slow_endpoint_is_told_how_slow_it_is(upstream: Upstream, provider: Provider) -> None:
    probe = Probe(upstream, taught(provider, lambda _: late(0.6, "Hello there")), CLAIMS, SHORT)
    await probe.ask("Hello?")
    report = await exercises.pace(probe)
    assert (report.state, report.values["most"]) == (State.WARN, "1.0")
    provider.teach("tide", lambda _: (["x"] * 230, 0.001, "stop"))
    probe = Probe(upstream, target(provider), CLAIMS, SHORT)
    assert (await probe.ask("Hello?")).failure is None
    report = await exercises.pace(probe)
    assert report.state is State.PASS
    assert int(report.values["rate"]) > exercises.SLOW_CHARACTERS


async def test_what_takes_too_long_is_broken_off_and_the_rest_left_out(upstream: Upstream, provider: Provider) -> None:
    stuck: Speech = but("rivers", lambda _: never())
    steps = await checked(upstream, taught(provider, stuck), seconds=1.0, idle_seconds=30, answer_seconds=30)
    assert steps["streaming"].code == contract.TOO_SLOW
    assert {steps[name].state for name in ENDED[4:]} == {State.SKIPPED}
    late = [*[Step(name=name, state=State.PASS) for name in ENDED[:6]], Step(name="turns", state=State.SKIPPED)]
    assert contract.reason(late) == contract.TOO_SLOW


async def test_an_address_that_may_not_be_called_ends_the_test(upstream: Upstream, provider: Provider) -> None:
    steps = await checked(upstream, structs.replace(taught(provider), allowed=frozenset()))
    assert (steps["address"].code, "port 443 of a public address" in steps["address"].sentence) == (
        "address_refused",
        True,
    )
    assert {steps[name].state for name in ENDED[1:]} == {State.SKIPPED}
    assert not provider.calls


async def test_a_closed_port_a_silent_one_and_another_protocol_are_told_alike(
    upstream: Upstream, provider: Provider
) -> None:
    async with open_socket(b"SSH-2.0-OpenSSH_9.2\r\n\r\n") as talking, open_socket(None) as silent:
        places = [("127.0.0.1", 1), talking, silent]
        told = []
        for place in places:
            asked = target(provider, base_url=f"http://{place[0]}:{place[1]}/v1", allowed=frozenset({place}))
            step = (await checked(upstream, asked))["address"]
            told.append((step.state, step.code, step.sentence, step.values))
    assert told == [(State.FAIL, "unreachable", "It could not be reached by HTTP at its base address.", {})] * 3


async def test_a_certificate_that_nobody_signed_is_told_and_a_good_one_until_when(
    upstream: Upstream, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = certificate("127.0.0.1", days=30)
    serving = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    made.load_into(serving)
    async with open_socket(b"HTTP/1.1 404 None\r\ncontent-length: 0\r\n\r\n", serving) as place:
        asked = target(provider, base_url=f"https://{place[0]}:{place[1]}/v1", allowed=frozenset({place}))
        steps = await checked(upstream, asked)
        assert (steps["address"].code, "not valid" in steps["address"].sentence) == ("certificate", True)
        trusting = ssl.create_default_context(cadata=made.pem)
        monkeypatch.setattr("aiohttp.connector._SSL_CONTEXT_VERIFIED", trusting)
        steps = await checked(upstream, structs.replace(asked, endpoint_id=UUID(int=2)))
    assert (steps["address"].state, steps["address"].values) == (State.PASS, {"date": made.until.isoformat()})


async def test_an_exchange_shows_what_was_sent_and_answered_and_no_secret(
    upstream: Upstream, provider: Provider
) -> None:
    def tells(call: Call) -> Any:
        if "Who are you" in call.question:
            return f"I am Qwen with {call.key}, {call.key.upper()} and {call.headers['x-team']}"
        return (400, {"x-key": call.key}, f"wrong {call.key}".encode()) if "locker" in call.question else good(call)

    steps = await checked(upstream, taught(provider, tells))
    told = str(steps).lower()
    assert KEY not in told
    assert "red herring" not in told
    [exchange] = steps["turns"].exchanges
    assert exchange.request.startswith(f"POST {provider.base_url}/chat/completions\n")
    assert "Which number has my locker" in exchange.request
    assert exchange.reply.startswith("HTTP 400\n")
    assert exchange.reply.endswith("wrong [redacted]")
    assert "I am Qwen with [redacted]" in str(steps["name"].values["answer"])


@asynccontextmanager
async def open_socket(says: bytes | None, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[str, int]]:
    """A listener that says this to everybody who connects, and nothing for None."""

    async def connected(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if says is not None:
            writer.write(says)
            await writer.drain()
        else:
            await asyncio.sleep(3)
        writer.transport.abort()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[:2]
    finally:
        server.close()
