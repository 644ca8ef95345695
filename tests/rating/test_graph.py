import numpy as np
import pytest
from scipy.sparse.csgraph import connected_components

from rating import graph
from rating.arrays import Matrix


def beats(size: int, *edges: tuple[int, int]) -> Matrix:
    wins = np.zeros((size, size))
    for winner, loser in edges:
        wins[winner, loser] += 1
    return wins


def test_contenders_that_never_meet_are_in_groups_of_their_own_the_largest_first() -> None:
    wins = beats(6, (4, 5), (0, 1), (1, 2))
    assert graph.groups(wins + wins.T).tolist() == [0, 0, 0, 2, 1, 1]


def test_a_circle_of_wins_is_settled() -> None:
    parts = graph.separation(beats(3, (0, 1), (1, 2), (2, 0)))
    assert parts.standing == ("settled",) * 3
    assert not parts.open_above.any()
    assert not parts.open_below.any()


def test_an_unbeaten_contender_has_no_upper_bound_and_a_winless_one_no_lower() -> None:
    circle = [(0, 1), (1, 2), (2, 0)]
    parts = graph.separation(beats(5, *circle, (3, 0), (1, 4)))
    assert parts.standing == ("settled", "settled", "settled", "unbeaten", "winless")
    assert parts.open_above.tolist() == [False, False, False, True, False]
    assert parts.open_below.tolist() == [False, False, False, False, True]


def test_a_pair_that_only_beats_the_rest_is_separated_and_unbounded_above() -> None:
    circle = [(0, 1), (1, 2), (2, 0)]
    parts = graph.separation(beats(5, *circle, (3, 4), (4, 3), (3, 0)))
    assert parts.standing[3:] == ("separated", "separated")
    assert parts.open_above.tolist() == [False, False, False, True, True]
    assert not parts.open_below.any()


def test_who_beat_a_beaten_outsider_alone_is_unbounded_on_both_sides() -> None:
    # 3 loses to the circle and 4 loses nothing but beats 3 only: nothing ties 4 to the circle either way.
    parts = graph.separation(beats(5, (0, 1), (1, 2), (2, 0), (0, 3), (4, 3)))
    assert parts.standing[3:] == ("winless", "unbeaten")
    assert parts.open_above.tolist() == [False, False, False, False, True]
    assert parts.open_below.tolist() == [False, False, False, True, True]


def test_where_wins_go_one_way_only_nobody_is_settled() -> None:
    parts = graph.separation(beats(3, (0, 1), (1, 2)))
    assert parts.standing == ("unbeaten", "separated", "winless")
    assert parts.open_above.tolist() == [True, True, False]
    assert parts.open_below.tolist() == [False, True, True]


def test_a_contender_alone_is_unbounded() -> None:
    parts = graph.separation(np.zeros((1, 1)))
    assert parts.standing == ("separated",)
    assert parts.open_above.all()
    assert parts.open_below.all()


def test_a_tie_is_a_win_each_way() -> None:
    tie = np.array([[0, 0.5], [0.5, 0]])
    assert graph.strong(tie).tolist() == [0, 0]
    assert graph.separation(tie).standing == ("settled", "settled")


@pytest.mark.parametrize("share", [0.02, 0.1, 0.3])
def test_components_are_those_of_scipy(share: float) -> None:
    rng = np.random.default_rng(3)
    for _ in range(40):
        wins = np.where(rng.random((12, 12)) < share, 1.0, 0.0) * (1 - np.eye(12))
        assert len(set(graph.groups(wins + wins.T))) == connected_components(wins, directed=False)[0]
        assert len(set(graph.strong(wins))) == connected_components(wins, directed=True, connection="strong")[0]
