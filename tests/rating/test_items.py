"""Items: known answers for Cochran's Q, and prompts that tell what they were made to tell."""

import numpy as np
import pytest

from rating import items

# Three forecasters of twelve games: Conover, Practical Nonparametric Statistics, 3rd ed., example 4.6 (Q = 2.8).
CONOVER = np.array(
    [
        *([1, 1, 1], [1, 1, 1], [0, 1, 0], [1, 1, 0], [0, 0, 0], [1, 1, 1]),
        *([1, 1, 1], [1, 1, 0], [0, 0, 1], [0, 1, 0], [1, 1, 1], [1, 1, 1]),
    ],
    dtype=float,
)


def test_cochrans_q_of_a_published_example_comes_out() -> None:
    found = items.spread(CONOVER)
    assert found.q == pytest.approx(2.8)
    assert found.p == pytest.approx(0.246597, abs=1e-6)
    assert found.changed == 5
    assert found.spread == pytest.approx(10 / 12 - 7 / 12)


def test_formats_that_change_nothing_have_no_spread_and_no_evidence() -> None:
    found = items.spread(np.array([[1.0, 1.0], [0.0, 0.0]]))
    assert (found.spread, found.changed, found.q, found.p) == (0, 0, 0, 1)


def test_there_is_no_spread_of_one_format() -> None:
    with pytest.raises(ValueError, match="two formats"):
        items.spread(np.ones((3, 1)))


def test_prompts_that_all_or_none_get_right_tell_nothing() -> None:
    right = np.array([[1, 0, 1, np.nan], [1, 0, 0, np.nan], [1, 0, 1, np.nan]])
    found = items.items(right)
    assert (found.saturated, found.out_of_reach) == (1, 1)
    assert list(found.answered) == [3, 3, 3, 0]
    assert np.isnan(found.share[3])
    assert np.isnan(found.discrimination[[0, 1, 3]]).all()


def test_a_prompt_that_goes_against_the_others_discriminates_backwards() -> None:
    better = np.arange(6)[:, None] >= np.arange(1, 6)
    against = ~better[:, [2]]
    found = items.items(np.hstack([better, against]).astype(float))
    assert (found.discrimination[:5] > 0.2).all()
    assert found.discrimination[5] < -0.8


def test_the_rest_of_a_contender_leaves_out_the_prompt_itself() -> None:
    rng = np.random.default_rng(7)
    found = items.items((rng.random((2000, 3)) < 0.5).astype(float))
    assert np.abs(found.discrimination).max() < 0.08
