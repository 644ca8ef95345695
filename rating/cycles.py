"""Cycles: three contenders of which each beats the next, beside as many as the fit leads to expect."""

from dataclasses import dataclass

import numpy as np

from rating import streams
from rating.arrays import Matrix
from rating.bradley_terry import Fit
from rating.errors import RatingError
from rating.streams import Purpose


@dataclass(frozen=True)
class Cycles:
    """Triads in which i beat j, j beat k and k beat i more often than not, beside what the fit leads to expect.

    `zeta` is Kendall's coefficient of consistence, 1 - d/d_max, 1 without a cycle; None, as `expected_zeta` then is
    too, unless every pair has a winner. `chance` is that of as many cycles if the model held.
    """

    cyclic: int
    triads: int
    expected: float
    chance: float
    zeta: float | None
    expected_zeta: float | None


def among(wins: Matrix, fit: Fit, *, seed: int = 0, replicates: int = 999) -> Cycles:
    """Count cyclic triads (Kendall & Babington Smith 1940), and those of boards drawn from the fit.

    wins (M x M) counts the times i beat j outright. The replicates' draws are Philox streams of the seed.
    """
    games = np.triu(wins + wins.T, 1)
    if replicates < 1:
        raise RatingError(f"What to expect takes a replicate or more, and not {replicates}.")
    if (wins != np.rint(wins)).any():
        raise RatingError(
            "The boards to expect are drawn vote by vote: cycles need whole wins, neither weights nor half ties."
        )
    cyclic, zeta, triads = _counted(wins)
    drawn = [_counted(_drawn(games, fit, seed, replicate)) for replicate in range(replicates)]
    counts = np.array([count for count, _, _ in drawn])
    known = [found for _, found, _ in drawn if found is not None]
    expected_zeta = float(np.mean(known)) if known and zeta is not None else None
    chance = float((1 + np.count_nonzero(counts >= cyclic)) / (1 + replicates))
    return Cycles(cyclic, triads, float(counts.mean()), chance, zeta, expected_zeta)


def _counted(wins: Matrix) -> tuple[int, float | None, int]:
    """Cyclic triads, Kendall's zeta, and the triads in which each pair has a winner."""
    size = len(wins)
    beats = (wins > wins.T).astype(np.float64)
    met = beats + beats.T
    cyclic, triads = ((edges * (edges @ edges).T).sum() for edges in (beats, met))
    largest = (size**3 - (size if size % 2 else 4 * size)) / 24
    whole = size > 2 and np.count_nonzero(met) == size * (size - 1)
    return round(cyclic / 3), float(1 - cyclic / 3 / largest) if whole else None, round(triads / 6)


def _drawn(games: Matrix, fit: Fit, seed: int, replicate: int) -> Matrix:
    rng = streams.opened(seed, Purpose.CYCLES, replicate)
    won = rng.binomial(games.astype(np.int64), fit.chances).astype(np.float64)
    return np.asarray(won + (games - won).T)
