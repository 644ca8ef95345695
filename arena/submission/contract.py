"""The contract test: what an endpoint must do before anybody meets its contender, tried step by step."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping
from time import monotonic
from typing import Final

from msgspec import Struct, structs

from arena.submission import exercises, trials
from arena.submission.probes import Claims, Probe
from arena.submission.reports import Report, State, failed, told
from arena.upstream import Exchange, Limits, Target, Upstream, UpstreamFailed

TEST_SECONDS: Final = 300.0
STEP_SECONDS: Final = 60.0
LIMITS: Final = Limits(first_byte_seconds=20, idle_seconds=15, answer_seconds=40, answer_bytes=65536)
SKIPPED: Final = "This was not tried, because of what came before it."
TOO_SLOW: Final = "too_slow"


class Trial(Struct, frozen=True):
    """One step: what it is called, and how it is tried.

    An endpoint that fails a `fatal` one is rejected; after a `decisive` one that failed there is nothing to try.
    """

    name: str
    title: str
    run: Callable[[Probe], Awaitable[Report]]
    fatal: bool = False
    decisive: bool = False


TRIALS: Final = (
    Trial("address", "Address and certificate", trials.address, fatal=True, decisive=True),
    Trial("model", "Model is listed", trials.model),
    Trial("key", "Key is accepted", trials.key, fatal=True, decisive=True),
    Trial("streaming", "Streams word by word", trials.streaming, fatal=True),
    Trial("hanging_up", "Stops when hung up on", trials.hanging_up),
    Trial("characters", "Chinese, emoji, right-to-left text and code", exercises.characters, fatal=True),
    Trial("long_prompt", "Long prompt", exercises.long_prompt),
    Trial("turns", "Remembers the conversation", exercises.turns),
    Trial("at_once", "Several calls at once", exercises.at_once),
    Trial("calling_off", "Calls that are called off", trials.calling_off),
    Trial("context", "Declared context", exercises.context),
    Trial("name", "Says who it is", exercises.name),
    Trial("pace", "Latency and rate", exercises.pace),
)
FATAL: Final = frozenset(trial.name for trial in TRIALS if trial.fatal)


class Step(Struct, frozen=True, kw_only=True):
    """How far a step has come; its sentence is said with its values, `exchanges` are for the endpoint's provider."""

    name: str
    state: State
    sentence: str = ""
    values: Mapping[str, str | int] = {}
    code: str | None = None
    seconds: float | None = None
    exchanges: list[Exchange] = []


async def run(
    upstream: Upstream,
    target: Target,
    claims: Claims,
    *,
    limits: Limits = LIMITS,
    seconds: float = TEST_SECONDS,
    step_seconds: float = STEP_SECONDS,
    steps: tuple[Trial, ...] = TRIALS,
) -> AsyncGenerator[Step, None]:
    """Every step twice, as it begins and as it ends; in all they take so many seconds at most."""
    end, over = monotonic() + seconds, False
    try:
        probe = Probe(upstream, target, claims, limits)
    except UpstreamFailed as failure:
        yield _step(steps[0], told("key_unopenable", failure), 0.0, [])
        over = True
    for trial in steps[1:] if over else steps:
        left = end - monotonic()
        if over or left <= 0:
            yield Step(name=trial.name, state=State.SKIPPED, sentence=SKIPPED)
            continue
        yield Step(name=trial.name, state=State.RUNNING)
        ended = await _tried(trial, probe, min(left, step_seconds))
        over = trial.decisive and ended.state is State.FAIL
        yield ended


def reason(steps: Iterable[Step], fatal: Collection[str] = FATAL) -> str | None:
    """Why an endpoint whose steps ended so is rejected; None if it is not.

    Where nothing was failed that must not be, and yet a step was left out, the time was up.
    """
    ended = list(steps)
    codes = [step.code for step in ended if step.state is State.FAIL and step.name in fatal]
    late = any(step.state is State.SKIPPED for step in ended)
    return next(iter(codes), TOO_SLOW if late else None)


async def _tried(trial: Trial, probe: Probe, seconds: float) -> Step:
    began = monotonic()
    try:
        async with asyncio.timeout(seconds):
            report = await trial.run(probe)
    except TimeoutError:
        report = failed(TOO_SLOW, "This took longer than {seconds} s, so it was broken off.", seconds=round(seconds))
    # What an endpoint says may hold its key as well.
    mask = probe.mask.storable
    values = {name: mask(said) if isinstance(said, str) else said for name, said in report.values.items()}
    return _step(trial, structs.replace(report, values=values), monotonic() - began, probe.taken())


def _step(trial: Trial, report: Report, seconds: float, exchanges: list[Exchange]) -> Step:
    return Step(
        name=trial.name,
        state=report.state,
        sentence=report.sentence,
        values=report.values,
        code=report.code,
        seconds=seconds,
        exchanges=exchanges,
    )
