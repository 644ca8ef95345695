import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.upstream.masks import MASKED, Mask
from arena.upstream.transcripts import KEPT_CHARACTERS, Transcript

KEY = 'sk-Live"0123/456+789?ab'


@pytest.mark.parametrize(
    "written",
    [
        KEY,
        KEY.upper(),
        KEY.lower(),
        quote(KEY, safe=""),
        json.dumps(KEY)[1:-1],
        KEY.encode().hex(),
        b64encode(KEY.encode()).decode(),
        urlsafe_b64encode(KEY.encode()).decode(),
        b64encode(f"user:{KEY}".encode()).decode(),
        b64encode(f"a user:{KEY} and more".encode()).decode(),
        b64encode(f"another:{KEY}".encode()).decode(),
        b64encode(KEY.upper().encode()).decode(),
    ],
)
def test_a_secret_is_found_however_it_is_written(written: str) -> None:
    masked = Mask([KEY]).over(f"before {written} after")
    assert masked.startswith("before ")
    assert masked.endswith(" after")
    assert MASKED in masked
    assert written[4:-4] not in masked


def test_the_words_of_a_header_are_each_a_secret() -> None:
    assert "0123456789" not in Mask(["Bearer 0123456789"]).over("your key 0123456789 is wrong")


def test_a_short_secret_is_found_as_a_word_and_leaves_other_words_alone() -> None:
    assert Mask(["v1"]).over("v1 of v10, x-v1") == f"{MASKED} of v10, x-{MASKED}"


def test_without_secrets_nothing_is_masked() -> None:
    assert Mask([]).over("all of it") == "all of it"


@given(st.text(alphabet="ab", max_size=40), st.integers(0, 40), st.integers(0, 40))
def test_no_piece_of_a_secret_is_left_where_a_text_is_cut(around: str, at: int, most: int) -> None:
    text = around[:at] + "SECRET-KEY" + around[at:]
    cut = Mask(["SECRET-KEY"]).over(text, most=most)
    assert not set(cut.replace(MASKED, "")) & set("SECRTKY")


@pytest.mark.parametrize("before", [0, KEPT_CHARACTERS - 30, KEPT_CHARACTERS - 5, KEPT_CHARACTERS + 5])
def test_a_transcript_keeps_no_piece_of_the_key_wherever_it_is_cut(before: int) -> None:
    transcript = Transcript(Mask([KEY]))
    headers = {"authorization": f"Bearer {KEY}", "x-team": "red", "accept": "text/plain"}
    transcript.asked("POST", "https://example.org/v1", headers, {"authorization", "x-team"}, KEY.encode())
    transcript.replied(401, [("x-key", KEY)])
    for piece in (b"." * before, KEY[:10].encode(), KEY[10:].encode(), b"\0" * 100_000):
        transcript.heard(piece)
    exchange = transcript.exchange()
    told = exchange.request + exchange.reply
    assert "sk-" not in told.lower()
    assert "red" not in exchange.request.replace(MASKED, "")
    assert "accept: text/plain" in exchange.request
    assert "\0" not in told
    assert len(exchange.reply) < KEPT_CHARACTERS + 100


def test_a_transcript_can_be_kept_whatever_was_sent() -> None:
    transcript = Transcript(Mask([KEY]))
    transcript.asked("GET", "https://example.org/v1/models", {}, set(), b"")
    transcript.replied(200, [("x-odd", "a\udcff\0b")])
    transcript.heard(b"\xff\xfe\0")
    assert "\\u0000" not in json.dumps(transcript.exchange().reply)
    assert "a?\N{REPLACEMENT CHARACTER}b" in transcript.exchange().reply.encode().decode()
