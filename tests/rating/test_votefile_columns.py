"""Vote files as coded columns: every format says the same, every fault has its place, and memory stays bounded."""

import csv
import gzip
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rating import RatingError, Tally, votefile
from rating.outcomes import CODES
from rating.votefile import Columns, VoteFileWrong
from tests.rating.test_votefile import DEMO, FAULTS, GARBLED, GOOD, HEADER, JSON_FAULTS, TORN, written

TEXTS = ("model_a", "model_b", "winner", "voter")
VOTES = (
    ("elm", "ash", "model_a", "ann", "Why?", 1.5, "2025-01-01"),
    ("ash", "birch", "tie (bothbad)", "bob", "", 0.1, "2025-01-02"),
    ("birch", "élan 漢", "both_bad", "ann", 'a "b",\nc', 0.0, "2025-01-03"),
    ("ash", "elm", "model_b", "cyd", "Why?", 1.0, ""),
)
NAMES = ("model_a", "model_b", "winner", "voter", "prompt", "weight", "at")
# What Arrow takes for granted and a reader of lines does not: a field that is quoted in its middle only, fields that
# are not read here.
TAKEN = {"a quote in mid-field", "an unknown column", "weights", "an unknown field", "half a pair"}


def as_csv(folder: Path, rows: Sequence[Sequence[Any]] = VOTES, names: Sequence[str] = NAMES) -> Path:
    path = folder / "votes.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([names, *rows])
    return path


def as_json(folder: Path) -> Path:
    lines = [json.dumps(dict(zip(NAMES, row, strict=True))) for row in VOTES]
    return written(folder, "\n".join(lines).encode(), "votes.jsonl")


def as_parquet(folder: Path, columns: dict[str, Any], name: str = "votes.parquet") -> Path:
    path = folder / name
    pq.write_table(pa.table(columns), path)
    return path


def every_format(folder: Path) -> list[Path]:
    columns = dict(zip(NAMES, map(list, zip(*VOTES, strict=True)), strict=True))
    coded = {name: pa.array(values).dictionary_encode() for name, values in columns.items()}
    table, lines = as_csv(folder), as_json(folder)
    return [
        table,
        lines,
        written(folder, gzip.compress(table.read_bytes()), "zipped.csv.gz"),
        written(folder, gzip.compress(lines.read_bytes()), "zipped.jsonl.gz"),
        as_parquet(folder, columns),
        as_parquet(folder, coded, "coded.parquet"),
    ]


def tally_of(columns: Columns) -> Tally:
    return Tally(
        columns.contenders,
        columns.first,
        columns.second,
        columns.outcome,
        columns.voter,
        columns.prompt,
        columns.weight,
    )


def alike(codes: Any) -> list[int]:
    """For each row the first row with the same code."""
    given = codes.tolist()
    return [given.index(code) for code in given]


def fault(path: Path, **more: Any) -> VoteFileWrong:
    with pytest.raises(VoteFileWrong) as caught:
        votefile.load(path, **more)
    return caught.value


def test_every_format_gives_the_same_codes(tmp_path: Path) -> None:
    for path in every_format(tmp_path):
        votes = votefile.load(path)
        assert votes.contenders == ("ash", "birch", "elm", "élan 漢"), path
        assert votes.first.tolist() == [2, 0, 1, 0]
        assert votes.second.tolist() == [0, 1, 3, 2]
        assert votes.outcome.tolist() == [0, 3, 3, 1]
        assert votes.voter is not None
        assert alike(votes.voter) == [0, 1, 0, 3]
        assert votes.prompt is not None
        assert alike(votes.prompt) == [0, 1, 2, 0]
        assert votes.weight is not None
        assert votes.weight.tolist() == [3 << 19, round(0.1 * 2**20), 0, 1 << 20]
        assert votes.unread == ("at",)


def test_what_votes_are_not_clustered_by_is_not_read(tmp_path: Path) -> None:
    for path in every_format(tmp_path):
        votes = votefile.load(path, cluster="prompt")
        assert votes.voter is None, path
        assert votes.prompt is not None
        assert alike(votes.prompt) == [0, 1, 2, 0]
        assert votefile.load(path, cluster="none").unread == ("voter", "prompt", "at")
    assert fault(written(tmp_path, HEADER + b"ash,elm,tie\n"), cluster="prompt").column == "prompt"


def test_the_quick_reader_and_the_strict_one_read_the_demo_alike() -> None:
    quick, strict = votefile.load(DEMO), list(votefile.read(DEMO))
    names = np.array(quick.contenders)
    assert [*zip(names[quick.first], names[quick.second], strict=True)] == [vote.contenders for vote in strict]
    assert quick.outcome.tolist() == [CODES[vote.outcome] for vote in strict]
    assert quick.voter is not None
    voters = [vote.voter for vote in strict]
    assert len({*zip(quick.voter.tolist(), voters, strict=True)}) == len({*voters}) == 124


def test_style_columns_are_read_as_numbers_of_both_sides(tmp_path: Path) -> None:
    names = ("model_a", "model_b", "winner", "chars_a", "chars_b", "bold_a", "bold_b")
    path = as_csv(tmp_path, [("ash", "elm", "tie", 10, 20, 0, 1.5), ("elm", "ash", "tie", 1, 2, 3, 4)], names)
    votes = votefile.load(path, style=("chars", "bold"))
    told = {name: column.tolist() for name, column in votes.style.items()}
    assert told == {"chars_a": [10, 1], "chars_b": [20, 2], "bold_a": [0, 3], "bold_b": [1.5, 4]}
    assert votes.unread == ()
    renamed = votefile.load(path, style=("words",), renamed={"words_a": "chars_a", "words_b": "chars_b"})
    assert {name: column.tolist() for name, column in renamed.style.items()} == {"words_a": [10, 1], "words_b": [20, 2]}
    assert renamed.unread == ("bold_a", "bold_b")
    assert fault(path, style=("chars", "emoji")).column == "emoji_a"
    for wrong in (("model",), ("chars", "chars")):
        with pytest.raises(RatingError, match="named once"):
            votefile.load(path, style=wrong)


@pytest.mark.parametrize("what", [what for what in FAULTS if what not in TAKEN])
def test_a_fault_of_csv_has_its_line_and_column(tmp_path: Path, what: str) -> None:
    content, line, column, words = FAULTS[what]
    for path in (written(tmp_path, content), written(tmp_path, gzip.compress(content), "v.csv.gz")):
        wrong = fault(path)
        assert (wrong.line, wrong.column) == (line, column)
        assert words in str(wrong)


@pytest.mark.parametrize("what", [what for what in JSON_FAULTS if what not in TAKEN])
def test_a_fault_of_json_lines_has_its_line_and_column(tmp_path: Path, what: str) -> None:
    content, line, column, words = JSON_FAULTS[what]
    wrong = fault(written(tmp_path, content, "v.jsonl"))
    assert (wrong.line, wrong.column) == (line, column)
    assert words in str(wrong)


WEIGHTED = b"model_a,model_b,winner,weight\nash,elm,tie,1\n"
WEIGHTS = {
    "-1": "-1 is negative",
    "nan": "“nan” is not a number",
    "NaN": "“nan” is not a number",
    "inf": "“inf” is not a number",
    "much": "“much” is not a number",
    "": "“” is not a number",
    "1e-9": "too small",
    "1e9": "too large",
}


@pytest.mark.parametrize("weight", WEIGHTS)
def test_a_weight_that_is_none_has_its_line(tmp_path: Path, weight: str) -> None:
    wrong = fault(written(tmp_path, WEIGHTED + f"elm,ash,tie,{weight}\n".encode()))
    assert (wrong.line, wrong.column) == (3, "weight")
    assert WEIGHTS[weight] in str(wrong)


def test_weights_that_are_all_zero_weigh_nothing(tmp_path: Path) -> None:
    with pytest.raises(RatingError, match="more than 0"):
        votefile.load(as_csv(tmp_path, [("ash", "elm", "tie", 0)], ("model_a", "model_b", "winner", "weight")))


def test_mixed_types_in_json_lines_have_their_line(tmp_path: Path) -> None:
    lines = [{**GOOD, "voter": 7}, {**GOOD, "voter": "8"}, {**GOOD, "voter": 7}]
    votes = votefile.load(written(tmp_path, "\n".join(map(json.dumps, lines)).encode(), "v.jsonl"))
    assert votes.voter is not None
    assert alike(votes.voter) == [0, 1, 0]  # A number that names a voter is taken as written.
    mixed = "\n".join(map(json.dumps, [GOOD, {**GOOD, "winner": 1}])).encode()
    assert (wrong := fault(written(tmp_path, mixed, "w.jsonl"))).line == 2
    assert wrong.column == "winner"


SOUND = {"model_a": ["ash", "elm"], "model_b": ["elm", "ash"], "winner": ["tie", "model_a"]}
ODD: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "no votes": ({name: pa.array([], pa.string()) for name in SOUND}, 1, "1", "There is no vote"),
    "a missing column": ({"model_a": ["ash"], "winner": ["tie"]}, 1, "model_b", "Found model_a, winner; wanted"),
    "an unknown outcome": ({**SOUND, "winner": ["tie", "left"]}, 2, "winner", "“left” is no outcome"),
    "a self-pair": ({**SOUND, "model_b": ["elm", "elm"]}, 2, "model_b", "“elm” is set against itself"),
    "nothing": ({**SOUND, "model_a": ["ash", None]}, 2, "model_a", "must be a text"),
    "numbers as names": ({**SOUND, "model_a": [1, 2]}, 1, "model_a", "must be a text"),
    "an empty voter": ({**SOUND, "voter": ["ann", ""]}, 2, "voter", "empty"),
    "a truth value as a voter": ({**SOUND, "voter": [True, False]}, 1, "voter", "must be a text"),
    "a number that is none": ({**SOUND, "weight": [1.0, float("nan")]}, 2, "weight", "“nan” is not a number"),
    "a negative weight": ({**SOUND, "weight": [1.0, -0.5]}, 2, "weight", "-0.5 is negative"),
    "a missing weight": ({**SOUND, "weight": [1, None]}, 2, "weight", "missing"),
    "broken encoding": (
        {**SOUND, "winner": pa.array([b"tie", b"t\xffie"]).view(pa.string())},
        2,
        "winner",
        "0xff is not UTF-8",
    ),
}


@pytest.mark.parametrize("what", ODD)
def test_a_fault_of_parquet_has_its_row_and_column(tmp_path: Path, what: str) -> None:
    columns, row, column, words = ODD[what]
    wrong = fault(as_parquet(tmp_path, columns))
    assert (wrong.line, str(wrong.column)) == (row, column)
    assert words in str(wrong)
    assert str(wrong).startswith(f"Row {row}, ")


def test_voters_that_are_whole_numbers_are_taken_as_written(tmp_path: Path) -> None:
    votes = votefile.load(as_parquet(tmp_path, {**SOUND, "voter": [2**40, 7]}))
    assert votes.voter is not None
    assert len({*votes.voter.tolist()}) == 2


def test_a_damaged_parquet_file_says_where_it_ends(tmp_path: Path) -> None:
    whole = as_parquet(tmp_path, SOUND).read_bytes()
    for content, words in ((b"", "empty"), (whole[:-9], "damaged"), (whole[:20], "damaged"), (b"PAR1" * 9, "damaged")):
        assert words in str(fault(written(tmp_path, content, "v.parquet")))


@pytest.mark.parametrize("content", [TORN, GARBLED, HEADER], ids=["torn", "garbled", "not compressed"])
def test_a_damaged_compressed_file_is_told(tmp_path: Path, content: bytes) -> None:
    assert "damaged" in str(fault(written(tmp_path, content, "votes.csv.gz")))


@pytest.mark.parametrize("name", ["v.csv", "v.jsonl", "v.parquet"])
def test_a_folder_and_a_file_that_is_not_there_are_told_by_the_system(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        votefile.load(tmp_path / name)
    (tmp_path / name).mkdir()
    with pytest.raises(IsADirectoryError):
        votefile.load(tmp_path / name)


def test_too_many_contenders_are_taken_for_the_wrong_column(tmp_path: Path) -> None:
    rows = [(f"answer {number}", "ash", "tie") for number in range(5000)]
    with pytest.raises(RatingError, match="--map"):
        votefile.load(as_csv(tmp_path, rows, ("model_a", "model_b", "winner")))


def test_a_vote_past_the_first_batch_is_coded_like_one_in_it(tmp_path: Path) -> None:
    rows = [("ash", "elm", "model_a", "ann"), *[("ash", "elm", "tie", "bob")] * 150_000, ("birch", "ash", "tie", "ann")]
    names = ("model_a", "model_b", "winner", "voter")
    columns = {name: pa.array(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    for path in (as_csv(tmp_path, rows, names), as_parquet(tmp_path, columns)):
        votes = votefile.load(path)
        assert len(votes) == 150_002
        assert (votes.first[-1], votes.second[-1], votes.outcome[-1]) == (1, 0, 2)
        assert votes.voter is not None
        assert votes.voter[0] == votes.voter[-1] != votes.voter[1]
        assert tally_of(votes).counts.votes.tolist() == [150_002, 1, 150_001]


def test_parquet_is_read_vote_by_vote_too(tmp_path: Path) -> None:
    path = as_parquet(tmp_path, {**SOUND, "voter": [7, 8]})
    votes = list(votefile.read(path))
    assert [(vote.line, vote.contenders, vote.voter) for vote in votes] == [
        (1, ("ash", "elm"), "7"),
        (2, ("elm", "ash"), "8"),
    ]
    assert len(votefile.digest(path)) == 64


PEAK = """
import resource, sys
from pathlib import Path
from rating import votefile
small, large = map(Path, sys.argv[1:])
votefile.load(small, cluster="prompt")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
votes = votefile.load(large, cluster="prompt")
print(len(votes), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_the_text(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()
    names = ("model_a", "model_b", "winner", "prompt")
    rows = [("ash", "elm", "tie", f"{number} {'why ' * 400}") for number in range(100_000)]
    small, large = as_csv(tmp_path / "small", rows[:5000], names), as_csv(tmp_path, rows, names)
    assert large.stat().st_size > 150 << 20
    command = [sys.executable, "-c", PEAK, str(small), str(large)]
    votes, kilobytes = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.split()
    assert int(votes) == 100_000
    assert int(kilobytes) < 60 << 10
