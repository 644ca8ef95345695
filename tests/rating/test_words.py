"""Words read in Arrow's memory must be those that Arrow reads, or none at all."""

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rating import words

KNOWN = {"a": 0, "b": 1, "tie": 2, "model_a": 0, "both_bad": 3, "tie (bothbad)": 3, "sixteen of bytes": 1}
KINDS = (pa.string(), pa.large_string())


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from(sorted(KNOWN)), min_size=0, max_size=80),
    st.sampled_from(KINDS),
    st.integers(0, 9),
    st.integers(1, 30),
)
def test_every_row_gets_the_code_of_its_text(said: list[str], kind: pa.DataType, start: int, chunk: int) -> None:
    column = pa.array(["before"] * start + said + ["after"], kind)[start : start + len(said)]
    expected = [KNOWN[text] for text in said]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(words, "CHUNK", chunk)
        for given_as in (column, pa.chunked_array([column[:7], column[7:], column[:0]], kind)):
            found = words.codes(given_as, KNOWN)
            assert found is not None
            assert found.tolist() == expected


NEARLY = [
    "",
    "A",
    "a\0",
    "\0a",
    "ti",
    "tie ",
    "tie\0",
    "model_b",
    "both_bae",
    "tie (bothbaD)",
    "Tie (bothbad)",
    "aa",
    "ä",
]


@pytest.mark.parametrize("other", [*NEARLY, "sixteen of bytes.", "sixteen of byte", "tie (bothbad)\0", "a" * 40])
@pytest.mark.parametrize("kind", KINDS)
def test_one_other_text_leaves_the_column_to_arrow(other: str, kind: pa.DataType) -> None:
    for place in (0, 1, 2):
        said = ["tie", "a", "tie (bothbad)"]
        said[place] = other
        assert words.codes(pa.array(said, kind), KNOWN) is None
        assert words.codes(pa.array([other], kind), KNOWN) is None


def test_what_is_missing_or_no_plain_text_is_left_to_arrow() -> None:
    for column in (pa.array(["a", None]), pa.array([1, 2]), pa.array(["a"]).dictionary_encode(), pa.array([""] * 3)):
        assert words.codes(column, KNOWN) is None
