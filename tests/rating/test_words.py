"""Texts read in Arrow's memory must be those that Arrow reads, or be left to it."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating import words

KINDS = (pa.string(), pa.large_string())
# Nearly the same: beginnings of one another, filled with zeros, cut within a number of eight bytes or between two.
TEXTS = [
    "",
    "\0",
    "a",
    "A",
    "a\0",
    "\0a",
    "tie",
    "tie ",
    "ä",
    "model_a",
    "model_b",
    "both_bad",
    "both_bad\0",
    "both_bae",
]
LONG = ["sixteen of bytes", "sixteen of bytes.", "sixteen of byte", "tie (bothbad)", "a" * 31, "a" * 32, "a" * 31 + "b"]


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.one_of(st.sampled_from(TEXTS + LONG), st.text(max_size=8)), max_size=80),
    st.sampled_from(KINDS),
    st.integers(0, 9),
    st.integers(1, 30),
    st.integers(1, 40),
)
def test_every_row_gets_the_place_of_its_text(
    said: list[str], kind: pa.DataType, start: int, chunk: int, sampled: int
) -> None:
    column = pa.array(["before"] * start + said + ["after"], kind)[start : start + len(said)]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(words, "CHUNK", chunk)
        patched.setattr(words, "SAMPLED", sampled)
        for given_as in (column, pa.chunked_array([column[:7], column[7:], column[:0]], kind)):
            found = words.coded(given_as)
            assert found is not None
            codes, texts = found
            assert [texts[code] for code in codes] == said
            assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_that_no_sample_shows_is_learnt_on_the_way(kind: pa.DataType) -> None:
    said = ["often"] * 1000 + [f"once, number {row:03}" for row in range(200)] + ["often"] * 1000
    found = words.coded(pa.array(said, kind))
    assert found is not None
    assert [found[1][code] for code in found[0]] == said


@pytest.mark.parametrize("kind", KINDS)
def test_codes_take_a_byte_while_that_is_enough(kind: pa.DataType) -> None:
    for many, bytes_each in ((128, 1), (129, 2), (1024, 2)):
        found = words.coded(pa.array([str(number) for number in range(many)], kind))
        assert found is not None
        assert found[0].itemsize == bytes_each
        assert [found[1][code] for code in found[0]] == [str(number) for number in range(many)]


def test_what_is_missing_long_or_many_is_left_to_arrow() -> None:
    many = pa.array([str(number) for number in range(1025)])
    assert words.coded(many[:1024]) is not None
    for column in (many, pa.array(["a", None]), pa.array([1, 2]), pa.array(["a"]).dictionary_encode()):
        assert words.coded(column) is None
    assert words.coded(pa.array(["a" * 32, "a"])) is not None
    assert words.coded(pa.array(["a" * 33, "a"])) is None
    assert words.coded(pa.array(["a"] * 300 + ["ä" * 17])) is None
