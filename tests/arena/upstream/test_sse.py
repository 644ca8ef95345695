import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.upstream.calls import Failure, UpstreamFailed
from arena.upstream.sse import EVENT_BYTES, Event, Parser


def events(*pieces: bytes) -> list[Event]:
    parser = Parser()
    heard = [event for piece in pieces for event in _of(parser, piece)]
    return [*heard, *parser.end()]


def _of(parser: Parser, piece: bytes) -> list[Event]:
    """As who hears an answer asks: for plain data first."""
    plain = parser.plain(piece)
    return list(parser.feed(piece)) if plain is None else [Event("message", data) for data in plain]


def as_the_standard_says(stream: bytes) -> list[Event]:
    """The algorithm of the HTML standard, 9.2.6, written down word for word; the last event counts."""
    lines = stream.decode("utf-8-sig", "replace").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    found, name, data = [], "", ""
    for line in [*lines, ""]:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        if field == "data":
            data += value + "\n"
        if not line:
            found += [Event(name or "message", data[:-1])] if data else []
            name, data = "", ""
    return found


FRAGMENTS = [
    b"data: a",
    b"data: ",
    b"data:b",
    b"data",
    b"data:  c",
    b"event: e",
    b"event:",
    b": comment",
    b"id: 1",
    b"x",
    b"\xff",
]
ENDS = [b"\n", b"\r", b"\r\n", b"\n\n", b"\r\r", b"\r\n\r\n"]
CHARACTERS = ["data: é€👋".encode(), b"\xe2\x82", b"\xef\xbb\xbf", b" ", b":", b"\0"]
lines = st.tuples(st.sampled_from(FRAGMENTS), st.sampled_from(ENDS)).map(b"".join)
streams = st.lists(lines | st.sampled_from([*ENDS, *CHARACTERS]), max_size=20).map(b"".join)


@given(streams, st.data())
def test_any_splitting_gives_the_same_events(stream: bytes, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)))))
    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert events(*pieces) == events(stream)


@given(streams)
def test_single_bytes_give_the_same_events(stream: bytes) -> None:
    assert events(*[bytes([byte]) for byte in stream]) == events(stream)


@given(streams)
def test_events_are_those_of_the_standard(stream: bytes) -> None:
    assert events(stream) == as_the_standard_says(stream)


@given(st.binary())
def test_no_bytes_at_all_upset_it(stream: bytes) -> None:
    assert events(stream) == events(*[bytes([byte]) for byte in stream])


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        # The examples of the HTML standard, 9.2.6.
        (b"data: YHOO\ndata: +2\ndata: 10\n\n", [("message", "YHOO\n+2\n10")]),
        (b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\n", ["first event", "second event"]),
        (b"data\n\ndata\ndata\n\n", ["", "\n"]),
        (b"data:test\n\ndata: test\n\n", ["test", "test"]),
        # What endpoints do besides.
        (b"event: error\ndata: x\n\n", [("error", "x")]),
        (b"data: no blank line", ["no blank line"]),
        (b"\xef\xbb\xbfdata: x\n\n", ["x"]),
        (b"data: a\xff\xe2\x82b\n\n", ["a��b"]),
        (b"data: x\r\ndata: y\r\n\r\ndata: z\rdata\r\r", ["x\ny", "z\n"]),
        (b"data: x\r\n\r\ndata: y\r\rdata: z\n\n", ["x", "y", "z"]),
    ],
)
def test_a_stream_has_its_events(stream: bytes, expected: list[tuple[str, str] | str]) -> None:
    whole, by_bytes = events(stream), events(*[bytes([byte]) for byte in stream])
    assert whole == by_bytes == [event if isinstance(event, tuple) else ("message", event) for event in expected]


@pytest.mark.parametrize("size", [1, 1000, EVENT_BYTES * 2], ids=["bytes", "pieces", "whole"])
def test_an_event_longer_than_the_limit_is_refused_however_it_comes(size: int) -> None:
    stream = b"data: before\n\ndata: " + b"x" * EVENT_BYTES + b"\n\n"
    with pytest.raises(UpstreamFailed) as failed:
        events(*[stream[start : start + size] for start in range(0, len(stream), size)])
    assert failed.value.code is Failure.TOO_LONG


def test_what_came_before_an_event_too_long_is_kept() -> None:
    events = Parser().feed(b"data: before\n\ndata: " + b"x" * EVENT_BYTES + b"\n\n")
    assert next(events).data == "before"


def test_an_event_that_never_ends_is_refused_before_it_does() -> None:
    with pytest.raises(UpstreamFailed):
        list(Parser().feed(b"data: " + b"x" * EVENT_BYTES))


def test_an_event_as_long_as_the_limit_is_let_through() -> None:
    data = b"x" * (EVENT_BYTES - len(b"data: "))
    assert [len(event.data) for event in events(b"data: " + data + b"\n\n")] == [len(data)]
