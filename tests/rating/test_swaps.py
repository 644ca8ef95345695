import numpy as np
import pytest

from rating import swaps


def test_every_pair_whose_order_turns_is_named_once_with_both_ranks() -> None:
    found = swaps.between(np.array([0.5, 0.2, 0.1, -0.8]), np.array([0.1, 0.3, 0.05, -0.45]))
    assert [(swap.riser, swap.faller, swap.riser_rank, swap.faller_rank) for swap in found] == [(1, 0, 2, 1)]
    assert (found[0].behind, found[0].ahead) == pytest.approx((0.3, 0.2))


def test_a_board_turned_round_swaps_all_pairs_and_an_unchanged_one_none() -> None:
    theta = np.array([0.3, -0.1, 0.7, -0.9])
    turned = swaps.between(theta, -theta)
    assert len(turned) == 6
    assert [swap.faller_rank for swap in turned] == [1, 1, 1, 2, 2, 3]
    assert swaps.between(theta, theta + 0.0) == ()


def test_who_comes_level_with_another_passes_nobody() -> None:
    assert swaps.between(np.array([0.1, -0.1]), np.zeros(2)) == ()
    assert swaps.between(np.zeros(2), np.array([0.1, -0.1])) == ()
