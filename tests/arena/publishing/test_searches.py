from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena.publishing import searches
from arena.publishing.searches import SearchBroken

TYPES = {"name": str, "licence": str, "votes": float, "open": bool}


@dataclass(frozen=True)
class Line:
    name: str
    organisation: str = ""
    licence: str | None = None
    votes: float = 0
    open: bool | None = None


FIELDS = {
    "name": lambda line: line.name,
    "licence": lambda line: line.licence,
    "votes": lambda line: line.votes,
    "open": lambda line: line.open,
}
LINES = [
    Line("LLaMA-2-Chat (70B)", "Meta", "llama-2", 700, True),
    Line("Mistral 7B", "Mistral AI", "apache-2.0", 300, True),
    Line("GPT 4", "OpenAI", None, 1200, False),
    Line("c++ coder", "somebody", "MIT", 5, None),
]


def found(text: str) -> list[str]:
    search = searches.read(text, TYPES)
    return [line.name for line in searches.fitting(search, LINES, lambda line: (line.name, line.organisation), FIELDS)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", [line.name for line in LINES]),
        ("llama", ["LLaMA-2-Chat (70B)"]),
        ("llama; GPT", ["LLaMA-2-Chat (70B)", "GPT 4"]),
        (" ; mistral ai ;", ["Mistral 7B"]),
        ("c++", ["c++ coder"]),
        ("7b", ["Mistral 7B"]),
        (r"\d+B\b", ["LLaMA-2-Chat (70B)", "Mistral 7B"]),
        ("^gpt|^mis", ["Mistral 7B", "GPT 4"]),
        ("@licence:apache", ["Mistral 7B"]),
        ("@licence:apache; @licence:mit", ["Mistral 7B", "c++ coder"]),
        ("@open:yes", ["LLaMA-2-Chat (70B)", "Mistral 7B"]),
        ("@open:否", ["GPT 4"]),
        ("@votes:>300", ["LLaMA-2-Chat (70B)", "GPT 4"]),
        ("@votes:>=300; @open:yes", ["LLaMA-2-Chat (70B)", "Mistral 7B"]),
        ("@votes:5..300", ["Mistral 7B", "c++ coder"]),
        ("@votes:1200", ["GPT 4"]),
        ("@votes:<6; @votes:>1000", ["GPT 4", "c++ coder"]),
        ("m; @votes:<400", ["Mistral 7B", "c++ coder"]),
        ("@Votes: > 300 ", ["LLaMA-2-Chat (70B)", "GPT 4"]),
    ],
)
def test_a_search_finds(text: str, names: list[str]) -> None:
    assert found(text) == names


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("gpt; llama(2", r"opens a bracket at character 11 and does not close it"),
        (r"a\(b(c[)]", r"opens a bracket at character 5"),
        ("[ab", r"opens a square bracket at character 1"),
        ("(a))b", r"closes a bracket at character 4 that it did not open"),
        ("x; *y", r"nothing to repeat at character 4"),
        ("a**", r"repeats a repetition at character 2"),
        ("(a{1,2000})", r"repeats too often at character 3"),
        ("gpt\\", r"ends with a backslash at character 4"),
        ("a(?=b)", r"can't be read from character 2 on: invalid perl operator"),
        ("@vote:3", r"no field “vote” at character 1. The nearest is “votes”"),
        ("a; @zzz:3", r"no field “zzz” at character 4. There are: name, licence, votes, open"),
        ("@votes", r"“@votes” at character 1 needs a value"),
        ("@votes:", r"needs a value"),
        ("@votes:many", r"“@votes” at character 8 is a number"),
        ("@open:maybe", r"“@open” at character 7 is yes or no"),
        ("@name:[", r"opens a square bracket at character 7"),
        ("x" * 501, r"at most 500 characters; this one has 501"),
        (";".join("abcdefghijklmnopqrstu"), r"at most 20 parts; this one has 21"),
    ],
)
def test_a_broken_search_says_where_it_broke(text: str, sentence: str) -> None:
    with pytest.raises(SearchBroken, match=sentence):
        searches.read(text, TYPES)


def test_what_is_found_is_marked_once_and_in_order() -> None:
    search = searches.read("ll; lam; t$; @votes:>1", TYPES)
    assert search.spans("LLaMA chat") == [(0, 4), (9, 10)]
    assert searches.read("x*", TYPES).spans("abc") == []


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    with suppress(SearchBroken):
        assert set(found(text)) <= {line.name for line in LINES}


def test_a_search_takes_no_longer_than_its_text() -> None:
    # Backtracking engines take 2ⁿ steps for this one.
    search = searches.read("(a*)*b|(a|aa)+$", TYPES)
    line = Line("a" * 20_000 + "c")
    assert searches.fitting(search, [line], lambda line: (line.name,), FIELDS) == []
