import math

import numpy as np
import pytest
from scipy.stats import false_discovery_control, t

from rating import RatingError, effects
from rating.effects import Verdict


def test_q_values_are_those_of_benjamini_and_hochberg() -> None:
    """The fifteen chances of Benjamini & Hochberg (1995), section 3.2: at 5 % the four smallest are discoveries."""
    chances = np.array(
        [
            0.0001,
            0.0004,
            0.0019,
            0.0095,
            0.0201,
            0.0278,
            0.0298,
            0.0344,
            0.0459,
            0.324,
            0.4262,
            0.5719,
            0.6528,
            0.759,
            1,
        ]
    )
    found = effects.discovered(chances)
    assert np.count_nonzero(found <= 0.05) == 4
    assert found == pytest.approx(false_discovery_control(chances))
    order = np.random.default_rng(1).permutation(15)
    assert effects.discovered(chances[order]) == pytest.approx(found[order])
    assert effects.discovered(np.zeros(0)).shape == (0,)


def test_a_chance_outside_of_0_and_1_is_refused() -> None:
    with pytest.raises(RatingError, match="between 0 and 1"):
        effects.discovered(np.array([0.5, math.nan]))


def test_chance_and_interval_are_students_and_bonferronis_among_several() -> None:
    one = effects.measured("one", 0.3, 0.1, freedom=9, band=0.05)
    assert one.chance == pytest.approx(2 * t.sf(3, 9))
    assert (one.lower, one.upper) == pytest.approx(t.interval(0.95, 9, 0.3, 0.1))
    ten = effects.measured("ten", 0.3, 0.1, freedom=9, band=0.05, tests=10)
    assert ten.chance == pytest.approx(10 * one.chance)
    assert (ten.lower, ten.upper) == pytest.approx(t.interval(0.995, 9, 0.3, 0.1))


@pytest.mark.parametrize(
    ("value", "error", "freedom", "verdict"),
    [
        (0.3, 0.05, 100, Verdict.PRESENT),
        (0.04, 0.005, 100, Verdict.SLIGHT),
        (0.01, 0.01, 100, Verdict.NEGLIGIBLE),
        (0.04, 0.1, 100, Verdict.UNCLEAR),
        (0.3, 0.0, 100, Verdict.UNKNOWN),
        (0.3, math.inf, 100, Verdict.UNKNOWN),
        (0.3, 0.05, 0, Verdict.UNKNOWN),
    ],
)
def test_what_is_said_depends_on_how_sure_and_how_large_it_is(
    value: float, error: float, freedom: float, verdict: Verdict
) -> None:
    found = effects.measured("it", value, error, freedom=freedom, band=0.05)
    assert effects.judged([found])[0].verdict is verdict


def test_what_is_not_known_counts_for_nothing_among_the_others() -> None:
    seen = effects.measured("seen", 0.3, 0.12, freedom=100, band=0.05)
    unknown = effects.unknown("unknown", band=0.05)
    told = effects.judged([unknown, seen, unknown])
    assert [each.q for each in told] == [None, pytest.approx(seen.chance), None]
    quiet = [effects.measured("quiet", 0.0, 0.1, freedom=100, band=0.05)] * 9
    assert effects.judged([seen, *quiet])[0].verdict is Verdict.UNCLEAR


def test_a_judge_differs_from_people_by_more_than_both_may_err() -> None:
    people = effects.measured("people", 0.2, 0.03, freedom=math.inf, band=0.05)
    judge = effects.measured("judge", 0.6, 0.04, freedom=math.inf, band=0.05)
    found = effects.difference("length", judge, people, band=0.05)
    assert (found.lower, found.upper) == pytest.approx((0.4 - 1.959964 * 0.05, 0.4 + 1.959964 * 0.05))
    assert not effects.difference("length", judge, effects.unknown("people", band=0.05), band=0.05).known
