from typing import Any
from uuid import uuid4

import msgspec
import pytest

from arena.upstream import anthropic
from arena.upstream.calls import Dialect, Failure, Finished, Message, Target, UpstreamFailed
from tests.messages import BEGIN, DONE, ERROR, THOUGHT, TOOL, ended, event, stopped, text


def target(**changes: Any) -> Target:
    plain = Target(
        endpoint_id=uuid4(),
        base_url="https://example.org/v1",
        model="acme-large",
        dialect=Dialect.ANTHROPIC,
        parameters={},
        system_prompt=None,
        allowed=frozenset(),
    )
    return msgspec.structs.replace(plain, **changes)


def answer(*events: bytes, most: int = 1000) -> tuple[str, Finished]:
    """The text and the end of an answer that came in these events."""
    heard = anthropic.Answer(most)
    told = b"".join(events).decode().strip().split("\n\n")
    said = "".join(heard.take(one.partition("data: ")[2]) for one in told)
    return said, heard.close()


def failure(*events: bytes, most: int = 1000) -> Failure:
    with pytest.raises(UpstreamFailed) as failed:
        answer(*events, most=most)
    return failed.value.code


def test_the_question_is_a_streamed_message_with_the_system_prompt_apart() -> None:
    asked = target(parameters={"temperature": 0.5, "max_tokens": 9}, system_prompt="Be brief.")
    assert anthropic.url(asked) == "https://example.org/v1/messages"
    assert msgspec.json.decode(anthropic.question(asked, [Message("user", "Hi")])) == {
        "model": "acme-large",
        "messages": [{"role": "user", "content": "Hi"}],
        "system": "Be brief.",
        "stream": True,
        "temperature": 0.5,
        "max_tokens": 9,
    }


def test_an_answer_has_a_limit_though_nobody_gave_one() -> None:
    assert msgspec.json.decode(anthropic.question(target(), []))["max_tokens"] == anthropic.MAX_TOKENS


def test_no_parameter_stands_in_for_what_the_arena_says_itself() -> None:
    asked = target(parameters={"stream": False, "model": "other", "messages": []})
    questions = [msgspec.json.decode(anthropic.question(any_target, [])) for any_target in (asked, target())]
    assert questions[0] == questions[1]


def test_the_key_and_the_version_are_headers_and_another_version_can_be_asked_for() -> None:
    assert anthropic.headers(target()) == {"anthropic-version": "2023-06-01"}
    given = anthropic.headers(target(key="sk-1", headers={"Anthropic-Version": "2099-01-01"}))
    assert given == {"anthropic-version": "2099-01-01", "x-api-key": "sk-1"}


@pytest.mark.parametrize("key", ["sk-1\n", "schlüssel", "sk 1", ""])
def test_a_key_that_is_no_header_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(UpstreamFailed) as failed:
        anthropic.headers(target(key=key))
    assert not key or key not in str(failed.value)


def test_a_whole_answer_has_its_text_its_end_and_its_cost() -> None:
    assert answer(BEGIN, text("Hello"), text(" world"), ended()) == (
        "Hello world",
        Finished(reason="stop", prompt_tokens=7, answer_tokens=2, truncated=False),
    )


@pytest.mark.parametrize(
    ("reason", "kept", "truncated"),
    [
        ("end_turn", "stop", False),
        ("stop_sequence", "stop", False),
        ("max_tokens", "length", True),
        ("refusal", "content_filter", False),
        ("pause_turn", "pause_turn", False),
    ],
)
def test_why_it_ended_is_kept_in_the_arenas_words(reason: str, kept: str, truncated: bool) -> None:
    _, end = answer(BEGIN, text("Hello"), stopped(reason), DONE)
    assert (end.reason, end.truncated) == (kept, truncated)


def test_what_is_thought_what_tools_are_wanted_and_what_nobody_knows_is_no_text() -> None:
    assert answer(BEGIN, THOUGHT, text("Hello"), TOOL, event("ping"), event("some_day"), ended())[0] == "Hello"


def test_a_block_may_begin_with_text() -> None:
    begun = event("content_block_start", index=0, content_block={"type": "text", "text": "Hel"})
    assert answer(begun, text("lo"), ended())[0] == "Hello"


def test_nothing_counts_after_its_end() -> None:
    assert answer(BEGIN, text("Hello"), stopped("end_turn"), text(" more"), b"data: {", b"\n\n", ERROR)[0] == "Hello"


@pytest.mark.parametrize(
    ("events", "code"),
    [
        ([BEGIN, text("Hello")], Failure.TRUNCATED),
        ([BEGIN, ended()], Failure.EMPTY),
        ([BEGIN, ended("content_filter")], Failure.REFUSED),
        ([BEGIN, text("Hello"), ERROR], Failure.MALFORMED),
        ([BEGIN, text("Hello"), b"data: {\n\n"], Failure.MALFORMED),
        ([BEGIN, b'data: {"type": 5}\n\n'], Failure.MALFORMED),
        ([BEGIN, text("x" * 1001)], Failure.TOO_LONG),
    ],
)
def test_what_is_no_whole_answer_fails(events: list[bytes], code: Failure) -> None:
    assert failure(*events) is code
