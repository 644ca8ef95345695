"""Positive definite systems, solved by numpy alone: loading scipy takes longer than rating a million votes."""

import numpy as np

from rating.arrays import Matrix


def solved(matrix: Matrix, right: Matrix) -> Matrix:
    """The inverse of the matrix times `right`; LinAlgError unless the matrix is positive definite.

    It is scaled to a diagonal of ones before: parameters of few votes keep their digits beside those of many, as in a
    Cholesky factor (van der Sluis 1969).
    """
    scale = _scale(matrix)
    even = matrix * scale[:, None] * scale
    np.linalg.cholesky(even)
    return np.asarray((np.linalg.solve(even, (right.T * scale).T).T * scale).T)


def definite(matrix: Matrix) -> bool:
    """Whether the matrix is positive definite."""
    try:
        scale = _scale(matrix)
        np.linalg.cholesky(matrix * scale[:, None] * scale)
    except np.linalg.LinAlgError:
        return False
    return True


def _scale(matrix: Matrix) -> Matrix:
    own = matrix.diagonal()
    if not (own > 0).all():
        raise np.linalg.LinAlgError("The matrix is not positive definite.")
    return np.asarray(1 / np.sqrt(own))
