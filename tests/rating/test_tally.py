import numpy as np
import pytest

from rating import Outcome, Tally, VotesWrong
from rating.tally import Vote

VOTES: list[Vote] = [
    ("ash", "birch", Outcome.A, "ann"),
    ("birch", "ash", Outcome.B, "ann"),
    ("cedar", "ash", Outcome.TIE, "bob"),
    ("birch", "cedar", "both_bad", "ann"),
]


def test_contenders_are_sorted_and_wins_count_ties_and_both_bad_as_halves() -> None:
    tally = Tally.of_votes(VOTES)
    assert tally.contenders == ("ash", "birch", "cedar")
    assert tally.counts.wins.tolist() == [[0, 2, 0.5], [0, 0, 0.5], [0.5, 0.5, 0]]
    assert tally.counts.games.tolist() == [[0, 2, 1], [2, 0, 1], [1, 1, 0]]
    assert tally.counts.votes.tolist() == [3, 3, 2]
    assert len(tally) == 4


def test_turning_every_battle_round_leaves_the_wins_as_they_were() -> None:
    tally = Tally.of_votes(VOTES)
    assert tally.swapped.first.tolist() == tally.second.tolist()
    assert tally.swapped.outcome.tolist() == [1, 0, 2, 3]
    assert (tally.swapped.counts.wins == tally.counts.wins).all()


def test_kish_counts_voters_by_how_evenly_they_vote() -> None:
    tally = Tally.of_votes(VOTES)
    assert tally.clusters("voter") == 2
    assert tally.effective("voter") == pytest.approx(4**2 / (3**2 + 1**2))
    assert tally.effective_each("voter") == pytest.approx([9 / 5, 1, 2])


def test_cells_sum_a_voters_votes_on_a_pair_whichever_side_came_first() -> None:
    cells = Tally.of_votes(VOTES).cells("voter")
    rows = zip(cells.cluster.tolist(), cells.low.tolist(), cells.high.tolist(), strict=True)
    assert list(rows) == [(0, 0, 1), (0, 1, 2), (1, 0, 2)]
    assert cells.counts.tolist() == [[2, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]
    assert (cells.games.tolist(), cells.wins.tolist()) == ([2, 1, 1], [2, 0.5, 0.5])


def test_part_of_the_votes_keeps_the_contenders_and_a_part_of_these_is_coded_anew() -> None:
    tally = Tally.of_votes(VOTES)
    assert len(tally.only(tally.outcome < 2)) == 2
    assert tally.only(tally.outcome < 2).contenders == tally.contenders
    pair = tally.among(["birch", "cedar"])
    assert pair.contenders == ("birch", "cedar")
    assert pair.counts.wins.tolist() == [[0, 0.5], [0.5, 0]]


def test_no_votes_make_an_empty_tally() -> None:
    tally = Tally.of_votes([])
    assert (len(tally), tally.clusters("voter"), tally.effective("voter"), tally.contenders) == (0, 0, 0.0, ())
    assert tally.counts.wins.shape == (0, 0)
    assert tally.effective_each("voter").shape == (0,)


def test_an_unknown_outcome_is_refused_by_its_row() -> None:
    with pytest.raises(VotesWrong, match="Row 2 has the outcome 'left'; it must be one of a, b, tie, both_bad"):
        Tally.of_votes([("ash", "birch", "a", "ann"), ("ash", "birch", "left", "ann")])


def test_a_contender_against_itself_is_refused_by_its_row() -> None:
    with pytest.raises(VotesWrong, match="Row 2 sets a contender against itself"):
        Tally.of_votes([("ash", "birch", "a", "ann"), ("ash", "ash", "a", "ann")])


def test_codes_that_stand_for_nothing_are_refused() -> None:
    one, two = np.array([0]), np.array([1])
    with pytest.raises(VotesWrong, match="isn't listed"):
        Tally(("ash",), one, two, one, one)
    with pytest.raises(VotesWrong, match="unknown outcome code"):
        Tally(("ash", "birch"), one, two, np.array([4]), one)
    with pytest.raises(VotesWrong, match="one length"):
        Tally(("ash", "birch"), one, two, one, np.array([0, 1]))
    with pytest.raises(VotesWrong, match="twice"):
        Tally(("ash", "ash"), one, two, one, one)


def test_large_voter_codes_are_as_good_as_small_ones() -> None:
    two = np.array([0, 0])
    cells = Tally(("ash", "birch"), two, two + 1, two, np.array([2**60, 7])).cells("voter")
    assert cells.cluster.tolist() == [0, 1]
    assert cells.high.tolist() == [1, 1]
