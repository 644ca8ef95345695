"""The arrays of the core, by the names its signatures use."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vector: TypeAlias = NDArray[np.float64]
Matrix: TypeAlias = NDArray[np.float64]
Codes: TypeAlias = NDArray[np.int64]
Integers: TypeAlias = NDArray[np.integer[Any]]
Flags: TypeAlias = NDArray[np.bool_]


def centred(covariance: Matrix) -> Matrix:
    """P covariance P with P = I - 11'/M: the same differences, in the gauge where thetas sum to zero.

    Rounding never makes a variance negative.
    """
    half = covariance - covariance.mean(axis=0)
    whole = half - half.mean(axis=1)[:, None]
    even: Matrix = (whole + whole.T) / 2
    np.fill_diagonal(even, np.maximum(even.diagonal(), 0.0))
    return even


def spread(matrix: Matrix) -> Matrix:
    """The variance of every difference, V_ii + V_jj - 2 V_ij; rounding never makes one negative."""
    own = matrix.diagonal()
    return np.maximum(own[:, None] + own - 2 * matrix, 0.0)


def expit(logit: Vector) -> Vector:
    """σ(x) = 1 / (1 + e^-x), with all digits of chances near 0."""
    away = np.exp(-np.abs(logit))
    return np.asarray(np.where(logit >= 0, 1.0, away) / (1 + away))


def summed(places: Integers, amounts: Vector, *, length: int) -> Vector:
    """The amounts summed by place, from 0 to length - 1."""
    return np.bincount(places, amounts, minlength=length).astype(np.float64, copy=False)
