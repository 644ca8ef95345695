from dataclasses import replace

import numpy as np
import pytest

from rating import cohorts
from tests.benchmarks import audit


@pytest.mark.slow
def test_a_hundred_votes_of_camouflaged_newcomers_are_found() -> None:
    """Simulated beforehand at 98 %; here 60 accounts with 25 votes each, honest where the target isn't."""
    assert np.mean([audit.contrasted(25, board, seed=7) for board in range(20)]) >= 0.95


def test_honest_newcomers_raise_no_case() -> None:
    assert not any(audit.contrasted(0, board, seed=8) for board in range(3))


def test_aged_accounts_are_the_known_hole() -> None:
    assert sum(audit.contrasted(25, board, seed=9, aged=1.0) for board in range(3)) <= 1


def test_the_newest_accounts_are_a_tenth() -> None:
    found = cohorts.newest(np.array([5.0, 1, 9, 3, 4, 2, 8, 7, 6, 0]))
    assert np.flatnonzero(found).tolist() == [2]


def test_voters_who_share_a_key_are_a_cohort_and_those_without_one_are_not() -> None:
    found, kinds = cohorts.alike(np.array([4, -1, 7, 4, -1]))
    assert kinds.tolist() == [4, 7]
    assert found.tolist() == [[True, False, False, True, False], [False, False, True, False, False]]


def test_components_join_chains_of_links_and_leave_pairs_out() -> None:
    found = cohorts.components(np.array([0, 1, 5]), np.array([1, 2, 6]), voters=8)
    assert [part.tolist() for part in found] == [[0, 1, 2]]


def test_links_hold_within_a_window_only() -> None:
    left, right, key = cohorts.links(np.array([3, 3, 3, -1, -1]), np.array([0, 0, 1, 0, 0]))
    assert (left.tolist(), right.tolist(), key.tolist()) == ([0], [1], [3])


def test_a_cohort_of_too_few_or_of_most_votes_is_not_judged() -> None:
    world = audit.World.drawn(np.random.default_rng(1), replace(audit.HISTORY, votes=3000, voters=300))
    tally = audit.tallied([audit.honest(world, 100, 20, np.random.default_rng(2))])
    few = np.arange(100) < 3
    found = cohorts.contrast(tally, np.stack([few, ~few]), 0.25)
    assert np.isnan(found.p).tolist() == [True, True]
    assert found.alarms().tolist() == [False, False]


def test_a_cohort_of_one_mind_that_is_not_against_the_board_raises_nothing() -> None:
    world = audit.World.drawn(np.random.default_rng(1), replace(audit.HISTORY, votes=3000, voters=300))
    fair = audit.honest(world, 200, 20, np.random.default_rng(2))
    tally = audit.tallied([fair])
    groups = np.arange(200)[None] % 10 == np.arange(10)[:, None]
    found = cohorts.contrast(tally, groups, 0.25)
    assert not found.alarms().any()
    assert np.sqrt((found.z**2).mean()) == pytest.approx(0.95, abs=0.12)
