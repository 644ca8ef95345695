"""The two plainest scores, for comparison: neither looks at whom a contender met."""

import numpy as np

from rating.arrays import Matrix, Vector


def points(wins: Matrix) -> Vector:
    """How many wins each contender has; wins (M x M) counts the times i beat j, a tie as half a win to each."""
    return np.asarray(wins.sum(axis=1))


def average_win_rate(wins: Matrix) -> Vector:
    """The mean, over the opponents that a contender met, of the share of their battles it won.

    Every opponent counts alike, however often they met. Not a number for a contender that met nobody.
    """
    games = wins + wins.T
    met = np.count_nonzero(games, axis=1)
    shares = (wins / np.where(games > 0, games, 1.0)).sum(axis=1)
    return np.asarray(shares / np.where(met > 0, met, np.nan))
