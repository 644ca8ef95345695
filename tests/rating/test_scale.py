import numpy as np
import pytest

from rating import RatingError, Scale, bradley_terry, scale
from rating.arrays import spread

WINS = np.array([[0.0, 6, 9, 4], [3, 0, 5, 7], [2, 4, 0, 5], [1, 2, 3, 0]])
NAMES = ("ash", "birch", "cedar", "elm")


def test_four_hundred_points_are_odds_of_ten_to_one() -> None:
    points = Scale().ratings(np.array([0.0, np.log(10), -np.inf]))
    assert points.tolist() == [1000, 1400, -np.inf]


def test_the_reference_is_shown_as_a_thousand() -> None:
    assert Scale(reference=0.7).ratings(np.array([0.7, 1.7])) == pytest.approx([1000, 1173.7178], abs=1e-4)


def test_the_weighted_mean_of_the_reference_set_is_the_level() -> None:
    theta = bradley_terry.fit(WINS, prior=0).theta
    share = scale.shares(NAMES, {"ash": 3, "elm": 1})
    ratings = scale.of_reference(theta, share, level=1200).ratings(theta)
    assert (3 * ratings[0] + ratings[3]) / 4 == pytest.approx(1200)


def test_ratings_do_not_move_when_a_contender_outside_the_reference_set_is_added() -> None:
    # The newcomer has met one contender alone: its games say nothing of the others.
    joined = np.zeros((5, 5))
    joined[:4, :4] = WINS
    joined[4, 0], joined[0, 4] = 12, 1
    frozen = {"ash": 1.0, "birch": 1.0, "cedar": 1.0}
    before, after = (bradley_terry.fit(wins, prior=0).theta for wins in (WINS, joined))
    names = ((*NAMES,), (*NAMES, "fir"))
    shown, again = (
        scale.of_reference(theta, scale.shares(name, frozen)).ratings(theta)
        for theta, name in zip((before, after), names, strict=True)
    )
    assert again[:4] == pytest.approx(shown, abs=1e-8)
    assert np.abs(Scale().ratings(after)[:4] - Scale().ratings(before)).min() > 50


def test_an_anchor_is_certain_and_its_noise_is_in_everybody_elses() -> None:
    wide = np.diag([4.0, 1, 1, 1])
    relative = scale.covariance(wide, scale.shares(NAMES, {"ash": 1}))
    assert relative.diagonal() == pytest.approx([0, 5, 5, 5])
    assert spread(relative) == pytest.approx(spread(wide))
    even = scale.covariance(wide, scale.shares(NAMES, dict.fromkeys(NAMES, 2.0)))
    assert even.sum(axis=0) == pytest.approx(np.zeros(4))
    assert spread(even) == pytest.approx(spread(wide))


def test_a_reference_set_must_be_on_the_board_and_have_weight() -> None:
    with pytest.raises(RatingError, match="not on the board: oak, yew"):
        scale.shares(NAMES, {"ash": 1, "yew": 1, "oak": 1})
    for weights in ({"ash": 0.0}, {"ash": -1.0, "elm": 2.0}, {"ash": float("nan")}, {}):
        with pytest.raises(RatingError, match="finite, not below zero"):
            scale.shares(NAMES, weights)
