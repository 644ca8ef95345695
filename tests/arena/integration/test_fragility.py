"""How few votes would turn a board, on simulated boards and on the demo's real votes."""

from dataclasses import replace
from functools import cache
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from arena.integration import fragility
from arena.integration.fragility import Fragility, Turn, Votes
from rating import Tally, bradley_terry, votefile
from rating.arrays import Matrix
from rating.influence import Act, Board
from tests.rating import boards

DEMO = Path(__file__).parents[3] / "deploy" / "demo" / "llmfao.csv.gz"


def votes(tally: Tally, everything: Tally | None = None) -> Votes:
    assert tally.voter is not None
    known, voter = np.unique(tally.voter, return_inverse=True)
    told = replace(tally, voter=voter)
    return Votes(told, everything or told, [f"voter {code}" for code in known])


def simulated(seed: int, *, gap: float = 10) -> Tally:
    """Twelve contenders, 20,000 votes, the leader so many points ahead of the next."""
    rng = np.random.default_rng(seed)
    theta = np.sort(rng.normal(0, 0.6, 12))[::-1]
    theta[0] = theta[1] + gap * np.log(10) / 400
    return boards.simulated(rng, theta, votes=20_000, voters=400)


@cache
def demo() -> tuple[Tally, Fragility]:
    """LLMFAO's crowd votes (CC BY 4.0), and what is measured of them."""
    tally = votefile.load(DEMO).tally
    return tally, fragility.measure(votes(tally))


def refitted(tally: Tally, turn: Turn, most: int) -> tuple[float, float]:
    """The strengths of leader and riser after so many votes of the turn's kinds, all of which must be told."""
    places = {name: place for place, name in enumerate(tally.contenders)}
    board = Board(tally.counts)
    found = board._change(turn.act, places[turn.leader], places[turn.riser])
    wins = tally.counts.wins.copy()
    for winner, loser, number in found.cells:
        taken = min(number, most)
        most -= taken
        wins[winner, loser] += taken if turn.act is Act.ADD else -taken
        wins[loser, winner] += taken if turn.act is Act.FLIP else 0
    theta = bradley_terry.of_wins(wins).theta
    return float(theta[places[turn.leader]]), float(theta[places[turn.riser]])


def stepwise(tally: Tally, turn: Turn) -> int:
    """How many votes a search needs that fits anew after each of them and then acts on the one that tells most."""
    places = {name: place for place, name in enumerate(tally.contenders)}
    leader, riser = places[turn.leader], places[turn.riser]
    decided, wins = tally.counts.decided.copy(), tally.counts.wins.copy()
    for number in count(1):
        winner, loser = _most_telling(decided, wins, turn.act, leader, riser)
        decided[winner, loser] -= 1
        wins[winner, loser] -= 1
        if turn.act is Act.FLIP:
            wins[loser, winner] += 1
        theta = bradley_terry.of_wins(wins).theta
        if theta[riser] >= theta[leader]:
            return number
    raise AssertionError


def _most_telling(decided: Matrix, wins: Matrix, act: Act, leader: int, riser: int) -> tuple[int, int]:
    fit = bradley_terry.of_wins(wins)
    spread = np.linalg.inv(fit.information)
    push = spread[:, leader] - spread[:, riser]
    lever = push[:, None] - push
    effect = lever if act is Act.FLIP else (1 - fit.chances) * lever
    place = np.unravel_index(np.argmax(np.where(decided > 0, effect, -np.inf)), effect.shape)
    return int(place[0]), int(place[1])


@pytest.mark.parametrize("act", Act)
def test_the_demos_first_falls_with_so_many_votes_and_not_with_one_less(act: Act) -> None:
    tally, told = demo()
    turn = next(turn for turn in told.first if turn.act is act)
    assert turn.leader == "GPT 4"
    assert turn.votes is not None
    leader, riser = refitted(tally, turn, turn.votes)
    assert riser >= leader
    leader, riser = refitted(tally, turn, turn.votes - 1)
    assert riser < leader


@pytest.mark.parametrize("act", [Act.DROP, Act.FLIP])
def test_what_is_told_is_within_15_percent_of_a_search_that_fits_anew_after_every_vote(act: Act) -> None:
    for tally, told in (demo(), (simulated(4), fragility.measure(votes(simulated(4))))):
        turn = next(turn for turn in told.first if turn.act is act)
        assert turn.votes == pytest.approx(stepwise(tally, turn), rel=0.15, abs=1)


def test_on_simulated_boards_what_single_votes_say_is_within_15_percent_of_the_refit() -> None:
    for seed in range(3):
        told = fragility.measure(votes(simulated(seed)))
        for turn in told.first:
            assert turn.predicted == pytest.approx(turn.votes, rel=0.15, abs=1)
            assert turn.share == pytest.approx((turn.votes or 0) / told.votes)


def test_the_kinds_of_votes_and_the_voters_are_told_by_name() -> None:
    tally, told = demo()
    assert {turn.act for turn in told.first} == {turn.act for turn in told.top} == set(Act)
    for turn in told.first:
        assert 0 < sum(kind.votes for kind in turn.kinds) <= (turn.votes or 0)
        assert all({kind.winner, kind.loser} <= set(tally.contenders) for kind in turn.kinds)
    moves = [abs(voter.points) for voter in told.voters]
    assert len(moves) == fragility.MOST_VOTERS
    assert moves == sorted(moves, reverse=True)
    assert all(voter.voter.startswith("voter ") and voter.votes > 0 for voter in told.voters)


def test_rigged_votes_that_the_audit_took_out_had_made_a_rank_cheaper() -> None:
    fair = simulated(1, gap=40)
    rigged = [0] * 60
    order = Board(fair.counts).ranked
    leader, second = int(order[0]), int(order[1])
    everything = replace(
        fair,
        first=np.append(fair.first, np.full(60, second)),
        second=np.append(fair.second, np.full(60, leader)),
        outcome=np.append(fair.outcome, rigged),
        voter=np.append(fair.voter, rigged) if fair.voter is not None else None,
    )
    told = fragility.measure(votes(fair, everything))
    assert told.excluded == 60
    cost = told.gains[fair.contenders[second]]
    assert cost.audited.votes is not None
    assert cost.unaudited.votes is not None
    # Each of the sixty is one that need not be added any more.
    assert cost.audited.votes - cost.unaudited.votes == pytest.approx(60, abs=6)
    assert cost.audited.directly is not None
    assert cost.audited.directly > cost.audited.votes


def test_the_first_has_no_rank_to_gain() -> None:
    tally, told = demo()
    assert told.gains["GPT 4"].audited.votes is None
    assert all(gain.audited.votes for name, gain in told.gains.items() if name != "GPT 4")
    assert set(told.gains) == set(tally.contenders)
    assert told.complete


def test_when_time_is_over_those_at_the_top_have_been_priced() -> None:
    ticks = count()
    told = fragility.measure(votes(simulated(2)), seconds=4, clock=lambda: float(next(ticks)))
    assert not told.complete
    assert list(told.gains) == [told.leader, told.second, *list(told.gains)[2:]]
    assert 2 <= len(told.gains) < 12
