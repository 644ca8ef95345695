import math

import numpy as np
import pytest

from rating import ratios


def test_the_interval_is_fieller_s() -> None:
    """Two independent means, 6 and 2, with errors of 0.5 and 0.2: Fieller's ends by his formula, t = 1.96."""
    found = ratios.measured("it", np.array([6.0, 2.0]), np.diag([0.25, 0.04]), freedom=math.inf)
    squared = 1.959963984540054**2
    steep = 4 - squared * 0.04
    reach = math.sqrt(12**2 - steep * (36 - squared * 0.25))
    assert (found.value, found.lower, found.upper) == pytest.approx((3, (12 - reach) / steep, (12 + reach) / steep))
    assert found.known


def test_a_lower_part_that_is_all_but_known_gives_the_plain_interval_and_no_errors_give_none() -> None:
    found = ratios.measured("it", np.array([1.0, 2.0]), np.diag([0.04, 1e-9]), freedom=math.inf)
    assert (found.lower, found.upper) == pytest.approx((0.5 - 0.196, 0.5 + 0.196), abs=1e-4)
    assert not ratios.measured("it", np.array([1.0, 2.0]), np.zeros((2, 2)), freedom=math.inf).known


@pytest.mark.parametrize("lower", [0.3, 0.0, -2.0])
def test_a_lower_part_that_may_be_nothing_or_less_gives_no_ratio(lower: float) -> None:
    assert not ratios.measured("it", np.array([1.0, lower]), np.diag([0.04, 0.04]), freedom=math.inf).known
    assert not ratios.measured("it", np.array([1.0, 2.0]), np.diag([0.04, 0.04]), freedom=0.0).known


def test_intervals_hold_as_often_as_they_say() -> None:
    """95 % of 2,000, within three standard errors, of a lower part three errors from 0."""
    rng, spread = np.random.default_rng(4), np.array([[0.09, 0.03], [0.03, 0.05]])
    parts = rng.multivariate_normal([0.8, 1.0], spread, 2000)
    found = [ratios.measured("it", one, spread, freedom=math.inf) for one in parts]
    known = [one for one in found if one.known]
    assert len(known) > 1900
    assert np.mean([one.lower <= 0.8 <= one.upper for one in known]) == pytest.approx(0.95, abs=0.015)
