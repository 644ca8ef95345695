from rating import Outcome
from rating.outcomes import OUTCOMES, POINTS


def test_turning_the_sides_round_turns_a_and_b_round_and_nothing_else() -> None:
    assert [outcome.swapped for outcome in Outcome] == [Outcome.B, Outcome.A, Outcome.TIE, Outcome.BOTH_BAD]


def test_turning_round_twice_is_no_change_and_the_two_sides_share_one_point() -> None:
    for outcome in Outcome:
        assert outcome.swapped.swapped is outcome
        assert POINTS[outcome.code] + POINTS[outcome.swapped.code] == 1


def test_codes_follow_the_order_of_the_outcomes() -> None:
    assert [outcome.code for outcome in OUTCOMES] == [0, 1, 2, 3]
    assert [str(outcome) for outcome in OUTCOMES] == ["a", "b", "tie", "both_bad"]
