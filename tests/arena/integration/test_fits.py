"""Fits: a question's standings are those that `arena rate` gives of a file of the same votes."""

import csv
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs

import rating
from arena.evaluation import style
from arena.integration import fits, rows
from arena.integration.questions import Anchor, Cluster, Question
from arena.integration.rows import Row
from rating import Outcome, Standings, Ties, covariates, votefile
from rating.outcomes import OUTCOMES
from rating.votefile import Cluster as Clustered

NAMES = ("anna", "berta", "clara", "dora")
WORDS = {Outcome.A: "model_a", Outcome.B: "model_b", Outcome.TIE: "tie", Outcome.BOTH_BAD: "tie (bothbad)"}


def told(number: int, *, prompts: bool = True) -> list[Row]:
    """Votes of 40 voters on 9 prompts, whose longer answers win more often."""
    rng, votes = np.random.default_rng(7), []
    for row in range(number):
        first, second = (int(place) for place in rng.choice(len(NAMES), 2, replace=False))
        features = rng.integers(0, 900, (2, len(style.FEATURES)))
        lead = (first - second) / 3 + (features[0, 0] - features[1, 0]) / 900 + rng.normal()
        outcome = OUTCOMES[2 + row % 2] if abs(lead) < 0.3 else (Outcome.A if lead > 0 else Outcome.B)
        votes.append(
            Row(
                vote=f"{row:032x}",
                model_a=NAMES[first],
                model_b=NAMES[second],
                winner=WORDS[outcome],
                voter=f"{10_000 + int(rng.integers(40)):032x}",
                prompt=f"prompt {rng.integers(9)}" if prompts else None,
                propensity=0.1 if {first, second} == {0, 1} else 0.2,
                **rows.form(features[0].tolist(), features[1].tolist()),
            )
        )
    return votes


def simple(number: int, contenders: tuple[str, str], outcome: Outcome, voter: int) -> Row:
    winner = WORDS[outcome]
    return Row(
        vote=f"{number:032x}", model_a=contenders[0], model_b=contenders[1], winner=winner, voter=f"{voter:032x}"
    )


def written(votes: list[Row], file: Path, *, prompts: bool) -> Path:
    columns = ["model_a", "model_b", "winner", "voter", *(["prompt"] if prompts else []), *rows.FORM]
    with file.open("w", newline="", encoding="utf-8") as opened:
        writer = csv.writer(opened)
        writer.writerow(columns)
        writer.writerows([getattr(vote, column) for column in columns] for vote in votes)
    return file


def same(ours: Standings, theirs: Standings) -> None:
    assert ours.contenders == theirs.contenders
    for name in ("rating", "lower", "upper", "rank_lower", "rank_upper", "votes"):
        assert getattr(ours, name).tolist() == pytest.approx(getattr(theirs, name).tolist(), rel=1e-12), name
    assert ours.method == pytest.approx(theirs.method)


@pytest.mark.parametrize("cluster", ["voter", "prompt", "none"])
@pytest.mark.parametrize("ties", list(Ties))
def test_the_standings_are_those_of_arena_rate(tmp_path: Path, ties: Ties, cluster: Clustered) -> None:
    votes = told(600)
    columns = votefile.load(written(votes, tmp_path / "votes.csv", prompts=True), cluster=cluster)
    theirs = rating.rate(columns.tally, ties=ties, cluster=cluster, seed=fits.SEED, replicates=4)
    same(fits.rate(votes, Question(ties=ties, cluster=Cluster(cluster)), replicates=4), theirs)


def test_without_prompts_too_and_at_equal_style(tmp_path: Path) -> None:
    votes = told(400, prompts=False)
    file = written(votes, tmp_path / "votes.csv", prompts=False)
    theirs = rating.rate(votefile.load(file).tally, seed=fits.SEED)
    same(fits.rate(votes, Question(), replicates=0), theirs)
    columns = votefile.load(file, style=("characters", "bold"))
    theirs = rating.rate(
        columns.tally, ties="half", seed=fits.SEED, style=covariates.of(columns.style, ("characters", "bold"))
    )
    ours = fits.rate(votes, Question(ties=Ties.HALF, style=("characters", "bold")), replicates=20)
    same(ours, theirs)
    assert ours.style
    # Longer answers were preferred, and it was the length that did it.
    assert ours.style.coefficients[0] > 5 * abs(ours.style.coefficients[1])


def test_a_vote_whose_prompt_is_its_own_stands_alone() -> None:
    votes = told(50)
    lost = [*votes[:-1], structs.replace(votes[-1], prompt=votes[-1].vote)]
    prompts = fits.tally(lost, Question()).prompt
    assert prompts is not None
    assert (prompts == prompts[-1]).sum() == 1
    assert fits.tally(told(50, prompts=False), Question()).prompt is None


def test_a_cap_keeps_one_voter_from_outweighing_the_others() -> None:
    votes = told(100)
    busy = [simple(1000 + row, ("dora", "anna"), Outcome.B, 1) for row in range(300)]
    free, capped = (fits.rate([*votes, *busy], Question(voter_cap=cap), replicates=0).theta[0] for cap in (None, 5))
    alone = fits.rate(votes, Question(), replicates=0).theta[0]
    assert abs(capped - alone) < abs(free - alone) / 4
    tally = fits.tally([*votes, *busy], Question(voter_cap=5))
    assert tally.weight is not None
    assert tally.weight[100:].sum() / 2**20 == pytest.approx(5, abs=1e-3)


def test_even_pairs_weigh_as_if_all_were_as_likely_to_meet() -> None:
    votes = told(200)
    tally = fits.tally(votes, Question(even_pairs=True))
    assert tally.weight is not None
    weighed = {1 / (6 * vote.propensity): weight / 2**20 for vote, weight in zip(votes, tally.weight, strict=True)
               if vote.propensity}  # fmt: skip
    assert len(weighed) == 2
    for wanted, given in weighed.items():
        assert given == pytest.approx(wanted, abs=1e-5)


def test_the_anchor_moves_all_that_are_comparable_with_it_and_nobody_else() -> None:
    apart = [simple(900 + row, ("x", "y"), Outcome(said), row) for row, said in enumerate("abba")]
    asked = Question(anchor=Anchor("berta", 1200))
    standings = fits.rate([*told(200), *apart], asked, replicates=0)
    shown = standings.rating + fits.displaced(standings, asked)
    place = dict(zip(standings.contenders, shown.tolist(), strict=True))
    assert place["berta"] == pytest.approx(1200)
    assert (shown - standings.rating)[:4] == pytest.approx((shown - standings.rating)[0])
    assert (place["x"] + place["y"]) / 2 == pytest.approx(1000)
    gone = Question(anchor=Anchor("nobody"))
    assert not fits.displaced(standings, gone).any()
