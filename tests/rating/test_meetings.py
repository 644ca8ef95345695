import numpy as np
import pytest

from rating import Outcome, Tally, proportions
from rating.meetings import Meetings, expected, share

VOTES = [
    ("anna", "berta", Outcome.A, "v1"),
    ("berta", "anna", Outcome.A, "v2"),
    ("anna", "berta", Outcome.TIE, "v3"),
    ("anna", "berta", Outcome.BOTH_BAD, "v4"),
    ("anna", "carla", Outcome.A, "v1"),
]


def test_outcomes_are_counted_for_each_pair_whichever_was_shown_first() -> None:
    met = Meetings.of(Tally.of_votes(VOTES))
    assert met.contenders == ("anna", "berta", "carla")
    assert met.wins.tolist() == [[0, 1, 1], [1, 0, 0], [0, 0, 0]]
    assert met.ties.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert met.both_bad.tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]


def test_turning_every_pair_round_changes_nothing() -> None:
    tally = Tally.of_votes(VOTES * 3)
    met, turned = Meetings.of(tally), Meetings.of(tally.swapped)
    for name in ("wins", "ties", "both_bad", "effective"):
        np.testing.assert_array_equal(getattr(met, name), getattr(turned, name))


def test_the_share_of_decided_votes_is_that_of_proportions_for_clusters() -> None:
    rng = np.random.default_rng(7)
    votes, hits, trials = [], [], []
    for voter in range(12):
        number, leaning = int(rng.integers(1, 9)), rng.uniform(0.2, 0.9)
        won = int(rng.binomial(number, leaning))
        hits.append(won)
        trials.append(number)
        votes += [("anna", "berta", Outcome.A, str(voter))] * won
        votes += [("berta", "anna", Outcome.A, str(voter))] * (number - won)
    found = share(Meetings.of(Tally.of_votes(votes)), 0, 1)
    known = proportions.clustered(hits, trials)
    assert known is not None
    assert (found.share, found.lower, found.upper) == pytest.approx((known.share, known.lower, known.upper))


def test_one_voters_many_votes_give_a_share_without_an_interval() -> None:
    met = Meetings.of(Tally.of_votes([("anna", "berta", Outcome.A, "one")] * 50))
    found = share(met, 0, 1)
    assert (found.share, found.lower, found.upper) == (1.0, None, None)


def test_votes_that_all_went_one_way_are_worth_their_voters() -> None:
    met = Meetings.of(Tally.of_votes([("anna", "berta", Outcome.A, str(number % 5)) for number in range(50)]))
    assert met.effective[0, 1] == met.effective[1, 0] == 5


def test_who_never_met_has_no_share() -> None:
    met = Meetings.of(Tally.of_votes(VOTES))
    assert share(met, 1, 2).share is None


def test_both_sides_shares_add_up() -> None:
    met = Meetings.of(Tally.of_votes(VOTES))
    one, other = share(met, 0, 1), share(met, 1, 0)
    assert one.share is not None
    assert other.share is not None
    assert one.share + other.share == pytest.approx(1)
    assert one.lower is not None
    assert other.upper is not None
    assert one.lower == pytest.approx(1 - other.upper)


def test_what_is_expected_is_half_for_equals_and_antisymmetric() -> None:
    assert expected(0.0, None) == expected(0.0, -0.3) == pytest.approx(0.5)
    assert expected(0.8, -0.3) + expected(-0.8, -0.3) == pytest.approx(1)
    assert expected(np.log(3), None) == pytest.approx(0.75)
