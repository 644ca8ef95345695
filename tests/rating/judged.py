"""Boards that people and a judge vote on, for what joins the two."""

import numpy as np

from rating import bradley_terry
from rating.arrays import Vector, expit
from rating.assisted import Verdicts

CONTENDERS = 12
TASTE = 2.0  # What two answers to one prompt differ by beyond their makers' strengths, in log-odds.
JUDGES = {
    # The quality that the judge sees, the length and the family it is taken in by.
    "sharp": (1.2, 0.0, 0.0),
    "biased": (1.2, 0.8, 0.8),
    "useless": (0.0, 0.8, 0.8),
}


def board(rng: np.random.Generator, judge: str, labelled: int, judged: int) -> tuple[Vector, Verdicts, Verdicts]:
    """Strengths as the population's votes show them, and the battles that people and judge, or the judge alone, saw."""
    theta = rng.normal(0, 0.6, CONTENDERS)
    total = labelled + judged
    first = rng.integers(0, CONTENDERS, total)
    second = (first + rng.integers(1, CONTENDERS, total)) % CONTENDERS
    better = theta[first] - theta[second] + TASTE * rng.normal(0, 1, total)
    people = (rng.random(total) < expit(better)).astype(float)
    sharp, long, family = JUDGES[judge]
    own = (first < 3).astype(float) - (second < 3)
    swayed = sharp * better + long * rng.normal(0, 1, total) + family * own
    said = (rng.random(total) < expit(swayed)).astype(float)
    near, far = slice(0, labelled), slice(labelled, total)
    none = np.zeros(total, dtype=np.int64)
    return (
        population(theta),
        Verdicts(first[near], second[near], said[near], np.arange(total)[near], none[near], people[near]),
        Verdicts(first[far], second[far], said[far], np.arange(total)[far], none[far]),
    )


def population(theta: Vector) -> Vector:
    """The fit to outcome probabilities averaged over tastes, which is what votes estimate."""
    at, weight = np.polynomial.hermite_e.hermegauss(40)
    away = (theta[:, None] - theta)[..., None] + TASTE * at
    wins = np.asarray(expit(away) @ (weight / weight.sum()))
    np.fill_diagonal(wins, 0)
    return bradley_terry.of_wins(1e6 * wins).theta
