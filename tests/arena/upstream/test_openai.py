from typing import Any
from uuid import uuid4

import msgspec
import pytest

from arena.upstream import openai
from arena.upstream.calls import Dialect, Failure, Finished, Message, Target, UpstreamFailed
from tests.replies import DONE, ERROR, STOP, USAGE, event


def target(**changes: Any) -> Target:
    plain = Target(
        endpoint_id=uuid4(),
        base_url="https://example.org/v1",
        model="acme-large",
        dialect=Dialect.OPENAI,
        parameters={},
        system_prompt=None,
        allowed=frozenset(),
    )
    return msgspec.structs.replace(plain, **changes)


def answer(*events: bytes, most: int = 1000) -> tuple[str, Finished]:
    """The text and the end of an answer that came in these events."""
    heard = openai.Answer(most)
    text = "".join(heard.take(told.decode().removeprefix("data: ").strip()) for told in events)
    return text, heard.close()


def failure(*events: bytes, most: int = 1000) -> Failure:
    with pytest.raises(UpstreamFailed) as failed:
        answer(*events, most=most)
    return failed.value.code


def test_the_question_is_posted_below_the_base_url() -> None:
    for base_url in ("https://example.org/v1", "https://example.org/v1/"):
        assert openai.url(target(base_url=base_url)) == "https://example.org/v1/chat/completions"


def test_the_question_is_a_streamed_completion_with_usage_and_the_targets_settings() -> None:
    asked = target(parameters={"temperature": 0.5, "max_tokens": 9}, system_prompt="Be brief.")
    assert msgspec.json.decode(openai.question(asked, [Message("user", "Hi")])) == {
        "model": "acme-large",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "max_tokens": 9,
    }


def test_no_parameter_stands_in_for_what_the_arena_says_itself() -> None:
    asked = target(parameters={"stream": False, "model": "other", "messages": [], "stream_options": None})
    questions = [msgspec.json.decode(openai.question(any_target, [])) for any_target in (asked, target())]
    assert questions[0] == questions[1]


def test_a_key_is_sent_only_where_there_is_one() -> None:
    assert openai.headers(target()) == {}
    assert openai.headers(target(key="sk-1")) == {"authorization": "Bearer sk-1"}


@pytest.mark.parametrize("key", ["sk-1\n", "sk-1\r\nx-other: y", "sk-\0", "schlüssel", "sk 1", ""])
def test_a_key_that_is_no_header_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(UpstreamFailed) as failed:
        openai.headers(target(key=key))
    assert not key or key not in str(failed.value)


def test_a_target_shown_in_a_log_does_not_show_its_key() -> None:
    assert "sk-1" not in repr(target(key="sk-1"))
    assert "sk-1" not in f"{target(key='sk-1')}"


def test_a_whole_answer_has_its_text_its_end_and_its_cost() -> None:
    assert answer(event("Hello"), event(" world"), STOP, USAGE, DONE) == (
        "Hello world",
        Finished(reason="stop", prompt_tokens=7, answer_tokens=2, truncated=False),
    )


def test_an_answer_cut_at_its_length_limit_says_so() -> None:
    _, end = answer(event("Hello"), event(finish="length"), DONE)
    assert (end.reason, end.truncated) == ("length", True)


def test_an_end_marker_alone_makes_an_answer_whole() -> None:
    assert answer(event("Hello"), DONE)[1] == Finished("stop", None, None, False)


def test_the_last_text_may_come_with_the_reason_for_the_end() -> None:
    assert answer(event("Hello"), event(" world", finish="stop"))[0] == "Hello world"


def test_nothing_after_the_end_of_the_text_changes_it() -> None:
    assert answer(event("Hello"), STOP, event("!"), event(finish="length"), ERROR, b"data: {", DONE) == (
        "Hello",
        Finished("stop", None, None, False),
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"5",
        b"[]",
        b'{"x": ' + b"[" * 100_000,
        b'{"error": ' + b"[" * 100_000,
        b'{"choices": 1}',
        b'{"choices": [{"delta": {"content": 1}}]}',
        b'{"choices": [{"delta": {"content": "\\ud83d"}}]}',
    ],
)
def test_an_event_that_is_no_chunk_is_a_failure(data: bytes) -> None:
    assert failure(event("Hello"), b"data: " + data, DONE) is Failure.MALFORMED


def test_an_error_among_the_chunks_is_a_failure() -> None:
    assert failure(event("Hello"), ERROR, DONE) is Failure.MALFORMED


def test_a_text_that_merely_stops_is_no_answer() -> None:
    assert failure(event("Hello")) is Failure.TRUNCATED
    assert failure() is Failure.TRUNCATED


def test_an_answer_of_nothing_or_white_space_is_empty() -> None:
    assert failure(STOP, DONE) is Failure.EMPTY
    assert failure(event(""), event(" \n"), event("\0"), STOP, DONE) is Failure.EMPTY


def test_a_text_is_measured_in_bytes_and_may_be_as_long_as_its_limit() -> None:
    assert answer(event("é" * 5), STOP, most=10)[0] == "é" * 5
    assert failure(event("é" * 5), event("x"), STOP, most=10) is Failure.TOO_LONG


def test_only_the_first_choice_is_heard() -> None:
    both = [
        {"index": 1, "delta": {"content": "no"}, "finish_reason": "stop"},
        {"index": 0, "delta": {"content": "yes"}},
    ]
    assert answer(event(choices=both), STOP)[0] == "yes"


@pytest.mark.parametrize(
    "chunk",
    [
        event(choices=[]),
        event(choices=None),
        event(choices=[{"delta": None}]),
        event(choices=[{"delta": {"role": "assistant", "content": None}, "logprobs": None}]),
        event(choices=[{"index": 0, "delta": {"tool_calls": [{"index": 0, "function": {"arguments": "{"}}]}}]),
        event(choices=[{"index": 0, "delta": {"reasoning_content": "hm"}}]),
        event(usage=None, error=None),
    ],
)
def test_a_chunk_without_text_is_passed_over(chunk: bytes) -> None:
    assert answer(chunk, event("Hello"), chunk, STOP, DONE)[0] == "Hello"
