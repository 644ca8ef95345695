"""`arena rate`: the table and the JSON of a vote file, and its faults as sentences with code 2."""

import io
import json
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rating
from arena import cli, commands
from rating import Tally, covariates, votefile
from rating.likelihood import Ties
from rating.votefile import Cluster

CHECKOUT = Path(__file__).parents[2]
DEMO = CHECKOUT / "deploy" / "demo" / "llmfao.csv.gz"
HEADER = "model_a,model_b,winner\n"
ROW = {"contender", "rating", "lower", "upper", "rank_lower", "rank_upper", "votes", "status", "separation", "group"}


@dataclass(frozen=True)
class Done:
    """What a command said."""

    stdout: str
    stderr: str


def rate(*arguments: str | Path, code: int = 0, encoding: str = "utf-8") -> Done:
    """Run the command in this process, with its words in streams of that encoding."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding=encoding, write_through=True) for _ in range(2))
    with redirect_stdout(out), redirect_stderr(err):
        try:
            ended = cli.main(["rate", *map(str, arguments)])
        except SystemExit as stop:
            ended = int(stop.code or 0)
    told = [stream.buffer.getvalue().decode(encoding) for stream in (out, err) if isinstance(stream.buffer, io.BytesIO)]
    assert ended == code, told[1]
    assert "Traceback" not in told[1]
    return Done(*told)


def written(folder: Path, text: str, name: str = "votes.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def numbers(*arguments: str | Path, out: Path) -> dict[str, Any]:
    rate(*arguments, "--out", out)
    told: dict[str, Any] = json.loads(out.read_text())
    return told


def test_the_json_has_the_numbers_of_the_core_unrounded(tmp_path: Path) -> None:
    votes = [("ash", "birch", "a", "ann"), ("birch", "ash", "a", "bob"), ("ash", "elm", "tie", "cyd")] * 3
    words = {"a": "model_a", "tie": "tie"}
    lines = "".join(f"{first},{second},{words[said]},{voter}\n" for first, second, said, voter in votes)
    told = numbers(written(tmp_path, f"model_a,model_b,winner,voter\n{lines}"), out=tmp_path / "o.json")
    wanted = rating.rate(Tally.of_votes(votes))
    assert set(told) == {"ratings", "method", "tally"}
    assert [set(row) for row in told["ratings"]] == [ROW] * 3
    assert {row["contender"]: row["rating"] for row in told["ratings"]} == dict(
        zip(wanted.contenders, wanted.rating.tolist(), strict=True)
    )
    ends = {row["contender"]: (row["lower"], row["upper"]) for row in told["ratings"]}
    for name, lower, upper in zip(wanted.contenders, wanted.lower, wanted.upper, strict=True):
        assert ends[name] == tuple(float(end) if np.isfinite(end) else None for end in (lower, upper))
    assert told["tally"]["votes"] == 9
    assert told["tally"]["voters"] == 3
    assert told["tally"]["outcomes"] == {"a": 6, "b": 0, "tie": 3, "both_bad": 0}


def test_contenders_are_established_by_votes_and_a_narrow_interval(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    lines = "".join(f"ash,elm,{rng.choice(['model_a', 'model_b'])}\n" for _ in range(3000))
    lines += "ash,oak,model_a\noak,elm,model_a\n" * 100
    told = numbers(written(tmp_path, HEADER + lines), out=tmp_path / "o.json")
    assert {row["contender"]: row["status"] for row in told["ratings"]} == {
        "ash": "established",
        "elm": "established",
        "oak": "provisional",
    }


def test_groups_that_never_met_are_apart(tmp_path: Path) -> None:
    lines = "ash,elm,model_a\nelm,ash,model_a\nash,elm,tie\noak,yew,tie\n"
    path = written(tmp_path, HEADER + lines)
    told = numbers(path, out=tmp_path / "o.json")
    assert [(row["contender"], row["group"]) for row in told["ratings"]] == [
        ("ash", 0),
        ("elm", 0),
        ("oak", 1),
        ("yew", 1),
    ]
    assert told["tally"]["groups"] == 2
    assert "\nGroup 1: nothing compares it with the others" in rate(path).stdout


def test_parquet_and_csv_give_the_same_numbers(tmp_path: Path) -> None:
    rows = [("ash", "elm", "model_a"), ("elm", "oak", "tie"), ("oak", "ash", "model_b")] * 4
    table = written(tmp_path, HEADER + "".join(",".join(row) + "\n" for row in rows))
    parquet = tmp_path / "votes.parquet"
    names = ("model_a", "model_b", "winner")
    pq.write_table(
        pa.table({name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}), parquet
    )
    assert numbers(table, out=tmp_path / "a.json") == numbers(parquet, out=tmp_path / "b.json")


def test_the_table_is_aligned_and_draws_the_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    shown = rate(DEMO).stdout.split("\n\n")[0].splitlines()
    assert len(shown) == 60
    assert shown[0].split() == ["Contender", "Rank", "Rating", "Lower", "Upper", "Votes", "Status"]
    assert {max(line.find("provisional"), line.find("established")) for line in shown[1:]} == {shown[0].index("Status")}
    assert all("─●─" in line for line in shown[1:])
    assert shown[1].startswith("GPT 4 ")
    assert max(map(len, shown)) == 120


def test_a_narrow_terminal_or_plain_letters_get_a_table_too(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = rate(DEMO, encoding="ascii").stdout
    assert "-o-" in plain
    monkeypatch.setenv("COLUMNS", "60")
    assert "●" not in rate(DEMO).stdout


def test_what_is_not_read_and_what_is_not_known_is_said(tmp_path: Path) -> None:
    path = written(tmp_path, "model_a,model_b,winner,at\nash,elm,model_a,today\n")
    done = rate(path)
    assert "arena: Not read: at.\n" in done.stderr
    assert "There is no voter column" in done.stderr
    assert "one vote bounds nothing" in done.stderr
    assert done.stdout.split("\n\n")[0].count(" none") == 4
    ties = rate(written(tmp_path, HEADER + "ash,elm,tie\nelm,ash,tie (bothbad)\n"))
    assert "Every vote is a tie" in ties.stderr


def test_foreign_columns_are_renamed(tmp_path: Path) -> None:
    path = written(tmp_path, "left,right,said\nash,elm,model_a\n")
    assert "ash" in rate(path, "--map", "model_a=left,model_b=right,winner=said").stdout
    assert "Found left, right, said; wanted" in rate(path, code=2).stderr


FAULTS = {
    "an empty file": ("v.csv", "", "Line 1, character 1: The file is empty"),
    "no votes": ("v.csv", HEADER, "Line 1, character 1: There is no vote"),
    "one contender": ("v.csv", HEADER + "ash,ash,tie\n", "Line 2, column “model_b”: “ash” is set against itself"),
    "a missing column": (
        "v.csv",
        "model_a,winner\nash,tie\n",
        "column “model_b”: The column is missing. Found model_a",
    ),
    "an unknown outcome": ("v.csv", HEADER + "ash,elm,draw\n", "Line 2, column “winner”: “draw” is no outcome"),
    "mixed types": ("v.jsonl", '{"model_a": "ash", "model_b": 5, "winner": "tie"}', "Line 1, column “model_b”"),
    "no Parquet": ("v.parquet", "PAR1", "Row 1, character 1: The Parquet file is damaged"),
    "another format": ("v.txt", "", "v.txt must end in .csv, .jsonl or .parquet"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_one_sentence_and_code_2(tmp_path: Path, what: str) -> None:
    name, text, words = FAULTS[what]
    done = rate(written(tmp_path, text, name), code=2)
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.stdout == ""


def test_a_folder_and_a_file_that_is_not_there_are_code_2(tmp_path: Path) -> None:
    assert rate(tmp_path / "v.csv", code=2).stderr == f"arena: {tmp_path / 'v.csv'}: No such file or directory.\n"
    (tmp_path / "v.csv").mkdir()
    assert rate(tmp_path / "v.csv", code=2).stderr == f"arena: {tmp_path / 'v.csv'}: Is a directory.\n"


def test_an_output_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "ash,elm,tie\n")
    assert "No such file or directory" in rate(path, "--out", tmp_path / "none" / "o.json", code=1).stderr


def test_the_rules_for_ties_are_those_of_the_core(tmp_path: Path) -> None:
    assert {*commands.TIES} == {*Ties}
    assert Ties(commands.TIES[0]) is Ties.DAVIDSON
    path = written(tmp_path, HEADER + "ash,elm,model_a\nelm,ash,model_a\nash,elm,tie\nash,elm,model_a\n" * 9)
    votes = [("ash", "elm", "a", "1"), ("elm", "ash", "a", "1"), ("ash", "elm", "tie", "1"), ("ash", "elm", "a", "1")]
    tally = replace(Tally.of_votes(votes * 9), voter=None)
    for ties in commands.TIES:
        told = numbers(path, "--ties", ties, "--prior", "0.5", out=tmp_path / "o.json")
        wanted = rating.rate(tally, ties=ties, prior=0.5)
        assert [row["rating"] for row in told["ratings"]] == wanted.rating.tolist()
        assert (told["method"]["ties"], told["method"]["prior"]) == (ties, 0.5)


def test_votes_are_clustered_as_asked(tmp_path: Path) -> None:
    assert {*commands.CLUSTERS} == {*get_args(Cluster)}
    lines = "".join(f"ash,elm,model_{'ab'[number % 3 == 0]},v{number % 7},p{number % 5}\n" for number in range(40))
    path = written(tmp_path, f"model_a,model_b,winner,voter,prompt\n{lines}")
    clusters = {}
    for cluster in commands.CLUSTERS:
        told = numbers(path, "--cluster", cluster, out=tmp_path / "o.json")
        clusters[cluster] = (told["method"]["cluster"], told["method"]["clusters"])
    assert clusters == {"voter": ("both", 5), "prompt": ("prompt", 5), "none": ("none", 40)}


def test_replicates_check_the_intervals_and_a_seed_repeats_them(tmp_path: Path) -> None:
    ratios = [
        numbers(DEMO, "--replicates", "20", "--seed", seed, out=tmp_path / "o.json")["method"]["bootstrap_ratio"]
        for seed in ("1", "1", "2")
    ]
    assert ratios[0] == ratios[1] != ratios[2]
    assert 0.2 < ratios[0] < 2


def styled(folder: Path) -> Path:
    """Votes in which who writes at length wins more than strengths say, and bold is alike on both sides."""
    rng = np.random.default_rng(8)
    lines = ["model_a,model_b,winner,voter,length_a,length_b,bold_a,bold_b"]
    for number in range(400):
        first, second = rng.choice(3, 2, replace=False)
        lengths = 100 + 100 * np.array([first, second]) + rng.integers(200, size=2)
        won = rng.random() < 1 / (1 + np.exp(-np.log(lengths[0] / lengths[1])))
        names = ["ash", "elm", "oak"]
        lines.append(
            f"{names[first]},{names[second]},model_{'ab'[not won]},v{number % 20},{lengths[0]},{lengths[1]},2,2"
        )
    return written(folder, "\n".join(lines) + "\n", "styled.csv")


def test_at_equal_style_the_table_and_the_json_say_how_far_it_moves_each(tmp_path: Path) -> None:
    path = styled(tmp_path)
    told = numbers(path, "--style", "length,bold", out=tmp_path / "o.json")
    file = votefile.load(path, style=("length", "bold"))
    wanted = rating.rate(file.tally, style=covariates.of(file.style, ("length", "bold")))
    assert wanted.style is not None
    shifts = {row["contender"]: (row["shift"], row["shift_lower"], row["shift_upper"]) for row in told["ratings"]}
    columns = zip(wanted.style.shift, wanted.style.lower, wanted.style.upper, strict=True)
    assert shifts == dict(zip(wanted.contenders, columns, strict=True))
    assert [set(row) for row in told["ratings"]] == [ROW | {"shift", "shift_lower", "shift_upper"}] * 3
    length, bold = told["method"]["style"]
    assert (length["feature"], length["coefficient"]) == ("length", wanted.style.coefficients[0])
    assert bold == {"feature": "bold", "coefficient": 0.0, "standard_error": None, "scale": 0.0}
    assert (told["method"]["ties"], told["method"]["covariance"]) == ("half", "CR3 one-step")
    done = rate(path, "--style", "length,bold")
    assert done.stdout.split("\n")[0].split()[6:9] == ["Shift", "Least", "Most"]
    assert "Style: length +" in done.stdout
    assert "bold unknown" in done.stdout
    assert "No two sides differ in bold" in done.stderr


def test_without_style_nothing_is_said_of_it(tmp_path: Path) -> None:
    told = numbers(styled(tmp_path), out=tmp_path / "o.json")
    assert [set(row) for row in told["ratings"]] == [ROW] * 3
    assert "style" not in told["method"]
    assert "Shift" not in rate(styled(tmp_path)).stdout


def test_style_columns_are_renamed_too(tmp_path: Path) -> None:
    names = "--map", "words_a=length_a,words_b=length_b"
    renamed = numbers(styled(tmp_path), "--style", "words", *names, out=tmp_path / "o.json")
    direct = numbers(styled(tmp_path), "--style", "length", out=tmp_path / "o.json")
    assert renamed["ratings"] == direct["ratings"]


STYLE_FAULTS = {
    "a rule for ties that it has not": (("--ties", "davidson"), "At equal style a tie is half a win to each"),
    "replicates": (("--replicates", "20"), "Replicates are refits without covariates"),
    "a feature twice": (("--style", "length,length"), "does not name style features, each once"),
    "no feature": (("--style", ""), "does not name style features"),
    "a column that is missing": (("--style", "lists"), "column “lists_a”: The column is missing. Found model_a"),
    "a column that is no feature": (("--style", "model"), "“model” is none"),
}


@pytest.mark.parametrize("what", STYLE_FAULTS)
def test_a_fault_of_style_is_a_sentence_and_code_2(tmp_path: Path, what: str) -> None:
    arguments, words = STYLE_FAULTS[what]
    assert words in rate(styled(tmp_path), "--style", "length", *arguments, code=2).stderr


def test_a_style_value_that_is_no_number_is_told_with_its_place(tmp_path: Path) -> None:
    path = written(tmp_path, "model_a,model_b,winner,length_a,length_b\nash,elm,tie,3,4\nash,elm,tie,nan,4\n")
    assert "Line 3, column “length_a”" in rate(path, "--style", "length", code=2).stderr


def test_an_option_that_means_nothing_is_code_2(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "ash,elm,tie\n")
    for option, value in (
        ("--ties", "coin"),
        ("--cluster", "town"),
        ("--prior", "much"),
        ("--prior", "-1"),
        ("--seed", "x"),
    ):
        assert "Traceback" not in rate(path, option, value, code=2).stderr
    assert "two replicates or more" in rate(path, "--replicates", "1", code=2).stderr


def test_help_names_the_columns_and_every_option() -> None:
    told = rate("--help").stdout
    for word in (
        "model_a",
        "tie (bothbad)",
        "--out",
        "--replicates",
        "--seed",
        "--prior",
        "--ties",
        "--style",
        "--cluster",
        "--map",
        "Parquet",
    ):
        assert word in told


LOADED = """
import sys
from pathlib import Path
from arena import cli, commands
code = cli.main(["rate", sys.argv[1]])
print(code, *sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_only_what_rates_a_file_is_loaded(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "ash,elm,tie\n")
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(path)], capture_output=True, text=True, check=True, cwd=CHECKOUT, timeout=60
    )
    code, *loaded = done.stdout.splitlines()[-1].split()
    assert code == "0"
    assert {"numpy", "pyarrow"} <= {*loaded}
    assert not {"asyncio", "asyncpg", "litestar", "msgspec", "pandas", "redis", "uvloop"} & {*loaded}


def test_it_is_a_command_of_its_own(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "ash,ash,tie\n")
    command = [sys.executable, "-m", "arena", "rate", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=CHECKOUT, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"arena: {path}: Line 2, column “model_b”: “ash” is set against itself.\n"


def test_a_million_votes_take_seconds(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    names = np.array([f"contender {number}" for number in range(100)])
    first = rng.integers(0, 100, 1_000_000)
    second = (first + rng.integers(1, 100, len(first))) % 100
    said = np.array(["model_a", "model_b", "tie", "tie (bothbad)"])[rng.integers(0, 4, len(first))]
    path = tmp_path / "votes.parquet"
    pq.write_table(pa.table({"model_a": names[first], "model_b": names[second], "winner": said}), path)
    told = numbers(path, out=tmp_path / "o.json")
    assert sum(row["votes"] for row in told["ratings"]) == 2_000_000
    assert {row["status"] for row in told["ratings"]} == {"established"}
