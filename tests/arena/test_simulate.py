"""`arena simulate pairing`: a table, JSON, and the same numbers from the same seed."""

import json
from pathlib import Path

import pytest

from arena import cli

SMALL = ["simulate", "pairing", "--contenders", "6", "--votes", "200", "--boards", "4", "--seed", "3"]


def test_rules_are_told_beside_uniform_as_a_table_and_as_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "savings.json"
    assert cli.main([*SMALL, "--rule", "mixture", "--out", str(out)]) == 0
    told = json.loads(out.read_text())
    assert told["trial"] == {"contenders": 6, "votes": 200, "spread": 260.0, "boards": 4, "seed": 3}
    uniform, mixture = told["rules"]
    assert (uniform["rule"], mixture["rule"]) == ("uniform", "mixture")
    assert uniform["worth"] == uniform["order_worth"] == 200
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Rule", "Error", "Worth", "±", "Wrong", "order", "Worth", "±", "Newcomer", "±"]
    assert [line.split()[0] for line in lines[1:3]] == ["uniform", "mixture"]
    assert f"{mixture['newcomer']:,.0f}" in lines[2]
    assert "4 boards of 6 contenders (spread 260 points), 200 votes each." in lines


def test_the_same_seed_gives_the_same_numbers_and_another_others(capsys: pytest.CaptureFixture[str]) -> None:
    tables = []
    for seed in ("3", "3", "4"):
        assert cli.main([*SMALL, "--rule", "a-optimal", "--seed", seed]) == 0
        tables.append(capsys.readouterr().out)
    assert tables[0] == tables[1] != tables[2]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--rule", "best"], "There is no rule “best”"),
        (["--contenders", "1"], "A trial takes 2 contenders"),
        (["--spread", "0"], "a spread above 0"),
    ],
)
def test_what_can_not_be_simulated_is_a_sentence(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*SMALL, *words]) == 2
    assert said in capsys.readouterr().err
