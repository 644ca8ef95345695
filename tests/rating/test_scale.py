import numpy as np
import pytest

from rating import Scale


def test_four_hundred_points_are_odds_of_ten_to_one() -> None:
    points = Scale().ratings(np.array([0.0, np.log(10), -np.inf]))
    assert points.tolist() == [1000, 1400, -np.inf]


def test_the_reference_is_shown_as_a_thousand() -> None:
    assert Scale(reference=0.7).ratings(np.array([0.7, 1.7])) == pytest.approx([1000, 1173.7178], abs=1e-4)
