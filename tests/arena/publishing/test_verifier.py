"""The verifier that is given away: its equations are those of the fit, though it shares no line with it."""

import json
from pathlib import Path

import numpy as np
import pytest

from arena.integration import records
from arena.publishing import verifier
from arena.publishing.verifier import Group, Votes
from rating import Tally, Ties, rate

WORDS = ("model_a", "model_b", "tie", "tie (bothbad)")


def board(*, ties: bool, groups: int = 1) -> Tally:
    """Votes of five contenders a group, no two of two groups."""
    rng = np.random.default_rng(7)
    rows = []
    for group in range(groups):
        for number in range(200):
            first, second = rng.choice(5, size=2, replace=False)
            ahead = rng.random() < 1 / (1 + np.exp(second - first) ** 0.7)
            said = int(rng.integers(2, 4)) if ties and rng.random() < 0.3 else int(not ahead)
            rows.append((f"{group}-{first}", f"{group}-{second}", WORDS[said], f"{group}-{number % 30}"))
    first, second, winner, voter = zip(*rows, strict=True)
    return Tally.of(first, second, winner, voter=voter)


def written(tally: Tally, path: Path) -> Votes:
    assert tally.voter is not None
    lines = []
    for place in range(len(tally)):
        names = (tally.contenders[tally.first[place]], tally.contenders[tally.second[place]])
        vote = {"vote": f"{place:032x}", "model_a": names[0], "model_b": names[1]}
        lines.append(json.dumps(vote | {"winner": WORDS[tally.outcome[place]], "voter": str(tally.voter[place])}))
    path.write_text("\n".join(lines))
    return Votes(str(path))


@pytest.mark.parametrize("ties", list(Ties))
@pytest.mark.parametrize(("tied", "groups"), [(True, 1), (False, 1), (True, 2)])
def test_it_finds_the_bound_that_the_core_finds(ties: Ties, tied: bool, groups: int, tmp_path: Path) -> None:
    tally = board(ties=tied, groups=groups)
    votes = written(tally, tmp_path / "votes.jsonl")
    standings = rate(tally, ties=ties)
    record = records.of(tally, standings)
    found = [Group(number, record, votes).error() for number in range(groups)]
    assert max(found) == pytest.approx(records.certified(tally, standings).bound, rel=0.02)
    assert 0 < max(found) < verifier.WIDEST


@pytest.mark.parametrize("ties", list(Ties))
def test_a_strength_that_is_wrong_by_a_point_is_found_by_as_much(ties: Ties, tmp_path: Path) -> None:
    tally = board(ties=True)
    votes = written(tally, tmp_path / "votes.jsonl")
    record = records.of(tally, rate(tally, ties=ties))
    record["contenders"][2]["theta"] += 1 / verifier.POINTS
    agrees, told = verifier.certified(record, votes)
    assert not agrees
    # What is shifted alone moves the mean by a fifth of it.
    assert Group(0, record, votes).error() * verifier.POINTS == pytest.approx(0.8, rel=0.05), told


def test_it_is_short_and_stands_alone() -> None:
    text = Path(verifier.__file__).read_text()
    assert len(text.splitlines()) < 300
    assert "import arena" not in text
    assert "from arena" not in text
