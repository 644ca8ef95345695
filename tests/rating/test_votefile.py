"""Vote files: what is read, and every fault with its line and column."""

import csv
import gzip
import json
from pathlib import Path

import pytest

from rating import Outcome, votefile
from rating.votefile import FileVote, VoteFileUnknown, VoteFileWrong
from tests.rating.boards import GOLDEN

DEMO = Path(__file__).parents[2] / "deploy" / "demo" / "llmfao.csv.gz"
HEADER = b"model_a,model_b,winner\n"


def written(folder: Path, content: bytes, name: str = "votes.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def fault(path: Path, **renamed: str) -> VoteFileWrong:
    with pytest.raises(VoteFileWrong) as caught:
        list(votefile.read(path, renamed=renamed))
    return caught.value


def test_every_outcome_of_the_exchange_format_is_read(tmp_path: Path) -> None:
    said = [*votefile.WINNERS]
    rows = "".join(f"ash,birch,{winner}\n" for winner in said).encode()
    read = list(votefile.read(written(tmp_path, HEADER + rows)))
    assert [vote.outcome for vote in read] == [Outcome.A, Outcome.B, Outcome.TIE, Outcome.BOTH_BAD, Outcome.BOTH_BAD]
    assert [vote.line for vote in read] == [2, 3, 4, 5, 6]


def test_csv_and_json_lines_compressed_or_not_say_the_same(tmp_path: Path) -> None:
    table = (
        b"\xef\xbb\xbfprompt,winner,model_b,model_a,voter\r\n"
        b'"a ""b"",\nc",tie,birch,ash,7\r\n\r\n"",model_a,ash,elm,8\r\n'
    )
    lines = (
        b'{"prompt": "a \\"b\\",\\nc", "winner": "tie", "model_b": "birch", "model_a": "ash", "voter": 7}\n\n'
        b'{"model_a": "elm", "model_b": "ash", "winner": "model_a", "voter": "8", "prompt": ""}'
    )
    wanted = [
        (("ash", "birch"), Outcome.TIE, "7", 'a "b",\nc'),
        (("elm", "ash"), Outcome.A, "8", ""),
    ]
    for name, content in {
        "v.csv": table,
        "v.csv.gz": gzip.compress(table),
        "v.jsonl": lines,
        "V.JSONL.GZ": gzip.compress(lines),
    }.items():
        read = list(votefile.read(written(tmp_path, content, name)))
        assert [(vote.contenders, vote.outcome, vote.voter, vote.prompt) for vote in read] == wanted, name
    assert [vote.line for vote in votefile.read(tmp_path / "v.csv")] == [2, 5]


def test_a_file_without_voters_says_so(tmp_path: Path) -> None:
    assert list(votefile.read(written(tmp_path, HEADER + b"ash,birch,tie"))) == [
        FileVote(2, ("ash", "birch"), Outcome.TIE, None, None)
    ]


def test_foreign_columns_can_be_renamed(tmp_path: Path) -> None:
    path = written(tmp_path, b"left,right,winner\nash,birch,tie\nash,ash,tie\n")
    votes = votefile.read(path, renamed={"model_a": "left", "model_b": "right"})
    assert next(votes).contenders == ("ash", "birch")
    wrong = fault(path, model_a="left", model_b="right")
    assert (wrong.line, wrong.column) == (3, "right")
    wrong = fault(path, model_a="left", model_b="nowhere")
    assert (wrong.line, wrong.column) == (1, "right")


FAULTS = {
    "empty": (b"", 1, 1, "The file is empty"),
    "a header alone": (HEADER, 1, 1, "There is no vote"),
    "an unknown column": (b"model_a,model_b,winner,judge\n", 1, "judge", "Found model_a, model_b, winner, judge"),
    "a missing column": (b"model_a,model_b\nash,birch\n", 1, "winner", "Found model_a, model_b; wanted"),
    "a column twice": (b"model_a,model_b,winner,winner\n", 1, "winner", "two columns for winner"),
    "weights": (b"model_a,model_b,winner,weight\n", 1, "weight", "not accepted here"),
    "an unknown outcome": (HEADER + b"ash,birch,tie\nash,birch,left\n", 3, "winner", "“left” is no outcome"),
    "a self-pair": (HEADER + b"ash,ash,tie\n", 2, "model_b", "“ash” is set against itself"),
    "an empty name": (HEADER + b"ash, ,tie\n", 2, "model_b", "empty"),
    "an empty voter": (b"model_a,model_b,winner,voter\nash,elm,tie,\n", 2, "voter", "empty"),
    "an endless name": (HEADER + b"ash," + 201 * b"x" + b",tie\n", 2, "model_b", "201 characters"),
    "a zero character": (HEADER + b"a\0sh,elm,tie\n", 2, "model_a", "printed"),
    "too few fields": (HEADER + b"ash,birch,tie\nash,birch\n", 3, "winner", "2 of 3 fields"),
    "too many fields": (HEADER + b"ash,birch,tie,tie\n", 2, "winner", "4 fields"),
    "broken encoding": (HEADER + "ash,é".encode() + b"\xe9lan,tie\n", 2, 6, "0xe9 is not UTF-8"),
    "another encoding": ("model_a,model_b,winner\n".encode("utf-16"), 1, 1, "0xff is not UTF-8"),
    "an open quote": (HEADER + b'ash,birch,tie\n"a\n""b",birch,"tie\nash,elm,tie\n', 4, 12, "check its quotes"),
    "a quote in mid-field": (HEADER + b'ash,"bi"rch,tie\n', 2, 5, "check its quotes"),
    "an endless line": (HEADER + (votefile.MOST_LINE_BYTES + 1) * b"x", 2, 1, "1,048,576 bytes"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_of_csv_is_told_with_line_and_column(tmp_path: Path, what: str) -> None:
    content, line, column, words = FAULTS[what]
    wrong = fault(written(tmp_path, content))
    assert (wrong.line, wrong.column) == (line, column)
    assert words in str(wrong)
    assert str(wrong).startswith(f"Line {line}, ")


GOOD = {"model_a": "ash", "model_b": "birch", "winner": "tie"}
JSON_FAULTS = {
    "empty": (b"", 1, 1, "The file is empty"),
    "not JSON": (b'{"model_a": ash}', 1, 13, "not JSON"),
    "no object": (b"[1]", 1, 1, "not a JSON object"),
    "nesting": (b"[" * 200_000, 1, 1, "can't be a vote"),
    "a number without end": (b"9" * 5000, 1, 1, "can't be a vote"),
    "a field twice": (b'{"model_a": "ash", "model_a": "elm"}', 1, "model_a", "given twice"),
    "an unknown field": (json.dumps({**GOOD, "id": 1}).encode(), 1, "id", "unknown"),
    "a missing field": (json.dumps({"model_a": "ash", "winner": "tie"}).encode(), 1, "model_b", "missing"),
    "a number as a name": (json.dumps({**GOOD, "model_a": 5}).encode(), 1, "model_a", "must be a text"),
    "nothing as a voter": (json.dumps({**GOOD, "voter": None}).encode(), 1, "voter", "must be a text"),
    "half a pair": (json.dumps({**GOOD, "prompt": "\ud800"}).encode(), 1, "prompt", "half a pair"),
}


@pytest.mark.parametrize("what", JSON_FAULTS)
def test_a_fault_of_json_lines_is_told_with_line_and_column(tmp_path: Path, what: str) -> None:
    content, line, column, words = JSON_FAULTS[what]
    wrong = fault(written(tmp_path, content, "votes.jsonl"))
    assert (wrong.line, wrong.column) == (line, column)
    assert words in str(wrong)


@pytest.mark.parametrize("first", [{}, {"voter": "7"}])
def test_either_all_votes_have_voters_or_none(tmp_path: Path, first: dict[str, str]) -> None:
    other = {"voter": "7"} if not first else {}
    content = "\n".join(json.dumps({**GOOD, **more}) for more in (first, other)).encode()
    wrong = fault(written(tmp_path, content, "votes.jsonl"))
    assert (wrong.line, wrong.column) == (2, "voter")


TORN = gzip.compress(HEADER + 50 * b"ash,birch,tie\n")[:-9]
GARBLED = gzip.compress(HEADER)[:10] + 9 * b"\xff"


@pytest.mark.parametrize("content", [TORN, GARBLED, HEADER], ids=["torn", "garbled", "not compressed"])
def test_a_damaged_compressed_file_is_told(tmp_path: Path, content: bytes) -> None:
    assert "damaged" in str(fault(written(tmp_path, content, "votes.csv.gz")))


@pytest.mark.parametrize(("name", "words"), [("v.txt", "must end in"), ("v.parquet.gz", "must end in")])
def test_another_format_is_refused_with_those_that_are_read(tmp_path: Path, name: str, words: str) -> None:
    for look in (votefile.digest, lambda path: list(votefile.read(path))):
        with pytest.raises(VoteFileUnknown, match=words):
            look(written(tmp_path, b"", name))


def test_the_digest_is_that_of_the_content_compressed_or_not(tmp_path: Path) -> None:
    plain = votefile.digest(written(tmp_path, HEADER + b"ash,birch,tie\n"))
    assert votefile.digest(written(tmp_path, gzip.compress(HEADER + b"ash,birch,tie\n"), "v.csv.gz")) == plain
    assert votefile.digest(written(tmp_path, HEADER + b"ash,birch,tie")) != plain


def test_the_demo_has_the_votes_of_its_source() -> None:
    told = {"left": Outcome.A, "right": Outcome.B, "tie": Outcome.TIE}
    with gzip.open(GOLDEN / "llmfao-crowd.csv.gz", "rt", encoding="utf-8", newline="") as file:
        source = [((row["left"], row["right"]), told[row["winner"]], row["worker"]) for row in csv.DictReader(file)]
    assert [(vote.contenders, vote.outcome, vote.voter) for vote in votefile.read(DEMO)] == source
