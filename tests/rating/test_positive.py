"""Positive definite systems: their solutions, and what is none."""

import numpy as np
import pytest

from rating import positive


def test_small_and_large_parameters_keep_their_digits() -> None:
    rng = np.random.default_rng(1)
    root = rng.normal(size=(40, 8))
    units = 10.0 ** rng.integers(-9, 9, 8)
    even = root.T @ root
    right = rng.normal(size=(8, 3))
    found = positive.solved(even * units[:, None] * units, right * units[:, None])
    assert found * units[:, None] == pytest.approx(np.linalg.inv(even) @ right, rel=1e-10)
    alone = positive.solved(even * units[:, None] * units, right[:, 0] * units)
    assert alone * units == pytest.approx(np.linalg.inv(even) @ right[:, 0], rel=1e-10)


@pytest.mark.parametrize("matrix", [[[1.0, 2.0], [2.0, 1.0]], [[0.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, np.nan]]])
def test_what_is_not_positive_definite_is_refused(matrix: list[list[float]]) -> None:
    assert not positive.definite(np.array(matrix))
    with pytest.raises(np.linalg.LinAlgError):
        positive.solved(np.array(matrix), np.ones(2))


def test_a_positive_definite_matrix_is_one() -> None:
    assert positive.definite(np.array([[2e-9, 1.0], [1.0, 1e9]]))
