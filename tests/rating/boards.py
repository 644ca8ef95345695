"""Golden tallies and simulated boards for the tests of the core."""

import csv
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from rating import Outcome, Tally, simulate
from rating.arrays import Vector
from rating.settings import Setting
from rating.simulate import Truth

GOLDEN = Path(__file__).parent / "golden"


def golden(name: str) -> dict[str, Any]:
    """The published numbers kept under this name."""
    content: dict[str, Any] = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    return content


def counted(pairs: list[tuple[str, str, int, int]]) -> Tally:
    """A tally of pairs (i, j, wins of i, wins of j), every vote by a voter of its own."""
    outcomes = [(i, j, said) for i, j, won, lost in pairs for said in [Outcome.A] * won + [Outcome.B] * lost]
    return Tally.of_votes((i, j, said, f"voter {row:06}") for row, (i, j, said) in enumerate(outcomes))


def llmfao(name: str = "llmfao-crowd") -> Tally:
    """The 8,931 crowd votes of LLMFAO, or GPT-4's 2,139 verdicts on the same pairs, one voter each."""
    told = {"left": Outcome.A, "right": Outcome.B, "tie": Outcome.TIE}
    with gzip.open(GOLDEN / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = enumerate(csv.DictReader(file))
        return Tally.of_votes(
            (row["left"], row["right"], told[row["winner"]], row.get("worker", str(number))) for number, row in rows
        )


def simulated(
    rng: np.random.Generator,
    strengths: Vector,
    *,
    votes: int,
    voters: int,
    activity: float = 0.0,
    taste: float = 0.0,
    one_each: bool = False,
) -> Tally:
    """Votes without ties, drawn as by `simulate`; `one_each` gives every voter one vote."""
    voting = Setting(
        contenders=len(strengths), votes=votes, voters=None if one_each else voters, activity=activity, taste=taste
    )
    tally = simulate.draw(Truth(strengths=strengths), voting, rng)
    return replace(tally, voter=np.arange(votes)) if one_each else tally
