"""Reports: what a step of the contract test found, as a sentence that other languages can say too."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct

from arena.submission.probes import Heard
from arena.upstream import Failure, UpstreamFailed


class State(StrEnum):
    """How far a step has come, and what came out of it."""

    WAITING = "waiting"
    RUNNING = "running"
    PASS = "pass"  # noqa: S105 - no password.
    WARN = "warn"
    FAIL = "fail"
    SKIPPED = "skipped"


class Report(Struct, frozen=True):
    """What a step found; `code` is the reason that an endpoint is rejected with where the step must not fail."""

    state: State
    sentence: str
    values: Mapping[str, str | int] = {}
    code: str | None = None


# None of them tells what listens behind an address.
FAILURES: Final[Mapping[Failure, str]] = {
    Failure.UNREACHABLE: "It could not be reached.",
    Failure.ADDRESS: "The arena may not call this address: an endpoint is called by https on port 443 of a public "
    "address. An operator can allow it one other address and port.",
    Failure.CERTIFICATE: "Its certificate is not valid for this address, or was signed by nobody known.",
    Failure.TIMEOUT: "It gave no text for too long.",
    Failure.SLOW: "It did not finish its answer in time.",
    Failure.STATUS: "It replied with status {status} in place of an answer.",
    Failure.RATE_LIMITED: "It refused the call, because it has had too many (status 429).",
    Failure.MALFORMED: "Its reply is not what the dialect says.",
    Failure.TRUNCATED: "Its answer broke off without a sign of its end.",
    Failure.TOO_LONG: "It sent more than an answer may have.",
    Failure.EMPTY: "Its answer has no text.",
    Failure.REFUSED: "Its content filter let nothing of the answer out.",
    Failure.CONTENT_TYPE: "Its reply is not an event stream.",
}


def passed(sentence: str, **values: str | int) -> Report:
    """It is as it should be."""
    return Report(State.PASS, sentence, values)


def warned(sentence: str, **values: str | int) -> Report:
    """It will do, but its provider should look at it."""
    return Report(State.WARN, sentence, values)


def failed(code: str, sentence: str, **values: str | int) -> Report:
    """It is not as it must be, or as the provider said."""
    return Report(State.FAIL, sentence, values, code)


def broken(code: str, heard: Heard) -> Report:
    """There was no whole answer."""
    assert heard.failure is not None
    return told(code, heard.failure)


def told(code: str, failure: UpstreamFailed) -> Report:
    """What went wrong with a call."""
    values = {} if failure.status is None else {"status": failure.status}
    return Report(State.FAIL, FAILURES[failure.code], values, code)


def tenths(seconds: float) -> str:
    """A number of seconds as sentences say it."""
    return f"{seconds:.1f}"
