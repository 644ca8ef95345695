import numpy as np
import pytest

from rating import Tally, saturation
from tests.rating import boards


def test_a_category_that_tells_contenders_apart_is_not_saturated_and_one_of_equals_is() -> None:
    rng = np.random.default_rng(1)
    apart = saturation.measure(boards.simulated(rng, np.linspace(-1.5, 1.5, 8), votes=8000, voters=2000))
    alike = saturation.measure(boards.simulated(rng, np.zeros(8), votes=8000, voters=2000))
    assert apart.separation is not None
    assert alike.decided is not None
    assert apart.separation > 0.95
    assert not apart.saturated
    assert apart.decided == 1.0
    assert alike.saturated
    assert alike.decided < 0.1


def test_shares_of_ties_and_of_both_bad_are_by_voter() -> None:
    first, second, outcome = np.zeros(40, dtype=int), np.ones(40, dtype=int), np.repeat([0, 1, 2, 3], 10)
    whole = Tally(("a", "b", "c"), first, second, outcome, np.repeat(np.arange(4), 10))
    found = saturation.measure(whole)
    assert found.ties is not None
    assert found.both_bad is not None
    assert (found.ties.share, found.both_bad.share) == (0.25, 0.25)
    scattered = saturation.measure(Tally(("a", "b", "c"), first, second, outcome, np.tile(np.arange(10), 4)))
    assert scattered.ties is not None
    assert found.ties.upper - found.ties.lower > scattered.ties.upper - scattered.ties.lower


def test_a_contender_that_nobody_met_in_a_category_changes_nothing_there() -> None:
    tally = boards.simulated(np.random.default_rng(4), np.linspace(-1, 1, 5), votes=2000, voters=500)
    known = ("stranger", *tally.contenders)
    whole = Tally(known, tally.first + 1, tally.second + 1, tally.outcome, tally.voter)
    assert saturation.measure(whole) == saturation.measure(tally)


def test_few_votes_and_groups_that_never_met_are_not_judged() -> None:
    few = saturation.measure(boards.simulated(np.random.default_rng(2), np.zeros(4), votes=100, voters=50))
    assert (few.votes, few.separation, few.saturated) == (100, None, False)
    turns = np.arange(400) % 2
    apart = Tally(tuple("abcd"), 2 * turns, 2 * turns + 1, np.arange(400) // 200, np.arange(400))
    assert saturation.measure(apart).separation is None
    nothing = Tally(("a", "b"), turns[:0], turns[:0], turns[:0])
    assert saturation.measure(nothing).ties is None


@pytest.mark.parametrize("voters", [1])
def test_one_voter_can_t_show_how_sure_a_category_is(voters: int) -> None:
    found = saturation.measure(boards.simulated(np.random.default_rng(3), np.zeros(4), votes=300, voters=voters))
    assert (found.separation, found.decided, found.ties) == (None, None, None)
